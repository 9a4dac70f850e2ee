import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { checkExport, printReport } from "../audit/check-export.ts";
import type { Run } from "../context.ts";
import { systemCode, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

/** C2SP signed-note verifier key: `<name>+<8 hex digits>+<base64>`. */
const VKEY = /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/;

async function keysOf(given: string): Promise<readonly string[]> {
  if (VKEY.test(given)) return [given];
  const lines = (await readFile(given, "utf8")).split("\n").map((line) => line.trim());
  const keys = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (keys.length === 0) throw usage(`${visible(given)} holds no verifier key`);
  return keys;
}

async function ownKeys(directory: string): Promise<readonly string[]> {
  try {
    return await keysOf(path.join(directory, "vkey"));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

export const verify: Run = async (context, input) => {
  const { print } = context;
  const directory = input.value(0, "the export's directory");
  if (!(await stat(directory)).isDirectory()) throw usage(`${visible(directory)} is not a directory`);
  const given = input.text("vkey");
  const trustedKeys = given === undefined ? await ownKeys(directory) : await keysOf(given);
  if (given === undefined && trustedKeys.length > 0)
    print.warn(
      "the key comes from the export itself: this shows that the export is whole, not whose it is; give --vkey",
    );
  const earlier = await Promise.all(input.texts("checkpoint").map(async (file) => await readFile(file, "utf8")));
  if (earlier.length === 0)
    print.say("Only an earlier checkpoint shows a log cut short by its owner: give --checkpoint FILE.");
  return printReport(context, await checkExport(context, { directory, trustedKeys, earlier }));
};
