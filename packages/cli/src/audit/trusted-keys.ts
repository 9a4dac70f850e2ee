import { readFile } from "node:fs/promises";
import { usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

/** C2SP signed-note verifier key: `<name>+<8 hex digits>+<base64>`. */
const VKEY = /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/;

/** The keys of a `vkey` file, one a line, or the one key that was given itself. */
export async function readTrustedKeys(given: string): Promise<readonly string[]> {
  if (VKEY.test(given)) return [given];
  const lines = (await readFile(given, "utf8")).split("\n").map((line) => line.trim());
  const keys = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (keys.length === 0) throw usage(`${visible(given)} holds no verifier key`);
  return keys;
}
