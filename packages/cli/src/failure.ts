import { EXIT, type ExitCode } from "./exit-codes.ts";

export type FailureParts = Readonly<{
  exit: ExitCode;
  /** What this means for the reader: what was, or was not, changed. */
  consequence?: string;
  fix?: string;
  /** One line per fact the server sent along: the permission missing, the legal moves. */
  facts?: readonly string[];
  requestId?: string;
  /** The problem code of the server, when it was the server that refused. */
  problemCode?: string;
  /** The problem document (RFC 9457) the server sent: what a program gets that asked for JSON. */
  problem?: Readonly<Record<string, unknown>>;
  retryAfterSeconds?: number;
  cause?: unknown;
}>;

/** Anything a command ends with on purpose: said to the person as cause, consequence and fix, and to scripts as a number. */
export class CliFailure extends Error {
  override readonly name = "CliFailure";
  readonly code = "CLI_FAILURE";
  readonly parts: FailureParts;
  constructor(message: string, parts: FailureParts) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.parts = parts;
  }
}

export function usage(message: string, fix?: string): CliFailure {
  return new CliFailure(message, { exit: EXIT.usage, ...(fix === undefined ? {} : { fix }) });
}

export function cancelled(message: string): CliFailure {
  return new CliFailure(message, { exit: EXIT.cancelled, consequence: "Nothing was changed." });
}

export function badConfiguration(message: string, fix: string): CliFailure {
  return new CliFailure(message, { exit: EXIT.configuration, fix });
}

/** The code of a failed system call (`ENOENT` …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
