import type { AuditClass } from "@tyr/contract";
import { sql, type RawBuilder, type SqlBool } from "kysely";
import type { ReadDatabase } from "#platform/database";
import { COPIED_TYPES, nounsOf, PRIVILEGED_NOUNS, PRIVILEGED_TYPES } from "./event-class.ts";
import type { LeafRow } from "./store.ts";

export type LeafFilter = Readonly<{
  before?: number | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  type?: string | undefined;
  actor?: string | undefined;
  object?: string | undefined;
  outcome?: string | undefined;
  request?: string | undefined;
}>;
/** What no index answers: asked of a bounded number of entries. */
export type LeafScan = Readonly<{
  text?: string | undefined;
  class?: AuditClass | undefined;
  anomaliesOnly: boolean;
  utcOffsetMinutes: number;
}>;
export type Flags = Readonly<{
  failure_burst: boolean;
  out_of_hours: boolean;
  credential_copied: boolean;
  first_seen: boolean;
}>;
export type FoundLeaf = Pick<LeafRow, "index" | "id" | "bytes" | "leaf_hash"> & Flags;

/** As `AUDIT_ANOMALIES` of the contract says. */
const BURST_ENTRIES = 5;
const BURST_MINUTES = 10;
const KNOWN_DAYS = 7;
const [MORNING_HOUR, NIGHT_HOUR] = [6, 22];

type Condition = RawBuilder<SqlBool>;
const noun = sql<string>`split_part(leaf.type, '.', 1)`;
const privileged: Condition = sql<SqlBool>`leaf.outcome = 'success' and (${noun} in (${sql.join(PRIVILEGED_NOUNS)}) or leaf.type in (${sql.join(PRIVILEGED_TYPES)}))`;

const copied: Condition = sql<SqlBool>`leaf.type in (${sql.join(COPIED_TYPES)})`;

/** Cheap, and true of whatever stands out: it spares most entries the looking back. */
const mayStandOut: Condition = sql<SqlBool>`(leaf.outcome <> 'success' or (${privileged}) or ${copied})`;

const failureBurst: Condition = sql<SqlBool>`leaf.outcome <> 'success' and coalesce((
  select failed.at > leaf.at - make_interval(mins => ${sql.lit(BURST_MINUTES)}) from audit_leaf failed
  where failed.actor_id = leaf.actor_id and failed.outcome <> 'success' and failed.index <= leaf.index
  order by failed.index desc offset ${sql.lit(BURST_ENTRIES - 1)} limit 1), false)`;

function outOfHours(utcOffsetMinutes: number): Condition {
  const hour = sql<number>`extract(hour from (leaf.at at time zone 'UTC') + make_interval(mins => ${sql.lit(utcOffsetMinutes)}))`;
  return sql<SqlBool>`${privileged} and leaf.actor_id like 'usr\\_%' and (${hour} < ${sql.lit(MORNING_HOUR)} or ${hour} >= ${sql.lit(NIGHT_HOUR)})`;
}

const firstSeen: Condition = sql<SqlBool>`${privileged} and not exists (
  select from audit_leaf other where other.actor_id = leaf.actor_id and other.type = leaf.type and other.index < leaf.index)
  and coalesce((select known.at < leaf.at - make_interval(days => ${sql.lit(KNOWN_DAYS)}) from audit_leaf known
    where known.actor_id = leaf.actor_id order by known.index limit 1), false)`;

/** Bytes as text without decoding them, so that damaged ones cannot make the search fail; ASCII letters in lower case. */
function contains(text: string): Condition {
  const asWritten = JSON.stringify(text).slice(1, -1);
  return sql<SqlBool>`strpos(lower(encode(leaf.bytes, 'escape')), lower(encode(convert_to(${asWritten}, 'UTF8'), 'escape'))) > 0`;
}

function ofClass(wanted: AuditClass): Condition {
  const { nouns, listed } = nounsOf(wanted);
  return listed ? sql<SqlBool>`${noun} in (${sql.join(nouns)})` : sql<SqlBool>`${noun} not in (${sql.join(nouns)})`;
}

function filtered(db: ReadDatabase, filter: LeafFilter) {
  const { before, since, until, type, actor, object, outcome, request } = filter;
  let query = db.selectFrom("audit_leaf as leaf");
  if (before !== undefined) query = query.where("leaf.index", "<", before);
  if (since !== undefined) query = query.where("leaf.at", ">=", since);
  if (until !== undefined) query = query.where("leaf.at", "<", until);
  if (type !== undefined) query = query.where("leaf.type", "=", type);
  if (actor !== undefined) query = query.where("leaf.actor_id", "=", actor);
  if (object !== undefined) query = query.where("leaf.object_id", "=", object);
  if (outcome !== undefined) query = query.where("leaf.outcome", "=", outcome);
  return request === undefined ? query : query.where("leaf.request_id", "=", request);
}

/** The index of the last of the newest `count` entries of the filter; undefined when there are fewer. */
export async function floorOf(db: ReadDatabase, filter: LeafFilter, count: number): Promise<number | undefined> {
  const query = filtered(db, filter).select("leaf.index").orderBy("leaf.index", "desc");
  return (
    await query
      .offset(count - 1)
      .limit(1)
      .executeTakeFirst()
  )?.index;
}

/** Newest first, with what stands out about each. */
export async function searchLeaves(
  db: ReadDatabase,
  filter: LeafFilter & { readonly from?: number | undefined; readonly limit: number },
  scan: LeafScan,
): Promise<readonly FoundLeaf[]> {
  const night = outOfHours(scan.utcOffsetMinutes);
  let query = filtered(db, filter);
  if (filter.from !== undefined) query = query.where("leaf.index", ">=", filter.from);
  if (scan.text !== undefined) query = query.where(contains(scan.text));
  if (scan.class !== undefined) query = query.where(ofClass(scan.class));
  if (scan.anomaliesOnly)
    query = query
      .where(mayStandOut)
      .where(sql<SqlBool>`((${failureBurst}) or (${night}) or (${copied}) or (${firstSeen}))`);
  return await query
    .select(["leaf.index", "leaf.id", "leaf.bytes", "leaf.leaf_hash"])
    .select([
      sql<boolean>`(${failureBurst})`.as("failure_burst"),
      sql<boolean>`(${night})`.as("out_of_hours"),
      sql<boolean>`(${copied})`.as("credential_copied"),
      sql<boolean>`(${firstSeen})`.as("first_seen"),
    ])
    .orderBy("leaf.index", "desc")
    .limit(filter.limit)
    .execute();
}

export type Column = "type" | "actor_id" | "outcome";
export type Count = Readonly<{ name: string; entries: number }>;

/** How often each value stands in a column, the most frequent first. */
export async function countBy(
  db: ReadDatabase,
  filter: LeafFilter & { from: number },
  column: Column,
): Promise<readonly Count[]> {
  const entries = sql<number>`count(*)`.as("entries");
  return await filtered(db, filter)
    .where("leaf.index", ">=", filter.from)
    .select([`leaf.${column} as name`, entries])
    .groupBy(`leaf.${column}`)
    .orderBy("entries", "desc")
    .orderBy("name")
    .execute();
}

export async function countAnomalies(
  db: ReadDatabase,
  filter: LeafFilter & { from: number },
  utcOffsetMinutes: number,
): Promise<Readonly<Record<keyof Flags, number>>> {
  const counted = (condition: Condition) => sql<number>`count(*) filter (where ${condition})`;
  return await filtered(db, filter)
    .where("leaf.index", ">=", filter.from)
    .where(mayStandOut)
    .select([
      counted(failureBurst).as("failure_burst"),
      counted(outOfHours(utcOffsetMinutes)).as("out_of_hours"),
      counted(copied).as("credential_copied"),
      counted(firstSeen).as("first_seen"),
    ])
    .executeTakeFirstOrThrow();
}

/** Index and time of the oldest entry of the filter that is among its newest `count`. */
export async function oldestOf(
  db: ReadDatabase,
  filter: LeafFilter,
  count: number,
): Promise<Readonly<{ index: number; at: Date; entries: number }> | undefined> {
  const newest = filtered(db, filter).select(["leaf.index", "leaf.at"]).orderBy("leaf.index", "desc").limit(count);
  const row = await db
    .selectFrom(newest.as("newest"))
    .select(({ fn }) => [
      fn.min("newest.index").as("index"),
      fn.min("newest.at").as("at"),
      fn.countAll<number>().as("entries"),
    ])
    .executeTakeFirst();
  return row === undefined || row.entries === 0 ? undefined : row;
}
