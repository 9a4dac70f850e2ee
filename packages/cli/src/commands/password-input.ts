import { readFile } from "node:fs/promises";
import { readSecretFromStdin } from "../ask.ts";
import type { Context } from "../context.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { visible } from "../output/visible-text.ts";

/** A password from stdin, a file or the terminal; never from the command line, which others can read. */
export async function readPassword({ ask, world }: Context, input: Input): Promise<string> {
  const file = input.text("password-file");
  if (file !== undefined && input.flag("password-stdin"))
    throw usage("--password-file and --password-stdin contradict each other");
  if (input.flag("password-stdin")) return await readSecretFromStdin(world);
  if (file === undefined) return await ask.secret("Password", "--password-stdin or --password-file");
  const line = (await readFile(file, "utf8")).split(/\r?\n/, 1)[0] ?? "";
  if (line === "") throw usage(`${visible(file)} holds no password`);
  return line;
}
