import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../bin/tyr.mjs", import.meta.url));

export type Ended = Readonly<{ code: number | null; stdout: string; stderr: string; ms: number }>;
export type TyrOptions = Readonly<{
  home: string;
  env?: Readonly<Record<string, string>>;
  stdin?: string | Buffer;
  node?: readonly string[];
  cwd?: string;
}>;

/** Starts the real command with nothing of the caller's environment but the path. */
export function startTyr(
  argv: readonly string[],
  { home, env = {}, node, cwd }: TyrOptions,
): ChildProcessWithoutNullStreams {
  const [program = process.execPath, ...flags] = node ?? [process.execPath, "--conditions=@tyr/source"];
  return spawn(program, [...flags, bin, ...argv], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? `${process.env["HOME"] ?? home}/.cache`,
      ...env,
    },
    cwd: cwd ?? home,
  });
}

export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const startedAt = performance.now();
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (part: Buffer) => stdout.push(part));
  child.stderr.on("data", (part: Buffer) => stderr.push(part));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on("error", reject).on("close", resolve);
  const code = await promise;
  return {
    code,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
    ms: performance.now() - startedAt,
  };
}

/** Runs the real command to its end. */
export async function tyr(argv: readonly string[], options: TyrOptions): Promise<Ended> {
  const child = startTyr(argv, options);
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  return await ended(child);
}
