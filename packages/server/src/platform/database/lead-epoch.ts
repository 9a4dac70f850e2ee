import { sql } from "kysely";
import type { WriteTransaction } from "./audited.ts";

declare module "./tables.ts" {
  interface Tables {
    stage_lead: { only_one: boolean; epoch: number };
  }
}

/** Whoever takes the lead counts on: from here on nobody before can begin anything. @returns its number */
export async function takeEpoch(tx: WriteTransaction): Promise<number> {
  const { epoch } = await tx
    .insertInto("stage_lead")
    .values({ only_one: true, epoch: 1 })
    .onConflict((conflict) => conflict.column("only_one").doUpdateSet({ epoch: sql<number>`stage_lead.epoch + 1` }))
    .returning("epoch")
    .executeTakeFirstOrThrow();
  return epoch;
}

/** Another process has taken the lead since: nothing of the transaction may stay. */
export class LeadLost extends Error {
  override readonly name = "LeadLost";
  readonly code = "LEAD_LOST";
}

/**
 * Nobody else takes the lead until this transaction ends.
 *
 * @throws {LeadLost} `LEAD_LOST`
 */
export async function holdEpoch(tx: WriteTransaction, epoch: number): Promise<void> {
  const row = await tx.selectFrom("stage_lead").select("epoch").forShare().executeTakeFirst();
  if (row?.epoch !== epoch) throw new LeadLost("another process has taken the lead since this one did");
}
