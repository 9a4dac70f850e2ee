import type { Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";

type RunServer = (options: { argv: readonly string[]; env: NodeJS.ProcessEnv }) => Promise<number>;

/** Options of every command mean nothing to the server, and it refuses what it does not know. */
const OURS = new Set(["--debug", "--no-color", "--no-input", "-q", "--quiet"]);

function exitCodeOf(code: number): ExitCode {
  return Object.values(EXIT).find((known) => known === code) ?? EXIT.failed;
}

/** The one place that loads the server: everything else in this package works without it. */
export const up: Run = async ({ world }, input) => {
  const server: Readonly<Record<string, unknown>> = await import("@tyr/server");
  const runServer = server["runServer"];
  if (typeof runServer !== "function")
    throw new CliFailure("this installation has no server in it", {
      exit: EXIT.failed,
      fix: "Install all of Tyr: npm ci.",
    });
  return exitCodeOf(
    await (runServer as RunServer)({ argv: input.raw.filter((word) => !OURS.has(word)), env: { ...world.env } }),
  );
};
