import type { Result } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { proveEntry } from "./log-files.ts";
import type { CheckpointRow } from "./store.ts";
import type { Witnesses } from "./witnesses.ts";

/** While witnesses are silent for longer, what is newest is published without them: a reader's policy will say so. */
const COSIGNED_LAG_MAX_MS = 15 * 60_000;

/** What copies are made against: cosigned where that is not long ago, so that a reader can ask for witnesses. */
export async function checkpointToPublish(last: CheckpointRow, witnesses: Witnesses | undefined): Promise<string> {
  const cosigned = await witnesses?.cosigned();
  if (cosigned === undefined) return last.note;
  const lagMs = last.at.getTime() - cosigned.checkpoint.at.getTime();
  return lagMs > COSIGNED_LAG_MAX_MS ? last.note : cosigned.note;
}

export type Heads = Readonly<{ last: CheckpointRow; witnesses: Witnesses | undefined }>;

/** The `.tlog-proof` of an entry against the newest cosigned checkpoint that covers it, else against the newest at all. */
export async function proveBest(db: ReadDatabase, { last, witnesses }: Heads, id: string): Promise<Result<string>> {
  const cosigned = await witnesses?.cosigned();
  if (cosigned !== undefined) {
    const proof = await proveEntry(db, { ...cosigned.checkpoint, note: cosigned.note }, id);
    if (proof.ok || proof.refusal.code !== "NOT_READY") return proof;
  }
  return await proveEntry(db, last, id);
}
