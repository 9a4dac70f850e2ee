import { createHash } from "node:crypto";
import type { SavedState, DirtyGroups } from "@tyr/sigma";
import { sql } from "kysely";
import { takePositions } from "#platform/bus";
import { type ReadDatabase, rowsOf, type WriteTransaction } from "#platform/database";
import type { NewDetection } from "./detection.ts";
import { insertTags } from "./tag-store.ts";
import "./tables.ts";
import { storable, toJson } from "./to-json.ts";

export const CONSUMER = "detect";

/**
 * Stores findings of one batch and counts them. Findings that are stored already are left alone: ids are derived, so
 * those are the same.
 *
 * @returns what was new, in the order of its positions, each with the tags that were written
 */
export async function insertDetections(
  tx: WriteTransaction,
  found: readonly NewDetection[],
  now: Date,
): Promise<readonly NewDetection[]> {
  return await insertFresh(tx, found, { now, backfill: null });
}

/** The same for what a rule finds in older events: marked with the run that found it. */
export async function insertBackfilled(
  tx: WriteTransaction,
  found: readonly NewDetection[],
  mark: Readonly<{ now: Date; backfill: string }>,
): Promise<readonly NewDetection[]> {
  return await insertFresh(tx, found, mark);
}

type Mark = Readonly<{ now: Date; backfill: string | null }>;

async function insertFresh(
  tx: WriteTransaction,
  found: readonly NewDetection[],
  { now, backfill }: Mark,
): Promise<readonly NewDetection[]> {
  const unique = [...new Map(found.map((one) => [one.id, one])).values()];
  const ids = unique.map(({ id }) => id);
  const stored = await tx.selectFrom("detection").select("id").where("id", "in", ids).execute();
  const known = new Set(stored.map(({ id }) => id));
  const fresh = unique.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return [];
  const first = await takePositions(tx, "detection", fresh.length);
  await insertRows(tx, { fresh, first, now, backfill });
  const written = await insertTags(tx, fresh, now);
  await countHits(tx, written, backfill !== null);
  return written;
}

async function insertRows(
  tx: WriteTransaction,
  { fresh, first, now, backfill }: Mark & Readonly<{ fresh: readonly NewDetection[]; first: number }>,
): Promise<void> {
  const rows = fresh.map((one, index) => ({ ...one, tags: undefined, position: first + index }));
  await sql`
    insert into detection (id, position, time, first_event_at, last_event_at, rule_id, rule_title, rule_version, severity,
      risk_points, phrase, actor_ip, user_name, sensor_id, sensor_name, correlation, group_key, event_ids, event_count, recorded_at, backfill)
    select id, position, time, "firstEventAt", "lastEventAt", "ruleId", "ruleTitle", "ruleVersion", severity,
      "riskPoints", phrase, "actorIp", "user", "sensorId", "sensorName", correlation, "groupKey",
      array(select jsonb_array_elements_text("eventIds")), "eventCount", ${now}::timestamptz, ${backfill}::text
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as row (
      id text, position int8, time timestamptz, "firstEventAt" timestamptz, "lastEventAt" timestamptz, "ruleId" text,
      "ruleTitle" text, "ruleVersion" text, severity text, "riskPoints" int4, phrase text, "actorIp" text, "user" text,
      "sensorId" text, "sensorName" text, correlation boolean, "groupKey" jsonb, "eventIds" jsonb, "eventCount" int8)
  `.execute(tx);
}

type Count = { detections: number; lastAt: Date };

function tally(counts: Map<string, Count>, key: string, at: Date): void {
  const known = counts.get(key);
  if (known === undefined) counts.set(key, { detections: 1, lastAt: at });
  else counts.set(key, { detections: known.detections + 1, lastAt: at > known.lastAt ? at : known.lastAt });
}

/** In the order of the key, as every writer of a table should lock its rows. */
function listed(counts: Map<string, Count>): string {
  return toJson([...counts].map(([key, count]) => ({ key, ...count })).toSorted((a, b) => (a.key < b.key ? -1 : 1)));
}

/** What an attacker's clock says is counted only where it is a day of this calendar as people write it. */
const DAY = /^\d{4}-\d\d-\d\d$/;

async function countHits(tx: WriteTransaction, fresh: readonly NewDetection[], backfilled: boolean): Promise<void> {
  const rules = new Map<string, Count>();
  const days = new Map<string, Count>();
  const hours = new Map<string, Count>();
  const techniques = new Map<string, Count>();
  for (const { ruleId, time, tags } of fresh) {
    tally(rules, ruleId, time);
    const day = time.toISOString().slice(0, 10);
    if (DAY.test(day)) tally(days, `${ruleId} ${day}`, time);
    tally(hours, `${time.toISOString().slice(0, 13)}:00:00.000Z`, time);
    for (const tag of tags) tally(techniques, `${tag.subTechnique ?? tag.technique} ${tag.tactic}`, time);
  }
  await sql`
    insert into rule_hit (rule_id, detections, last_at, backfilled)
    select key, detections, "lastAt", case when ${backfilled}::boolean then detections else 0 end
    from jsonb_to_recordset(${listed(rules)}::jsonb) as row (key text, detections int8, "lastAt" timestamptz)
    on conflict (rule_id) do update set
      detections = rule_hit.detections + excluded.detections, last_at = greatest(rule_hit.last_at, excluded.last_at),
      backfilled = rule_hit.backfilled + excluded.backfilled
  `.execute(tx);
  await sql`
    insert into detection_hour (hour, detections)
    select key, detections from jsonb_to_recordset(${listed(hours)}::jsonb) as row (key timestamptz, detections int8)
    on conflict (hour) do update set detections = detection_hour.detections + excluded.detections
  `.execute(tx);
  await sql`
    insert into rule_day (rule_id, day, detections)
    select split_part(key, ' ', 1), split_part(key, ' ', 2), detections
    from jsonb_to_recordset(${listed(days)}::jsonb) as row (key text, detections int8)
    on conflict (rule_id, day) do update set detections = rule_day.detections + excluded.detections
  `.execute(tx);
  if (techniques.size === 0) return;
  await sql`
    insert into technique_hit (technique, tactic, detections, last_at)
    select split_part(key, ' ', 1), split_part(key, ' ', 2), detections, "lastAt"
    from jsonb_to_recordset(${listed(techniques)}::jsonb) as row (key text, detections int8, "lastAt" timestamptz)
    on conflict (technique, tactic) do update set
      detections = technique_hit.detections + excluded.detections, last_at = greatest(technique_hit.last_at, excluded.last_at)
  `.execute(tx);
}

export type StoredState = Readonly<{ position: number; saved: SavedState }>;

/** The windows of correlations and the position they belong to; position 0 and nothing before they were first saved. */
export async function loadState(db: ReadDatabase): Promise<StoredState> {
  const [head] = await db.selectFrom("correlation_checkpoint").selectAll().where("consumer", "=", CONSUMER).execute();
  if (head === undefined) return { position: 0, saved: { groups: [] } };
  const rows = await db.selectFrom("correlation_group").selectAll().execute();
  const groups = rows.map(({ correlation_id, group_key, state }) => ({
    correlationId: correlation_id,
    groupKey: group_key,
    state,
  }));
  return { position: head.position, saved: { groups, checkpoint: head.checkpoint } };
}

type GroupName = Readonly<{ correlationId: string; groupKey: string }>;

function groupId(group: GroupName): string {
  return createHash("sha256").update(`${group.correlationId}\n${group.groupKey}`).digest("hex");
}

/** Saves what changed since it was last saved, as of a position. */
export async function saveState(tx: WriteTransaction, dirty: DirtyGroups, position: number): Promise<void> {
  await deleteGroups(tx, dirty.removals);
  if (dirty.upserts.length > 0) {
    const texts = (of: (group: DirtyGroups["upserts"][number]) => string) =>
      ({ type: "text", values: dirty.upserts.map((group) => storable(of(group))) }) as const;
    const rows = rowsOf("saved", {
      id: texts(groupId),
      correlation_id: texts(({ correlationId }) => correlationId),
      group_key: texts(({ groupKey }) => groupKey),
      state: texts(({ state }) => state),
    });
    await sql`
      insert into correlation_group (id, correlation_id, group_key, state)
      select id, correlation_id, group_key, state from ${rows}
      on conflict (id) do update set state = excluded.state
    `.execute(tx);
  }
  const row = { consumer: CONSUMER, position, checkpoint: dirty.checkpoint };
  await tx
    .insertInto("correlation_checkpoint")
    .values(row)
    .onConflict((conflict) =>
      conflict.column("consumer").doUpdateSet({ position: row.position, checkpoint: row.checkpoint }),
    )
    .execute();
}

/** Forgets stored windows; those that are not there are left out. */
export async function deleteGroups(tx: WriteTransaction, groups: readonly GroupName[]): Promise<void> {
  if (groups.length === 0) return;
  await sql`delete from correlation_group where id = any(${groups.map(groupId)}::text[])`.execute(tx);
}

export type RuleInForce = Readonly<{ ruleId: string; version: string; stateDigest: string; packDigest: string }>;

/** The rules that were in force when the stage last started; none before it first did. */
export async function rulesInForce(db: ReadDatabase): Promise<readonly RuleInForce[]> {
  const rows = await db.selectFrom("rule_in_force").selectAll().orderBy("rule_id").execute();
  return rows.map(({ rule_id, version, state_digest, pack_digest }) => ({
    ruleId: rule_id,
    version,
    stateDigest: state_digest,
    packDigest: pack_digest,
  }));
}

/** Puts other rules in force and forgets the windows of correlations that are not as they were. */
export async function replaceRules(
  tx: WriteTransaction,
  rules: readonly RuleInForce[],
  stale: readonly string[],
): Promise<void> {
  await tx.deleteFrom("rule_in_force").execute();
  await sql`
    insert into rule_in_force (rule_id, version, state_digest, pack_digest)
    select "ruleId", version, "stateDigest", "packDigest"
    from jsonb_to_recordset(${toJson(rules)}::jsonb)
      as row ("ruleId" text, version text, "stateDigest" text, "packDigest" text)
  `.execute(tx);
  if (stale.length > 0)
    await sql`delete from correlation_group where correlation_id = any(${stale}::text[])`.execute(tx);
}
