type Environment = Readonly<Record<string, string | undefined>>;
export function serverFlags(env: Environment): readonly string[];
export function serverEnvironment(env: Environment): Record<string, string | undefined>;
