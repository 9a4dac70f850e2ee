import { type NoteVerifier, openCheckpoint, openNote, proveConsistency } from "@tyr/ledger";
import type { ReadDatabase } from "#platform/database";
import { AuditDiverged } from "./errors.ts";
import type { CheckpointRow } from "./store.ts";
import { assertContinues, sameBytes, storedNodes, type Tree } from "./tree.ts";
import type { WitnessClient } from "./witness-client.ts";
import type { ConfiguredWitness } from "./witness-policy.ts";

/** A witness that answers later than this is asked again another time. */
const ASK_MS = 10_000;
/** Sizes a witness may name before we stop believing that it moves on. */
const CONFLICTS_MAX = 3;
const SHOWN_CHARS_MAX = 200;

/** What came of one attempt. `claims`: the witness says it knows a tree that ours does not continue; not yet proved. */
export type Submitted =
  | Readonly<{ outcome: "cosigned"; line: string }>
  | Readonly<{ outcome: "failed"; problem: string }>
  | Readonly<{ outcome: "claims"; problem: string }>;

export type Submission = Readonly<{
  db: ReadDatabase;
  client: WitnessClient;
  witness: ConfiguredWitness;
  checkpoint: CheckpointRow;
  /** What the witness cosigned last, as far as we know. */
  knownSize: number;
  signal?: AbortSignal | undefined;
}>;

function failed(problem: string): Submitted {
  return { outcome: "failed", problem };
}

async function bodyOf({ db, checkpoint: { size, note } }: Submission, oldSize: number): Promise<string> {
  const isPart = oldSize > 0 && oldSize < size;
  const proof = isPart ? await proveConsistency(oldSize, size, storedNodes(db, size)) : [];
  const lines = proof.map((hash) => `${Buffer.from(hash).toString("base64")}\n`).join("");
  return `old ${oldSize}\n${lines}\n${note}`;
}

/** Only a line that verifies under the witness's own key over our very text is one; whatever else it sent is dropped. */
async function lineIn(answer: string, { checkpoint, witness }: Submission): Promise<string | undefined> {
  const text = checkpoint.note.slice(0, checkpoint.note.lastIndexOf("\n\n") + 1);
  const opened = await openNote(`${text}\n${answer}`, [witness.verifier]);
  const line = opened.ok ? opened.value.verified[0]?.line : undefined;
  return line === undefined ? undefined : `${line}\n`;
}

/** What a witness shows must not put control characters into a log or a page. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_CHARS_MAX).trim());
}

/** `fetch` says only that it failed; why stands in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** The size a 409 names, or undefined when it is none. */
function sizeIn(body: string): number | undefined {
  const size = /^(0|[1-9]\d{0,15})\n?$/.exec(body)?.[1];
  return size === undefined || !Number.isSafeInteger(Number(size)) ? undefined : Number(size);
}

async function ask(
  submission: Submission,
  oldSize: number,
): Promise<Submitted | Readonly<{ outcome: "conflict"; size: number }>> {
  const { client, witness, signal } = submission;
  const { status, body } = await client.add(witness, await bodyOf(submission, oldSize), { timeoutMs: ASK_MS, signal });
  if (status === 200) {
    const line = await lineIn(body, submission);
    return line === undefined ? failed("its answer is not a signature of its key") : { outcome: "cosigned", line };
  }
  const size = status === 409 ? sizeIn(body) : undefined;
  if (size !== undefined) return { outcome: "conflict", size };
  // It holds a tree of the old size that ours does not continue; or it is broken.
  if (status === 422) return { outcome: "claims", problem: `does not accept our proof from ${oldSize} entries` };
  return failed(`answered ${status}: ${shown(body)}`);
}

/**
 * Asks one witness to cosign one checkpoint; when it knows another size than we thought, again from there. Never throws
 * for anything a witness or the network does.
 */
export async function submitCheckpoint(submission: Submission): Promise<Submitted> {
  const { size } = submission.checkpoint;
  let oldSize = Math.min(submission.knownSize, size);
  try {
    for (let conflicts = 0; conflicts < CONFLICTS_MAX; conflicts += 1) {
      const answer = await ask(submission, oldSize);
      if (answer.outcome !== "conflict") return answer;
      if (answer.size > size) return { outcome: "claims", problem: `knows ${answer.size} entries, we hold ${size}` };
      if (answer.size === size && oldSize === size)
        return { outcome: "claims", problem: `knows another tree of ${size} entries` };
      oldSize = answer.size;
    }
    return failed("names another size each time it is asked");
  } catch (error) {
    if (error instanceof AuditDiverged) throw error;
    return failed(`does not answer: ${reasonOf(error)}`);
  }
}

export type Comparison = Readonly<{
  db: ReadDatabase;
  client: WitnessClient;
  witness: ConfiguredWitness;
  origin: string;
  /** Keys our log signs or signed with: what they did not sign proves nothing against us. */
  keys: readonly NoteVerifier[];
  tree: () => Promise<Tree>;
  timeoutMs: number;
}>;

/** `size`: how many entries the witness knows, all of them ours. */
export type Compared = Readonly<{ size: number; problem?: undefined } | { size?: undefined; problem: string }>;

/**
 * Compares our tree with the newest checkpoint a witness publishes. What we did not sign is not believed: a witness can
 * refuse us its service, but never stop the log.
 *
 * @returns size the witness knows; or why it could not be compared
 * @throws {AuditDiverged} `AUDIT_DIVERGED` when we signed, and it cosigned, more than or other than what the database holds
 */
export async function compareWithWitness(comparison: Comparison): Promise<Compared> {
  const { db, client, witness, origin, keys, tree, timeoutMs } = comparison;
  let note: string;
  try {
    const { status, body } = await client.latest(witness, origin, { timeoutMs });
    if (status === 404) return { size: 0 };
    if (status !== 200) return { problem: `answered ${status}: ${shown(body)}` };
    note = body;
  } catch (error) {
    return { problem: `does not answer: ${reasonOf(error)}` };
  }
  const opened = await openCheckpoint(note, [...keys, witness.verifier], origin);
  if (!opened.ok) return { problem: `publishes what is not a checkpoint of ours: ${opened.refusal.message}` };
  await assertHeld(db, opened.value, { tree: await tree(), where: `witness ${witness.name}` });
  return { size: opened.value.size };
}

async function assertHeld(
  db: ReadDatabase,
  witnessed: Tree,
  { tree, where }: Readonly<{ tree: Tree; where: string }>,
): Promise<void> {
  if (tree.size === witnessed.size && !sameBytes(tree.root, witnessed.root))
    throw new AuditDiverged(`${where} cosigned another tree of ${tree.size} entries than the database holds`);
  try {
    await assertContinues(db, witnessed, tree);
  } catch (error) {
    if (!(error instanceof AuditDiverged)) throw error;
    throw new AuditDiverged(`compared with what ${where} cosigned: ${error.message}`, { cause: error });
  }
}
