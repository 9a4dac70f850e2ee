import type { Readable, Writable } from "node:stream";
import { cancelled, usage } from "./failure.ts";
import type { World } from "./world.ts";

/** Longest secret taken from stdin or a file, in bytes: stops a mistaken pipe, not a password. */
const SECRET_BYTES_MAX = 4096;

export type Ask = Readonly<{
  /** Whether there is a terminal to answer on. */
  possible: boolean;
  /** y/N on the terminal. Without a terminal, or with --no-input, it is a usage error naming `flag`. */
  confirm: (question: string, flag: string) => Promise<void>;
  text: (question: string, flag: string) => Promise<string>;
  secret: (question: string, flag: string) => Promise<string>;
}>;

function streams(world: World): { input: Readable; output: Writable } {
  // Prompts belong to stderr: stdout stays data even when a person answers.
  return { input: world.stdin, output: world.stderr as unknown as Writable };
}

export function askOn(world: World, allowed: boolean): Ask {
  const possible = allowed && world.stdin.isTTY === true && world.stderr.isTTY === true;
  const needTerminal = (question: string, flag: string): void => {
    if (possible) return;
    throw usage(`${question} cannot be asked here`, `There is no terminal to answer on: give ${flag}.`);
  };
  const answered = (answer: unknown): string => {
    if (typeof answer !== "string") throw cancelled("cancelled");
    return answer;
  };
  return {
    possible,
    async confirm(question, flag) {
      needTerminal(`"${question}"`, flag);
      const { confirm } = await import("@clack/prompts");
      const answer = await confirm({ message: question, initialValue: false, ...streams(world) });
      if (answer !== true) throw cancelled(answer === false ? "declined" : "cancelled");
    },
    async text(question, flag) {
      needTerminal(`"${question}"`, flag);
      const { text } = await import("@clack/prompts");
      return answered(await text({ message: question, ...streams(world) }));
    },
    async secret(question, flag) {
      needTerminal(`"${question}"`, flag);
      const { password } = await import("@clack/prompts");
      return answered(await password({ message: question, ...streams(world) }));
    },
  };
}

/** The first line of stdin. */
export async function readSecretFromStdin(world: World): Promise<string> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of world.stdin) {
    bytes = Buffer.concat([bytes, Buffer.from(chunk as Uint8Array)]);
    if (bytes.length > SECRET_BYTES_MAX) throw usage("what came on stdin is too long for a password");
  }
  const line = bytes.toString("utf8").split(/\r?\n/, 1)[0] ?? "";
  if (line === "") throw usage("nothing came on stdin", "Pipe the password in as one line.");
  return line;
}
