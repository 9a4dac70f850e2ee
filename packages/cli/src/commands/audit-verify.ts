import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { VerifyReport } from "@tyr/ledger";
import { checkExport, printReport } from "../audit/check-export.ts";
import { checkProof, printProofReport } from "../audit/check-proof.ts";
import { readTrustedKeys } from "../audit/trusted-keys.ts";
import type { Context, Run } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { systemCode, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { visible } from "../output/visible-text.ts";

/** An entry has at most 64 KiB, which base64 makes 88 KiB; then 63 hashes and up to 100 signatures. */
const PROOF_BYTES_MAX = 256 * 1024;

async function textOf(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : await readFile(file, "utf8");
}

async function ownKeys(directory: string): Promise<readonly string[]> {
  try {
    return await readTrustedKeys(path.join(directory, "vkey"));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** The whole log: signature, entries, hashes, root, earlier checkpoints. */
export async function verifyDirectory(context: Context, input: Input, directory: string): Promise<VerifyReport> {
  const { print } = context;
  if (input.text("entry") !== undefined) throw usage("--entry belongs to a proof, not to an export");
  const [given, policy] = [input.text("vkey"), await textOf(input.text("policy"))];
  const fromExport = given === undefined && policy === undefined;
  const trustedKeys = given === undefined ? [] : await readTrustedKeys(given);
  const keys = fromExport ? await ownKeys(directory) : trustedKeys;
  if (fromExport && keys.length > 0)
    print.warn(
      "the key comes from the export itself: this shows that the export is whole, not whose it is; give --vkey",
    );
  const earlier = await Promise.all(input.texts("checkpoint").map(async (file) => await readFile(file, "utf8")));
  if (earlier.length === 0)
    print.say("Only an earlier checkpoint shows a log cut short by its owner: give --checkpoint FILE.");
  const archives = input.texts("archive");
  return await checkExport(context, { directory, trustedKeys: keys, earlier, policy, archives });
}

async function verifyProofFile(context: Context, input: Input, file: string): Promise<ExitCode> {
  if (input.texts("archive").length > 0) throw usage("--archive belongs to an export, not to a proof");
  if (input.texts("checkpoint").length > 0) throw usage("--checkpoint belongs to an export, not to a proof");
  const [given, policy] = [input.text("vkey"), await textOf(input.text("policy"))];
  if (given === undefined && policy === undefined)
    throw usage("whom to believe is missing: a proof carries no key", "Give --vkey or --policy.");
  const trustedKeys = given === undefined ? [] : await readTrustedKeys(given);
  const entryFile = input.text("entry");
  const entry = entryFile === undefined ? undefined : await readFile(entryFile);
  const text = await readFile(file, "utf8");
  return printProofReport(context, await checkProof({ text, trustedKeys, policy, entry }));
}

/** An export is a directory, a proof is a file: both are verified with nothing but what is on this machine. */
export const verify: Run = async (context, input) => {
  const given = input.value(0, "the export's directory, or the proof");
  const about = await stat(given);
  if (about.isDirectory()) return printReport(context, await verifyDirectory(context, input, given));
  if (!about.isFile() || about.size > PROOF_BYTES_MAX)
    throw usage(`${visible(given)} is neither the directory of an export nor a proof`);
  return await verifyProofFile(context, input, given);
};
