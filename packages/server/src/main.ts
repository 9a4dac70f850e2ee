import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConfigInvalid, readConfig } from "#platform/config";
import { createLogger } from "#platform/log";
import { startApp } from "./app.ts";

export type RunOptions = Readonly<{ argv: readonly string[]; env: Readonly<Record<string, string | undefined>> }>;

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Longest a stop may take; after that the process ends with what is stored. */
const STOP_LIMIT_MS = 15_000;
const EXIT_FAILED = 1;
/** sysexits.h EX_CONFIG, as `vector` and others use it. */
const EXIT_CONFIGURATION = 78;

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve(signal));
  });
}

/** What went wrong, for a person: the code leads to docs/reference/errors.md. */
function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const page = /^[A-Z_]{6,}$/.test(code) ? ` (docs/reference/errors.md#${code.toLowerCase()})` : "";
  const cause = error instanceof Error && error.cause instanceof Error ? `\n  because: ${error.cause.message}` : "";
  return `tyr: ${error instanceof Error ? error.message : String(error)}${page}${cause}`;
}

function exitCodeOf(error: unknown): number {
  const isConfiguration =
    error instanceof ConfigInvalid ||
    (error instanceof Error && "code" in error && error.code === "POLICY_BUNDLE_INVALID");
  return isConfiguration ? EXIT_CONFIGURATION : EXIT_FAILED;
}

/** Runs the whole of Tyr in this process until a signal ends it. @returns the exit code */
export async function runServer({ argv, env }: RunOptions): Promise<number> {
  const stopped = stopSignal();
  try {
    const config = readConfig({ argv, env, root });
    const log = createLogger(config.logLevel);
    const app = await startApp({ config, log, version: versionOf(), say: (text) => console.log(text) });
    const why = await Promise.race([stopped, app.failed]);
    const limit = setTimeout(() => process.exit(EXIT_FAILED), STOP_LIMIT_MS);
    limit.unref();
    await app[Symbol.asyncDispose]();
    return why instanceof Error ? EXIT_FAILED : 0;
  } catch (error) {
    console.error(explain(error));
    return exitCodeOf(error);
  }
}

if (import.meta.main) process.exitCode = await runServer({ argv: process.argv.slice(2), env: process.env });
