import type { EnforcerId } from "@tyr/contract";
import type { Insertable, Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { EnforcerTable } from "./tables.ts";

export type EnforcerRow = Selectable<EnforcerTable>;

export async function listEnforcers(db: ReadDatabase): Promise<readonly EnforcerRow[]> {
  return await db.selectFrom("enforcer").selectAll().orderBy("id").execute();
}

export async function findEnforcer(
  db: ReadDatabase,
  place: Readonly<{ id: EnforcerId } | { key_hash: Uint8Array } | { name: string }>,
): Promise<EnforcerRow | undefined> {
  const query = db.selectFrom("enforcer").selectAll();
  if ("id" in place) return await query.where("id", "=", place.id).executeTakeFirst();
  if ("name" in place) return await query.where("name", "=", place.name).executeTakeFirst();
  return await query.where("key_hash", "=", place.key_hash).executeTakeFirst();
}

/** Undefined when the name is taken, by whoever was faster. */
export async function insertEnforcer(
  tx: WriteTransaction,
  row: Insertable<EnforcerTable>,
): Promise<EnforcerRow | undefined> {
  return await tx
    .insertInto("enforcer")
    .values(row)
    .onConflict((conflict) => conflict.column("name").doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function deactivateEnforcer(
  tx: WriteTransaction,
  id: EnforcerId,
  at: Date,
): Promise<EnforcerRow | undefined> {
  return await tx
    .updateTable("enforcer")
    .set({ active: false, deactivated_at: at })
    .where("id", "=", id)
    .where("active", "=", true)
    .returningAll()
    .executeTakeFirst();
}

export type PullRecord = Readonly<{
  enforcerId: EnforcerId;
  /** Everything up to here was in what was sent; undefined: it was only seen. */
  position: number | undefined;
  /** True when it was the CrowdSec stream, whose next pull begins here. */
  stream: boolean;
  protocol: "feed" | "crowdsec";
  userAgent: string | null;
  at: Date;
  /** Receipts older than this are dropped. */
  keepSince: Date;
}>;

export async function storePull(tx: WriteTransaction, pull: PullRecord): Promise<void> {
  const { enforcerId, position = 0, stream, protocol, userAgent, at } = pull;
  const before = await tx
    .selectFrom("enforcer")
    .select(["position", "stream_position"])
    .where("id", "=", enforcerId)
    .forUpdate()
    .executeTakeFirst();
  if (before === undefined) return;
  const reached = Math.max(before.position, position);
  const streamed = Math.max(before.stream_position, stream ? position : 0);
  await tx
    .updateTable("enforcer")
    .set({ position: reached, stream_position: streamed, protocol, last_pull_at: at, user_agent: userAgent })
    .where("id", "=", enforcerId)
    .execute();
  if (reached === before.position) return;
  await tx.deleteFrom("enforcer_pull").where("enforcer_id", "=", enforcerId).where("at", "<", pull.keepSince).execute();
  await tx.insertInto("enforcer_pull").values({ enforcer_id: enforcerId, position: reached, at }).execute();
}

/** When each enforcement point had first received each of these positions. */
export async function listReceipts(
  db: ReadDatabase,
  positions: readonly number[],
): Promise<readonly { enforcer_id: EnforcerId; position: number; at: Date }[]> {
  if (positions.length === 0) return [];
  return await db
    .selectFrom("enforcer_pull")
    .select(["enforcer_id", "position", "at"])
    .where("position", ">=", Math.min(...positions))
    .orderBy("position")
    .limit(10_000)
    .execute();
}
