import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type TreeRow = Readonly<{ origin: string; vkey: string; size: number; root: Uint8Array }>;
export type CheckpointRow = Readonly<{ size: number; root: Uint8Array; note: string; at: Date }>;
export type LeafRow = Readonly<{
  index: number;
  id: string;
  at: Date;
  type: string;
  actor_id: string;
  object_id: string;
  outcome: string;
  request_id: string | null;
  bytes: Uint8Array;
  leaf_hash: Uint8Array;
}>;
export type TileRow = Readonly<{ level: number; n: number; hashes: Uint8Array }>;
export type WaitingRow = Readonly<{ number: number; id: string; bytes: Uint8Array }>;

declare module "#platform/tables" {
  interface Tables {
    audit_tree: TreeRow & { one?: boolean };
    audit_leaf: LeafRow;
    audit_tile: TileRow;
    audit_checkpoint: CheckpointRow;
    audit_head: CheckpointRow & { one?: boolean };
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export async function readTree(db: ReadDatabase): Promise<TreeRow | undefined> {
  return await db.selectFrom("audit_tree").select(["origin", "vkey", "size", "root"]).executeTakeFirst();
}

/** Sequencers line up here: indexes are given by one transaction at a time. */
export async function lockTree(tx: WriteTransaction): Promise<TreeRow> {
  return await tx
    .selectFrom("audit_tree")
    .select(["origin", "vkey", "size", "root"])
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/** The first server to start plants the tree; others find it. */
export async function plantTree(tx: WriteTransaction, tree: TreeRow): Promise<void> {
  await tx
    .insertInto("audit_tree")
    .values(tree)
    .onConflict((conflict) => conflict.column("one").doNothing())
    .execute();
}

export async function updateTree(tx: WriteTransaction, { size, root }: Pick<TreeRow, "size" | "root">): Promise<void> {
  await tx.updateTable("audit_tree").set({ size, root }).execute();
}

export async function putKeyInForce(tx: WriteTransaction, vkey: string): Promise<void> {
  await tx.updateTable("audit_tree").set({ vkey }).execute();
}

/** The oldest committed rows of the intake, lowest number first. */
export async function readOldest(db: ReadDatabase, limit: number): Promise<readonly WaitingRow[]> {
  return await db.selectFrom("audit_intake").selectAll().orderBy("number").limit(limit).execute();
}

export type PlacedLeaf = Omit<LeafRow, "bytes"> & Readonly<{ number: number }>;

/**
 * Moves rows of the intake to their places in the log. Their bytes stay in the database; it hashes them once more, so that a
 * row somebody changed since it was read, or took away, is not moved.
 *
 * @returns how many were moved
 */
export async function moveToLog(tx: WriteTransaction, leaves: readonly PlacedLeaf[]): Promise<number> {
  const rows = leaves.map((leaf) => ({ ...leaf, leaf_hash: hex(leaf.leaf_hash) }));
  const { numAffectedRows } = await sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (number int8, index int8, id text,
        at timestamptz, type text, actor_id text, object_id text, outcome text, request_id text, leaf_hash text)
    ), taken as (
      delete from audit_intake using given where audit_intake.number = given.number
        and sha256('\\x00'::bytea || audit_intake.bytes) = decode(given.leaf_hash, 'hex')
      returning given.index, given.id, given.at, given.type, given.actor_id, given.object_id, given.outcome,
        given.request_id, audit_intake.bytes, decode(given.leaf_hash, 'hex')
    )
    insert into audit_leaf (index, id, at, type, actor_id, object_id, outcome, request_id, bytes, leaf_hash)
    select * from taken order by index`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}

export async function putTiles(tx: WriteTransaction, tiles: readonly TileRow[]): Promise<void> {
  const rows = tiles.map((tile) => ({ ...tile, hashes: hex(tile.hashes) }));
  await sql`
    insert into audit_tile (level, n, hashes)
    select level, n, decode(hashes, 'hex')
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (level int2, n int8, hashes text)
    on conflict (level, n) do update set hashes = excluded.hashes`.execute(tx);
}

export async function readTiles(
  db: ReadDatabase,
  addresses: readonly Readonly<{ level: number; n: number }>[],
): Promise<readonly TileRow[]> {
  if (addresses.length === 0) return [];
  return await db
    .selectFrom("audit_tile")
    .selectAll()
    .where((is) => is.or(addresses.map(({ level, n }) => is.and([is("level", "=", level), is("n", "=", n)]))))
    .execute();
}

export async function countWaiting(db: ReadDatabase): Promise<number> {
  const row = await db
    .selectFrom("audit_intake")
    .select((is) => is.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function anyWaiting(db: ReadDatabase): Promise<boolean> {
  return (await db.selectFrom("audit_intake").select("number").limit(1).executeTakeFirst()) !== undefined;
}

export async function readWaiting(
  db: ReadDatabase,
  page: Readonly<{ before: number | undefined; limit: number }>,
): Promise<readonly WaitingRow[]> {
  const { before, limit } = page;
  const query = db.selectFrom("audit_intake").selectAll().orderBy("number", "desc").limit(limit);
  return await (before === undefined ? query : query.where("number", "<", before)).execute();
}

/** Leaves from `from` up to but without `to`, in order. */
export async function readLeaves(db: ReadDatabase, from: number, to: number): Promise<readonly LeafRow[]> {
  return await db
    .selectFrom("audit_leaf")
    .selectAll()
    .where("index", ">=", from)
    .where("index", "<", to)
    .orderBy("index")
    .execute();
}

export async function findLeaf(db: ReadDatabase, id: string): Promise<LeafRow | undefined> {
  return await db.selectFrom("audit_leaf").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function isWaiting(db: ReadDatabase, id: string): Promise<boolean> {
  return (await db.selectFrom("audit_intake").select("number").where("id", "=", id).executeTakeFirst()) !== undefined;
}

export type LeafQuery = Readonly<{
  before: number | undefined;
  limit: number;
  type?: string | undefined;
  object?: string | undefined;
  actor?: string | undefined;
}>;

/** Newest first. */
export async function listLeaves(db: ReadDatabase, query: LeafQuery): Promise<readonly LeafRow[]> {
  let select = db.selectFrom("audit_leaf").selectAll().orderBy("index", "desc").limit(query.limit);
  if (query.before !== undefined) select = select.where("index", "<", query.before);
  if (query.type !== undefined) select = select.where("type", "=", query.type);
  if (query.object !== undefined) select = select.where("object_id", "=", query.object);
  if (query.actor !== undefined) select = select.where("actor_id", "=", query.actor);
  return await select.execute();
}

export async function newestLeafAt(db: ReadDatabase): Promise<Date | undefined> {
  const row = await db.selectFrom("audit_leaf").select("at").orderBy("index", "desc").limit(1).executeTakeFirst();
  return row?.at;
}

export async function newestCheckpoint(db: ReadDatabase): Promise<CheckpointRow | undefined> {
  return await db.selectFrom("audit_head").select(["size", "root", "note", "at"]).executeTakeFirst();
}

export async function checkpointOf(db: ReadDatabase, size: number): Promise<CheckpointRow | undefined> {
  return await db.selectFrom("audit_checkpoint").selectAll().where("size", "=", size).executeTakeFirst();
}

/** Checkpoints with a size above `from` and up to `to`, smallest first. */
export async function checkpointsBetween(
  db: ReadDatabase,
  from: number,
  to: number,
): Promise<readonly Pick<CheckpointRow, "size" | "root">[]> {
  return await db
    .selectFrom("audit_checkpoint")
    .select(["size", "root"])
    .where("size", ">", from)
    .where("size", "<=", to)
    .orderBy("size")
    .execute();
}

/** Puts a checkpoint where the newest is read; one that another server signed over more entries stays. */
export async function putHead(tx: WriteTransaction, row: CheckpointRow): Promise<void> {
  await tx
    .insertInto("audit_head")
    .values(row)
    .onConflict((conflict) => conflict.column("one").doUpdateSet(row).where("audit_head.size", "<", row.size))
    .execute();
}

/** When the last of the kept checkpoints was signed. */
export async function lastKeptAt(db: ReadDatabase): Promise<Date | undefined> {
  const row = await db.selectFrom("audit_checkpoint").select("at").orderBy("size", "desc").limit(1).executeTakeFirst();
  return row?.at;
}

/** Keeps a checkpoint for good. */
export async function insertCheckpoint(tx: WriteTransaction, row: CheckpointRow): Promise<void> {
  await tx
    .insertInto("audit_checkpoint")
    .values(row)
    .onConflict((conflict) => conflict.column("size").doNothing())
    .execute();
}

/** 8 MiB of rows that are gone. */
const RECLAIM_BYTES = 8 * 1024 * 1024;

/**
 * Gives back the space of an emptied intake. Only for the embedded engine, which has no autovacuum and one connection,
 * so that nobody can be waiting behind the lock this takes.
 */
export async function reclaimIntake(tx: WriteTransaction): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    select pg_relation_size('audit_intake') > ${RECLAIM_BYTES} and not exists (select from audit_intake) as due`.execute(
    tx,
  );
  if (rows[0]?.due !== true) return false;
  await sql`truncate audit_intake`.execute(tx);
  return true;
}
