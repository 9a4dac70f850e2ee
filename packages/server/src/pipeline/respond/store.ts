import type { ActionId, BlockId, EnforcerId } from "@tyr/contract";
import { sql, type Insertable, type Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Prefix } from "#govern";
import type { BlockTable, EnforcerTable, HoldTable } from "./tables.ts";
import type { Tables } from "#platform/tables";

export type BlockRow = Selectable<BlockTable>;
export type HoldRow = Selectable<HoldTable>;
export type EnforcerRow = Selectable<EnforcerTable>;

const ANY_IPV4 = "0.0.0.0/0";

/** The networks to compare with: an IPv6 prefix around the mapped space covers IPv4, which the database cannot see. */
function networksOf(prefix: Prefix): readonly string[] {
  const coversIpv4 =
    prefix.version === 6 &&
    prefix.length < 96 &&
    0xffff_0000_0000n >> BigInt(128 - prefix.length) === prefix.first >> BigInt(128 - prefix.length);
  return coversIpv4 ? [prefix.text, ANY_IPV4] : [prefix.text];
}

export async function findActive(
  db: ReadDatabase,
  key: Readonly<{ scope: "ip" | "range"; value: string; origin: string }>,
): Promise<BlockRow | undefined> {
  return await db
    .selectFrom("block")
    .selectAll()
    .where("scope", "=", key.scope)
    .where("value", "=", key.value)
    .where("origin", "=", key.origin)
    .where("state", "=", "active")
    .executeTakeFirst();
}

/** Active blocks that share an address with any of these prefixes, in the order of their addresses. */
export async function listOverlapping(db: ReadDatabase, prefixes: readonly Prefix[]): Promise<readonly BlockRow[]> {
  if (prefixes.length === 0) return [];
  const networks = prefixes.flatMap(networksOf);
  return await db
    .selectFrom("block")
    .selectAll()
    .where("state", "=", "active")
    .where(sql<boolean>`network && any(${networks}::inet[])`)
    .orderBy("network")
    .execute();
}

export type ActiveFilter = Readonly<{ contain?: string | undefined; within?: string | undefined }>;

/** What is in force at this moment, whether or not the sweep has passed. */
export async function listActive(db: ReadDatabase, now: Date, filter: ActiveFilter = {}): Promise<readonly BlockRow[]> {
  let query = db.selectFrom("block").selectAll().where("state", "=", "active").where("expires_at", ">", now);
  if (filter.contain !== undefined) query = query.where(sql<boolean>`network >>= ${filter.contain}::inet`);
  if (filter.within !== undefined) query = query.where(sql<boolean>`network <<= ${filter.within}::inet`);
  // By address: the same blocks make the same list, whoever asks and whenever.
  return await query.orderBy("network").execute();
}

/** In the order of their addresses, IPv4 before IPv6; each value once. */
export async function listActiveValues(db: ReadDatabase, now: Date): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("block")
    .select("value")
    .where("state", "=", "active")
    .where("expires_at", ">", now)
    .groupBy(["network", "value"])
    .orderBy("network")
    .execute();
  return rows.map(({ value }) => value);
}

/** Everything that changed after a position, newest state of each block. */
export async function listChangedAfter(db: ReadDatabase, position: number): Promise<readonly BlockRow[]> {
  return await db
    .selectFrom("block")
    .selectAll()
    .where("position", ">", position)
    .orderBy("position")
    .orderBy("number")
    .execute();
}

export async function listEndedSince(db: ReadDatabase, since: Date, limit: number): Promise<readonly BlockRow[]> {
  return await db
    .selectFrom("block")
    .selectAll()
    .where("state", "!=", "active")
    .where("ended_at", ">=", since)
    .orderBy("ended_at", "desc")
    .limit(limit)
    .execute();
}

export async function insertBlock(tx: WriteTransaction, row: Insertable<BlockTable>): Promise<BlockRow> {
  return await tx.insertInto("block").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function changeBlock(
  tx: WriteTransaction,
  id: BlockId,
  changes: Partial<Pick<BlockRow, "position" | "expires_at" | "state" | "ended_at">>,
): Promise<BlockRow> {
  return await tx.updateTable("block").set(changes).where("id", "=", id).returningAll().executeTakeFirstOrThrow();
}

export async function insertHold(tx: WriteTransaction, row: Insertable<HoldTable>): Promise<void> {
  await tx.insertInto("block_hold").values(row).execute();
}

/** Ends what an action holds; undefined when it holds nothing any more. */
export async function endHoldOf(
  tx: WriteTransaction,
  actionId: ActionId,
  { at, reason }: Readonly<{ at: Date; reason: string }>,
): Promise<HoldRow | undefined> {
  return await tx
    .updateTable("block_hold")
    .set({ ended_at: at, end_reason: reason })
    .where("action_id", "=", actionId)
    .where("ended_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

/** Actions that still hold a block, the longest last. */
export async function listHolds(db: ReadDatabase, blockId: BlockId): Promise<readonly HoldRow[]> {
  return await db
    .selectFrom("block_hold")
    .selectAll()
    .where("block_id", "=", blockId)
    .where("ended_at", "is", null)
    .orderBy("expires_at")
    .orderBy("action_id")
    .execute();
}

export async function listDueHolds(db: ReadDatabase, now: Date, limit: number): Promise<readonly HoldRow[]> {
  return await db
    .selectFrom("block_hold")
    .selectAll()
    .where("ended_at", "is", null)
    .where("expires_at", "<=", now)
    .orderBy("expires_at")
    .orderBy("action_id")
    .limit(limit)
    .execute();
}

export async function insertOutcome(tx: WriteTransaction, row: Insertable<Tables["outcome"]>): Promise<void> {
  await tx.insertInto("outcome").values(row).execute();
}

export type BlockFilter = Readonly<{
  afterNumber?: number | undefined;
  limit: number;
  state?: BlockRow["state"] | undefined;
  value?: string | undefined;
}>;

/** Newest first. */
export async function listBlocks(db: ReadDatabase, filter: BlockFilter): Promise<readonly BlockRow[]> {
  let query = db.selectFrom("block").selectAll().orderBy("number", "desc").limit(filter.limit);
  if (filter.afterNumber !== undefined) query = query.where("number", "<", filter.afterNumber);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.value !== undefined) query = query.where("value", "=", filter.value);
  return await query.execute();
}

export async function findBlock(db: ReadDatabase, id: BlockId): Promise<BlockRow | undefined> {
  return await db.selectFrom("block").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function listBlocksOfActions(
  db: ReadDatabase,
  ids: readonly ActionId[],
): Promise<readonly (BlockRow & { held_by: ActionId })[]> {
  if (ids.length === 0) return [];
  return await db
    .selectFrom("block_hold")
    .innerJoin("block", "block.id", "block_hold.block_id")
    .selectAll("block")
    .select("block_hold.action_id as held_by")
    .where("block_hold.action_id", "in", [...ids])
    .orderBy("block.number")
    .execute();
}

export type ActiveCounts = Readonly<{ ips: number; ranges: number; beyond: number }>;

/** Active blocks by scope, and how many changed after a position. */
export async function countActive(db: ReadDatabase, position: number): Promise<ActiveCounts> {
  return await db
    .selectFrom("block")
    .select(({ fn }) => [
      fn.countAll<number>().filterWhere("scope", "=", "ip").as("ips"),
      fn.countAll<number>().filterWhere("scope", "=", "range").as("ranges"),
      fn.countAll<number>().filterWhere("position", ">", position).as("beyond"),
    ])
    .where("state", "=", "active")
    .executeTakeFirstOrThrow();
}

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

/** Which of these addresses an active block covers, itself or by a range. */
export async function listCovered(
  db: ReadDatabase,
  addresses: readonly string[],
  now: Date,
): Promise<readonly string[]> {
  if (addresses.length === 0) return [];
  const rows = await db
    .selectFrom(sql<{ address: string }>`unnest(${[...addresses]}::text[])`.as<"asked">(sql`asked(address)`))
    .select("asked.address")
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("block")
          .select("block.id")
          .where("block.state", "=", "active")
          .where("block.expires_at", ">", now)
          .where(sql<boolean>`block.network >>= asked.address::inet`),
      ),
    )
    .execute();
  return rows.map(({ address }) => address);
}
