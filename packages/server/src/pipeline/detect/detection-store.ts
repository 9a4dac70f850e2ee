import type { DetectionId, EventId, EventKind, Id, SensorId, Severity } from "@tyr/contract";
import { sql } from "kysely";
import { headOf } from "#platform/bus";
import { readPage, type Page, type PageBefore, type ReadDatabase } from "#platform/database";
import type { DetectionTag, StoredDetection } from "./detection.ts";
import type { DetectionRow, TagRow } from "./tables.ts";

function toTag(row: TagRow): DetectionTag {
  return {
    id: row.id as Id<"tag">,
    sourceKind: row.source_kind as EventKind,
    sourceId: row.source_id as EventId,
    technique: row.technique,
    subTechnique: row.sub_technique,
    tactic: row.tactic,
    confidence: row.confidence,
    evidence: row.evidence as Readonly<Record<string, unknown>>,
    attackDomain: row.attack_domain,
    attackRelease: row.attack_release,
    observation: row.observation,
    identity: row.identity,
    session: row.session,
  };
}

function toDetection(row: DetectionRow, tags: readonly DetectionTag[]): StoredDetection {
  return {
    id: row.id as DetectionId,
    position: row.position,
    time: row.time,
    firstEventAt: row.first_event_at,
    lastEventAt: row.last_event_at,
    ruleId: row.rule_id,
    ruleTitle: row.rule_title,
    ruleVersion: row.rule_version,
    severity: row.severity as Severity,
    riskPoints: row.risk_points,
    phrase: row.phrase,
    actorIp: row.actor_ip,
    user: row.user_name,
    sensorId: row.sensor_id as SensorId | null,
    sensorName: row.sensor_name,
    correlation: row.correlation,
    groupKey: row.group_key as Readonly<Record<string, string>>,
    eventIds: row.event_ids as readonly string[] as readonly EventId[],
    eventCount: row.event_count,
    backfill: row.backfill as Id<"backfill"> | null,
    tags,
  };
}

async function withTags(db: ReadDatabase, rows: readonly DetectionRow[]): Promise<readonly StoredDetection[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const tags = await db
    .selectFrom("tag")
    .selectAll()
    .where("detection_id", "in", ids)
    .orderBy("technique")
    .orderBy("sub_technique")
    .execute();
  const byDetection = Map.groupBy(tags, (tag) => tag.detection_id);
  return rows.map((row) => toDetection(row, (byDetection.get(row.id) ?? []).map(toTag)));
}

/** Position of the newest stored detection; 0 while there is none. */
export async function detectionHead(db: ReadDatabase): Promise<number> {
  return await headOf(db, "detection");
}

/** Detections after a position, in the order of the stream. A short answer means the end of the stream. */
export async function readDetectionsAfter(
  db: ReadDatabase,
  position: number,
  limit: number,
): Promise<readonly StoredDetection[]> {
  const rows = await db
    .selectFrom("detection")
    .selectAll()
    .where("position", ">", position)
    .orderBy("position")
    .limit(limit)
    .execute();
  return await withTags(db, rows);
}

/** In the order of the stream; ids that do not exist are left out. */
export async function detectionsByIds(
  db: ReadDatabase,
  ids: readonly DetectionId[],
): Promise<readonly StoredDetection[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom("detection").selectAll().where("id", "in", ids).orderBy("position").execute();
  return await withTags(db, rows);
}

export async function detectionById(db: ReadDatabase, id: DetectionId): Promise<StoredDetection | undefined> {
  return (await detectionsByIds(db, [id]))[0];
}

export type DetectionFilter = Readonly<{
  ip?: string | undefined;
  rule?: string | undefined;
  /** `T1110` finds its sub-techniques too. */
  technique?: string | undefined;
  event?: EventId | undefined;
}>;
export type DetectionListing = PageBefore<number> & Readonly<{ filter: DetectionFilter }>;

/** Detections newest first. */
export async function listDetections(
  db: ReadDatabase,
  { filter, ...page }: DetectionListing,
): Promise<Page<StoredDetection, number>> {
  let rows = db.selectFrom("detection").selectAll();
  const { ip, rule, technique, event } = filter;
  if (ip !== undefined) rows = rows.where("actor_ip", "=", ip);
  if (rule !== undefined) rows = rows.where("rule_id", "=", rule);
  if (event !== undefined) rows = rows.where(sql<boolean>`event_ids @> array[${event}::text]`);
  if (technique !== undefined) {
    const column = technique.includes(".") ? "sub_technique" : "technique";
    rows = rows.where((where) =>
      where.exists(
        where
          .selectFrom("tag")
          .select("tag.id")
          .whereRef("tag.detection_id", "=", "detection.id")
          .where(`tag.${column}`, "=", technique.toUpperCase()),
      ),
    );
  }
  const found = await readPage(rows, "position", page);
  return { rows: await withTags(db, found.rows), next: found.next };
}

/** All stored detections. */
export async function countDetections(db: ReadDatabase): Promise<number> {
  const row = await db
    .selectFrom("rule_hit")
    .select(({ fn }) => fn.sum<number | string | null>("detections").as("total"))
    .executeTakeFirstOrThrow();
  return Number(row.total ?? 0);
}

export type RuleHits = Readonly<{ ruleId: string; detections: number; backfilled: number; lastAt: Date }>;

export async function hitsByRule(db: ReadDatabase): Promise<ReadonlyMap<string, RuleHits>> {
  const rows = await db.selectFrom("rule_hit").selectAll().execute();
  return new Map(
    rows.map(({ rule_id, detections, backfilled, last_at }) => {
      return [rule_id, { ruleId: rule_id, detections, backfilled, lastAt: last_at }];
    }),
  );
}

/** Detections per hour of event time, for the hours that have some. */
export async function detectionsPerHour(
  db: ReadDatabase,
  from: Date,
  to: Date,
): Promise<readonly { at: Date; detections: number }[]> {
  const rows = await db
    .selectFrom("detection_hour")
    .selectAll()
    .where("hour", ">=", from)
    .where("hour", "<=", to)
    .orderBy("hour")
    .execute();
  return rows.map(({ hour, detections }) => ({ at: hour, detections }));
}

export type TechniqueSeen = Readonly<{ technique: string; tactic: string; detections: number; lastAt: Date }>;

/** Techniques, sub-techniques with their parent, and how often they were tagged; most often first. */
export async function techniquesSeen(db: ReadDatabase, limit: number): Promise<readonly TechniqueSeen[]> {
  const parent = sql<string>`split_part(technique, '.', 1)`;
  const rows = await db
    .selectFrom("technique_hit")
    .select(({ fn }) => [
      parent.as("parent"),
      "tactic",
      fn.sum<number | string>("detections").as("total"),
      fn.max("last_at").as("last"),
    ])
    .groupBy([parent, "tactic"])
    .orderBy("total", "desc")
    .orderBy("parent")
    .limit(limit)
    .execute();
  return rows.map(({ parent: technique, tactic, total, last }) => {
    return { technique, tactic, detections: Number(total), lastAt: last };
  });
}

/** Per cent: how sure the surest tag of these detections is; 0 where there is none. */
export async function surestOf(db: ReadDatabase, ids: readonly DetectionId[]): Promise<number> {
  if (ids.length === 0) return 0;
  const row = await db
    .selectFrom("tag")
    .select(({ fn }) => fn.max<number | null>("confidence").as("most"))
    .where("detection_id", "in", ids)
    .executeTakeFirst();
  return Math.round((row?.most ?? 0) * 100);
}
