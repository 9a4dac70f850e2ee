import { meetsQuorum } from "@tyr/ledger";
import type { ReadDatabase } from "#platform/database";
import { newestCosignatures, type CosignatureRow } from "./cosignature-store.ts";
import { checkpointOf, type CheckpointRow } from "./store.ts";
import type { WitnessPolicy } from "./witness-policy.ts";

/** A checkpoint with the lines of witnesses under it; `at` is when the last line came. */
export type Cosigned = Readonly<{ checkpoint: CheckpointRow; note: string; at: Date }>;

/** Lines looked through for the newest quorum. */
const LINES_READ_MAX = 512;

/** Of the newest lines: those under the largest tree whose witnesses are enough, and at least one. */
function newestQuorum(
  rows: readonly CosignatureRow[],
  { policy, witnesses }: WitnessPolicy,
): readonly CosignatureRow[] | undefined {
  const names = new Map(witnesses.map(({ verifier, name }) => [verifier.vkey, name]));
  const bySize = Map.groupBy(rows, ({ size }) => size);
  return [...bySize.values()].find((lines) =>
    meetsQuorum(policy, new Set(lines.map(({ witness }) => names.get(witness) ?? ""))),
  );
}

/** The newest checkpoint that enough witnesses cosigned. */
export async function newestCosigned(db: ReadDatabase, configured: WitnessPolicy): Promise<Cosigned | undefined> {
  const witnesses = configured.witnesses.map(({ verifier }) => verifier.vkey);
  const rows = await newestCosignatures(db, { witnesses, limit: LINES_READ_MAX });
  const lines = newestQuorum(rows, configured);
  const size = lines?.[0]?.size;
  const checkpoint = size === undefined ? undefined : await checkpointOf(db, size);
  if (lines === undefined || checkpoint === undefined) return undefined;
  const at = new Date(Math.max(...lines.map((line) => line.at.getTime())));
  return { checkpoint, note: checkpoint.note + lines.map(({ line }) => line).join(""), at };
}
