import type { EnforcerId } from "@tyr/contract";
import type { Insertable, Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { toldAlike, type Client, type Takes } from "./express.ts";
import type { EnforcerTable } from "./tables.ts";

export type EnforcerRow = Selectable<EnforcerTable>;

type Asking = Pick<EnforcerRow, "protocol" | "user_agent" | "takes">;
/** As what this enforcement point last asked for a list. */
export const clientOf = ({ protocol, user_agent: userAgent, takes }: Asking): Client => ({
  protocol,
  userAgent,
  takes,
});

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

export type ReplacedEnforcerKey = Readonly<{ row: EnforcerRow; hintBefore: string }>;

/** @param made the new key's columns, told how long the old one was to count; @returns undefined when there is no active one */
export async function replaceEnforcerKey(
  tx: WriteTransaction,
  id: EnforcerId,
  made: (lifeDays: number) => Pick<EnforcerRow, "key_hash" | "key_hint" | "key_ends_at">,
): Promise<ReplacedEnforcerKey | undefined> {
  const before = await tx
    .selectFrom("enforcer")
    .select(["key_hint", "key_life_days"])
    .where("id", "=", id)
    .where("active", "=", true)
    .forUpdate()
    .executeTakeFirst();
  if (before === undefined) return undefined;
  const row = await tx
    .updateTable("enforcer")
    .set(made(before.key_life_days))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return { row, hintBefore: before.key_hint };
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
  /** What the filter of this pull let through. */
  takes: Takes;
  /** Address of the peer. */
  address: string | null;
  at: Date;
  /** Receipts older than this are dropped. */
  keepSince: Date;
}>;

type Before = Asking & Pick<EnforcerRow, "position" | "stream_position">;

/** What a list adds. Asked otherwise than before, what was reached then says nothing about what is told now. */
function reachedBy(before: Before, pull: PullRecord & { position: number }) {
  const { position, stream, protocol, userAgent, takes } = pull;
  const asking = { protocol, user_agent: userAgent, takes };
  if (!toldAlike(clientOf(before), clientOf(asking)))
    return { ...asking, anew: true, position, stream_position: stream ? position : 0 };
  return {
    ...asking,
    anew: false,
    position: Math.max(before.position, position),
    stream_position: Math.max(before.stream_position, stream ? position : 0),
  };
}

export async function storePull(tx: WriteTransaction, pull: PullRecord): Promise<void> {
  const { enforcerId, position, protocol, userAgent, at } = pull;
  const before = await tx
    .selectFrom("enforcer")
    .select(["position", "stream_position", "protocol", "user_agent", "takes"])
    .where("id", "=", enforcerId)
    .forUpdate()
    .executeTakeFirst();
  if (before === undefined) return;
  const seen = { last_pull_at: at, last_address: pull.address };
  const mine = tx.updateTable("enforcer").where("id", "=", enforcerId);
  if (position === undefined) {
    // A single question changes nothing about how the lists of this enforcement point are told.
    const asking = before.position === 0 ? { protocol, user_agent: userAgent } : {};
    await mine.set({ ...asking, ...seen }).execute();
    return;
  }
  const { anew, ...reached } = reachedBy(before, { ...pull, position });
  await mine.set({ ...reached, ...seen }).execute();
  if (!anew && reached.position === before.position) return;
  const outdated = tx.deleteFrom("enforcer_pull").where("enforcer_id", "=", enforcerId);
  await (anew ? outdated : outdated.where("at", "<", pull.keepSince)).execute();
  await tx.insertInto("enforcer_pull").values({ enforcer_id: enforcerId, position: reached.position, at }).execute();
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
