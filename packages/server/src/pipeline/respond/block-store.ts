import type { ActionId, BlockId } from "@tyr/contract";
import { sql, type Insertable, type Selectable } from "kysely";
import { readPage, type Page, type PageBefore, type ReadDatabase, type WriteTransaction } from "#platform/database";
import type { Prefix } from "#govern";
import type { BlockTable } from "./tables.ts";

export type BlockRow = Selectable<BlockTable>;

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

export type BlockFilter = Readonly<{ state?: BlockRow["state"] | undefined; value?: string | undefined }>;

/** Newest first. */
export async function listBlocks(
  db: ReadDatabase,
  { state, value, ...page }: BlockFilter & PageBefore<number>,
): Promise<Page<BlockRow, number>> {
  let query = db.selectFrom("block").selectAll();
  if (state !== undefined) query = query.where("state", "=", state);
  if (value !== undefined) query = query.where("value", "=", value);
  return await readPage(query, "number", page);
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

export type ActiveCount = Readonly<{ scope: "ip" | "range"; example: string; count: number; beyond: number }>;

/**
 * Active blocks by what decides how they can be told, their family and length: how many, how many of them changed
 * after a position, and one as an example.
 */
export async function countActive(db: ReadDatabase, position: number): Promise<readonly ActiveCount[]> {
  return await db
    .selectFrom("block")
    .select(({ fn }) => [
      "scope",
      fn.min("value").as("example"),
      fn.countAll<number>().as("count"),
      fn.countAll<number>().filterWhere("position", ">", position).as("beyond"),
    ])
    .where("state", "=", "active")
    .groupBy(["scope", sql`family(network)`, sql`masklen(network)`])
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
