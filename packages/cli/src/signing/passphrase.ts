import { readFile } from "node:fs/promises";
import type { Context } from "../context.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { visible } from "../output/visible-text.ts";

/** A file whose first line is the passphrase; undefined: it is asked for. */
export type PassphrasePlace = Readonly<{ file: string | undefined }>;
export const PASSPHRASE_FILE = {
  flags: "--passphrase-file <file>",
  about: "read the passphrase of your approval key as one line from a file",
} as const;

export function passphrasePlace(input: Input): PassphrasePlace {
  return { file: input.text("passphrase-file") };
}

export async function readPassphrase({ ask }: Context, { file }: PassphrasePlace, question: string): Promise<string> {
  if (file === undefined) return await ask.secret(question, PASSPHRASE_FILE.flags);
  const line = (await readFile(file, "utf8")).split(/\r?\n/, 1)[0] ?? "";
  if (line === "") throw usage(`${visible(file)} holds no passphrase`);
  return line;
}
