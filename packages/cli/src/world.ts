import type { Readable } from "node:stream";

/** A stream people or programs read. Written through `write` alone, so that tests can pass a plain object. */
export type Sink = Readonly<{
  write: (text: string) => unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}>;

/** Everything outside the program, in one place: only the bin file builds it from `process`. */
export type World = Readonly<{
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable & { isTTY?: boolean };
  stdout: Sink;
  stderr: Sink;
  homeDirectory: string;
  /** Where Tyr itself is installed: the rules that come with it are there. */
  installation: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Aborted by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
  fetch: typeof fetch;
}>;
