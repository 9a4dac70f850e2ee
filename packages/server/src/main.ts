import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ERROR_CODES, ERRORS } from "@tyr/contract";
import { ConfigInvalid, readConfig } from "#platform/config";
import { createLogger } from "#platform/log";
import { startApp } from "./app.ts";
import { createTerminal } from "./terminal.ts";

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

/** Why a start ended that nothing was wrong with. */
class StopAsked extends Error {
  override readonly name = "StopAsked";
}

/** Aborts on the first signal. From then on the process has so long to end. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      limitStop();
      stop.abort(new StopAsked(signal));
    });
  }
  return stop.signal;
}

function limitStop(): void {
  setTimeout(() => process.exit(EXIT_FAILED), STOP_LIMIT_MS).unref();
}

async function aborted(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted) await once(signal, "abort");
  return signal.reason;
}

/** What went wrong, for a person: why, what to do, and where that is written. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return `tyr: ${String(error)}`;
  const lines = [`tyr: ${error.message}`];
  if (error.cause instanceof Error) lines.push(`because: ${error.cause.message}`);
  const code = ERROR_CODES.find((known) => "code" in error && known === error.code);
  if (code !== undefined) lines.push(`fix: ${ERRORS[code][2]} (docs/reference/errors.md#${code.toLowerCase()})`);
  return lines.join("\n  ");
}

function exitCodeOf(error: unknown): number {
  const isConfiguration =
    error instanceof ConfigInvalid ||
    (error instanceof Error && "code" in error && error.code === "POLICY_BUNDLE_INVALID");
  return isConfiguration ? EXIT_CONFIGURATION : EXIT_FAILED;
}

/** Runs the whole of Tyr in this process until a signal ends it. @returns the exit code */
export async function runServer({ argv, env }: RunOptions): Promise<number> {
  const stop = stopSignal();
  const terminal = createTerminal(process.stdout);
  try {
    const config = readConfig({ argv, env, root });
    const log = createLogger(config.logLevel);
    const app = await startApp({ config, log, version: versionOf(), terminal, stop });
    const why = await Promise.race([aborted(stop), app.failed]);
    if (!stop.aborted) limitStop();
    await app[Symbol.asyncDispose]();
    return why instanceof StopAsked ? 0 : EXIT_FAILED;
  } catch (error) {
    if (error instanceof StopAsked) return 0;
    console.error(explain(error));
    return exitCodeOf(error);
  } finally {
    terminal.end();
  }
}

if (import.meta.main) process.exitCode = await runServer({ argv: process.argv.slice(2), env: process.env });
