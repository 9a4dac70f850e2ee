import { readFile } from "node:fs/promises";
import { type NoteVerifier, parseVerifierKey } from "@tyr/ledger";
import { systemCode, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

/** Keys by origin. A log that is changing its key has two. */
export type KnownLogs = ReadonlyMap<string, readonly NoteVerifier[]>;

/** A witness remembers one tree head per log; this is a limit of good sense, not of the format. */
const LOGS_MAX = 1000;

async function keysOf(given: string): Promise<readonly string[]> {
  if (parseVerifierKey(given).ok) return [given];
  try {
    const lines = (await readFile(given, "utf8")).split("\n").map((line) => line.trim());
    return lines.filter((line) => line !== "" && !line.startsWith("#"));
  } catch (error) {
    if (!["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(systemCode(error) ?? "")) throw error;
    throw usage(`--log ${visible(given)} is neither a verifier key nor a file`, "tyr audit export writes one as vkey.");
  }
}

/**
 * Reads what was given as `--log`: verifier keys, or files with one a line (`#` begins a comment). The name of a key is the
 * origin of its log.
 *
 * @throws {CliFailure} exit 2, naming the key that cannot be used
 */
export async function readKnownLogs(given: readonly string[]): Promise<KnownLogs> {
  const logs = new Map<string, NoteVerifier[]>();
  for (const key of (await Promise.all(given.map(keysOf))).flat()) {
    const parsed = parseVerifierKey(key);
    if (!parsed.ok) throw usage(`${visible(key)} is not a log's key: ${parsed.refusal.message}`);
    const { name, kind, vkey } = parsed.value;
    if (kind === "cosignature")
      throw usage(`${visible(name)} is the key of a witness, not of a log`, "Give the vkey of the log itself.");
    const keys = logs.get(name) ?? [];
    if (keys.every((other) => other.vkey !== vkey)) logs.set(name, [...keys, parsed.value]);
  }
  if (logs.size === 0) throw usage("no log is named", "Give --log with a verifier key, or with a file of them.");
  if (logs.size > LOGS_MAX) throw usage(`${logs.size} logs are more than one witness serves (${LOGS_MAX})`);
  return logs;
}
