import { EXIT } from "./exit-codes.ts";
import { CliFailure, systemCode } from "./failure.ts";
import type { Paint } from "./output/color.ts";
import { visible, visibleLines } from "./output/visible-text.ts";

const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "the file may not be read or written by you",
  EPERM: "the system does not permit it",
  EISDIR: "it is a directory",
  ENOSPC: "the disk is full",
  EEXIST: "it exists already",
  ENOTDIR: "a part of the path is not a directory",
  ELOOP: "it is a link that leads back to itself",
};

/** What the system refused and its code, or undefined for any other error. */
export function systemReason(error: unknown): string | undefined {
  const code = systemCode(error);
  const known = code === undefined ? undefined : SYSTEM[code];
  return known === undefined ? undefined : `${known} (${code})`;
}

/** Any thrown value as a failure with an exit code. */
export function toFailure(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error;
  const reason = systemReason(error);
  if (reason !== undefined && error instanceof Error) {
    const path = "path" in error && typeof error.path === "string" ? `${visible(error.path)}: ` : "";
    return new CliFailure(`${path}${reason}`, { exit: EXIT.failed, cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new CliFailure(visible(message), {
    exit: EXIT.failed,
    fix: "This was not expected. Run it again with --debug and report what it prints.",
    cause: error,
  });
}

function stackOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let here: unknown = error, depth = 0; here instanceof Error && depth < 8; here = here.cause, depth += 1)
    lines.push(...visibleLines(here.stack ?? here.message));
  return lines;
}

/** Cause, consequence, facts, fix, and the request id last. */
export function explain(failure: CliFailure, paint: Paint, debug: boolean): string {
  const { consequence, facts = [], fix, requestId } = failure.parts;
  const lines = [`${paint("red", "tyr:")} ${failure.message}`];
  if (consequence !== undefined) lines.push(`  ${consequence}`);
  for (const fact of facts) lines.push(`  ${fact}`);
  if (debug) lines.push(...stackOf(failure).map((line) => `  ${line}`));
  if (fix !== undefined) lines.push(`  ${paint("cyan", "fix:")} ${fix}`);
  if (requestId !== undefined) lines.push(`  request id: ${requestId}`);
  return lines.join("\n");
}
