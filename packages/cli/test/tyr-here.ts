import { Readable } from "node:stream";
import { run } from "../src/run.ts";
import type { Ended, TyrOptions } from "./tyr.ts";

/**
 * Runs a command in this process, its requests going over the wire: a process of its own takes half a second of a processor,
 * and there are hundreds. What only a process shows (its exit code, signals, pipes, which Node) is for `tyr`.
 */
export async function tyrHere(
  argv: readonly string[],
  { home, env = {}, stdin = "" }: Pick<TyrOptions, "home" | "env" | "stdin">,
): Promise<Ended> {
  const startedAt = performance.now();
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(
    {
      argv,
      env: { PATH: process.env["PATH"] ?? "", HOME: home, ...env },
      stdin: Readable.from(stdin.length === 0 ? [] : [Buffer.from(stdin)]),
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
      homeDirectory: home,
      installation: home,
      now: () => Date.now(),
      signal: new AbortController().signal,
      fetch: globalThis.fetch,
    },
    "0.0.0",
  );
  return { code, stdout: out.join(""), stderr: err.join(""), ms: performance.now() - startedAt };
}
