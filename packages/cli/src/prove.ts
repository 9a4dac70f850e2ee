import type { Ask } from "./ask.ts";
import type { Call } from "./api.ts";
import type { Configuration } from "./configuration.ts";
import { CliFailure } from "./failure.ts";
import { readUserFile, userFilePath, writeUserFile } from "./user-file.ts";
import type { World } from "./world.ts";

const CODE = "Code of the authenticator application, or a recovery code";

/** Does it without a second factor first, and asks for one where the account has one. */
export async function withCode<T>(ask: Ask, work: (code: string | undefined) => Promise<T>): Promise<T> {
  try {
    return await work(undefined);
  } catch (error) {
    if (!(error instanceof CliFailure) || error.parts.problemCode !== "SECOND_FACTOR_NEEDED") throw error;
    return await work(await ask.text(CODE, "--code"));
  }
}

export type ProveParts = Readonly<{ ask: Ask; world: World; configuration: Configuration }>;

/**
 * Asks whoever sits here to prove again who they are, and keeps the session's new token where the old one was kept.
 *
 * @returns the new token, or undefined when nobody can be asked
 */
export async function proveAgain(call: Call, { ask, world, configuration }: ProveParts): Promise<string | undefined> {
  const { token } = configuration;
  if (!ask.possible || token === undefined) return undefined;
  const password = await ask.secret("This asks who you are again. Password", "a new sign-in: tyr login");
  const session = await withCode(ask, async (code) => {
    const body = { password, token: true, ...(code === undefined ? {} : { code }) };
    return await call("session.stepUp", { body });
  });
  if (session.token !== undefined && token.origin === userFilePath(world)) {
    const kept = await readUserFile(world);
    await writeUserFile(world, { ...kept, token: session.token });
  }
  return session.token;
}
