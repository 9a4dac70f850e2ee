import type { DetectionId, EventId, EventKind, Id } from "@tyr/contract";
import { sql, type ExpressionBuilder } from "kysely";
import type { ReadDatabase } from "#platform/database";
import type { Tables } from "#platform/tables";
import type { DetectionTag } from "./detection.ts";
import { EVERYBODY } from "./tag-store.ts";
import type { TagRow } from "./tables.ts";

/** Whose tags: everybody's, those of addresses and identities, or those of one session. */
export type TtpScope =
  | Readonly<{ of: "everybody" }>
  | Readonly<{ of: "anchors"; anchors: readonly string[] }>
  | Readonly<{ of: "session"; session: string }>;

/** `from` and `to` are whole hours (`wholeHours`); `confidence` is the floor. */
export type TtpFilter = Readonly<{
  from: Date | null;
  to: Date | null;
  confidence: number;
  domain?: string | undefined;
  release?: string | undefined;
}>;

/** What one technique, a sub-technique where there is one, was tagged under one tactic. */
export type SeenTechnique = Readonly<{
  domain: string;
  technique: string;
  tactic: string;
  count: number;
  firstAt: Date;
  lastAt: Date;
  confidenceMax: number;
  rules: readonly string[];
  releases: readonly string[];
  /** Addresses and identities it was tagged for; the empty text stands for everybody. */
  anchors: readonly string[];
}>;
/** `hidden` are tags below the floor. */
export type Seen = Readonly<{ items: readonly SeenTechnique[]; hidden: number }>;

const HOUR_MS = 3_600_000;
/** The last whole hour that is written with four digits of a year: the database takes no others. */
const HOUR_LAST_MS = Date.UTC(9999, 11, 31, 23);

/** A span of time in whole hours around it: that is how tags are counted. */
export function wholeHours(from: Date | null, to: Date | null): Pick<TtpFilter, "from" | "to"> {
  return {
    from: from && new Date(Math.floor(from.getTime() / HOUR_MS) * HOUR_MS),
    to: to && new Date(Math.min(Math.ceil(to.getTime() / HOUR_MS) * HOUR_MS, HOUR_LAST_MS)),
  };
}

/** Rows as `tag_hour` has them, of one scope. Sessions are short: theirs are counted from the tags. */
function hoursOf(db: ReadDatabase, scope: TtpScope) {
  if (scope.of === "session") {
    return db
      .selectFrom("tag")
      .where("session", "=", scope.session)
      .select([
        sql<string>`coalesce(observation, identity)`.as("anchor"),
        "attack_domain as domain",
        sql<string>`coalesce(sub_technique, technique)`.as("technique"),
        "tactic",
        "rule_id",
        "confidence",
        "attack_release as release",
        sql<Date>`date_trunc('hour', seen_at, 'UTC')`.as("hour"),
        sql<number>`1`.as("tags"),
        "seen_at as first_at",
        "seen_at as last_at",
      ]);
  }
  const anchors = scope.of === "everybody" ? [EVERYBODY] : [...scope.anchors];
  return db
    .selectFrom("tag_hour")
    .where("anchor", "=", sql<string>`any (${anchors}::text[])`)
    .selectAll();
}

/** Techniques of a scope, most often first. */
export async function seenTechniques(db: ReadDatabase, scope: TtpScope, filter: TtpFilter): Promise<Seen> {
  let rows = db.selectFrom(hoursOf(db, scope).as("seen"));
  const { from, to, confidence, domain, release } = filter;
  if (from !== null) rows = rows.where("hour", ">=", from);
  if (to !== null) rows = rows.where("hour", "<", to);
  if (domain !== undefined) rows = rows.where("domain", "=", domain);
  if (release !== undefined) rows = rows.where("release", "=", release);
  const isShown = sql<boolean>`confidence >= ${confidence}::float8`;
  const found = await rows
    .select([
      "domain",
      "technique",
      "tactic",
      sql<number | string | null>`sum(tags) filter (where ${isShown})`.as("shown"),
      sql<number | string | null>`sum(tags) filter (where not ${isShown})`.as("hidden"),
      sql<Date | null>`min(first_at) filter (where ${isShown})`.as("first"),
      sql<Date | null>`max(last_at) filter (where ${isShown})`.as("last"),
      sql<number | null>`max(confidence) filter (where ${isShown})`.as("surest"),
      sql<string[] | null>`array_agg(distinct rule_id) filter (where ${isShown})`.as("rules"),
      sql<string[] | null>`array_agg(distinct release) filter (where ${isShown})`.as("releases"),
      sql<string[] | null>`array_agg(distinct anchor) filter (where ${isShown})`.as("anchors"),
    ])
    .groupBy(["domain", "technique", "tactic"])
    .orderBy("shown", (order) => order.desc().nullsLast())
    .orderBy("technique")
    .orderBy("tactic")
    .execute();
  const items = found.flatMap(({ shown, hidden: _hidden, first, last, surest, rules, releases, anchors, ...place }) => {
    if (first === null || last === null) return [];
    const lists = { rules: rules ?? [], releases: releases ?? [], anchors: anchors ?? [] };
    return [{ ...place, ...lists, count: Number(shown), firstAt: first, lastAt: last, confidenceMax: surest ?? 0 }];
  });
  return { items, hidden: found.reduce((sum, { hidden }) => sum + Number(hidden ?? 0), 0) };
}

/** What one technique was tagged for one anchor, under whichever tactic. */
export type SeenOfAnchor = Readonly<{
  anchor: string;
  domain: string;
  technique: string;
  count: number;
  firstAt: Date;
  lastAt: Date;
}>;

/** Pairs of technique and anchor, last seen first. @returns at most `limit` of them, and how many there are more */
export async function seenByAnchor(
  db: ReadDatabase,
  anchors: readonly string[] | "everybody",
  { limit, ...filter }: TtpFilter & Readonly<{ limit: number }>,
): Promise<Readonly<{ items: readonly SeenOfAnchor[]; left: number }>> {
  const { from, to, confidence, domain } = filter;
  let rows = db.selectFrom("tag_hour").where("confidence", ">=", confidence);
  rows =
    anchors === "everybody"
      ? rows.where("anchor", "<>", EVERYBODY)
      : rows.where("anchor", "=", sql<string>`any (${[...anchors]}::text[])`);
  if (from !== null) rows = rows.where("hour", ">=", from);
  if (to !== null) rows = rows.where("hour", "<", to);
  if (domain !== undefined) rows = rows.where("domain", "=", domain);
  const found = await rows
    .select(({ fn }) => [
      "anchor",
      "domain",
      "technique",
      fn.sum<number | string>("tags").as("count"),
      fn.min("first_at").as("firstAt"),
      fn.max("last_at").as("lastAt"),
      sql<number | string>`count(*) over ()`.as("all"),
    ])
    .groupBy(["anchor", "domain", "technique"])
    .orderBy("lastAt", "desc")
    .orderBy("anchor")
    .orderBy("technique")
    .limit(limit)
    .execute();
  const items = found.map(({ all: _all, count, ...place }) => ({ ...place, count: Number(count) }));
  return { items, left: Number(found[0]?.all ?? 0) - items.length };
}

/** A tag with what it belongs to. */
export type StoredTag = DetectionTag &
  Readonly<{ detectionId: DetectionId; ruleId: string; ruleTitle: string; ruleVersion: string; seenAt: Date }>;

/** `technique` is a parent and finds its sub-techniques too; left out, it is all of them. */
export type TagFilter = TtpFilter &
  Readonly<{ technique?: string | undefined; subTechnique?: string | undefined; limit: number }>;

type Where = ExpressionBuilder<Tables, "tag">;

function matches(where: Where, filter: TagFilter) {
  const { technique, subTechnique, confidence, from, to, domain, release } = filter;
  const all = [where("confidence", ">=", confidence)];
  if (technique !== undefined) all.push(where("technique", "=", technique));
  if (subTechnique !== undefined) all.push(where("sub_technique", "=", subTechnique));
  if (from !== null) all.push(where("seen_at", ">=", from));
  if (to !== null) all.push(where("seen_at", "<", to));
  if (domain !== undefined) all.push(where("attack_domain", "=", domain));
  if (release !== undefined) all.push(where("attack_release", "=", release));
  return where.and(all);
}

/** Tags of one anchor, newest first: asked anchor by anchor, so that each is a walk along its index. */
function tagsOfAnchor(db: ReadDatabase, column: "observation" | "identity", filter: TagFilter) {
  return db
    .selectFrom("tag")
    .selectAll()
    .where(`tag.${column}`, "=", sql<string>`anchor.anchor`)
    .where((where) => matches(where, filter))
    .orderBy("seen_at", "desc")
    .orderBy("id", "desc")
    .limit(filter.limit);
}

/** Tags of a scope, newest first by event time. */
export async function listTags(db: ReadDatabase, scope: TtpScope, filter: TagFilter): Promise<readonly StoredTag[]> {
  const rows = scope.of === "anchors" ? await ofAnchors(db, scope.anchors, filter) : await ofAll(db, scope, filter);
  if (rows.length === 0) return [];
  const detections = [...new Set(rows.map(({ detection_id: id }) => id))];
  const named = await db.selectFrom("detection").select(["id", "rule_title"]).where("id", "in", detections).execute();
  const titles = new Map(named.map(({ id, rule_title: title }) => [id, title]));
  return rows.map((row) => toStored(row, titles.get(row.detection_id) ?? row.rule_id));
}

async function ofAll(db: ReadDatabase, scope: TtpScope, filter: TagFilter): Promise<readonly TagRow[]> {
  let rows = db
    .selectFrom("tag")
    .selectAll()
    .where((where) => matches(where, filter));
  if (scope.of === "session") rows = rows.where("session", "=", scope.session);
  return await rows.orderBy("seen_at", "desc").orderBy("id", "desc").limit(filter.limit).execute();
}

async function ofAnchors(db: ReadDatabase, anchors: readonly string[], filter: TagFilter): Promise<readonly TagRow[]> {
  const newest: TagRow[] = [];
  for (const column of ["observation", "identity"] as const) {
    const rows = await db
      .selectFrom(sql<{ anchor: string }>`unnest(${[...anchors]}::text[])`.as<"anchor">(sql`anchor(anchor)`))
      .innerJoinLateral(tagsOfAnchor(db, column, filter).as("own"), (join) => join.onTrue())
      .selectAll("own")
      .orderBy("own.seen_at", "desc")
      .orderBy("own.id", "desc")
      .limit(filter.limit)
      .execute();
    newest.push(...rows);
  }
  // A tag of an address may name its identity too: it is one tag.
  const unique = [...new Map(newest.map((row) => [row.id, row])).values()];
  return unique.toSorted(newestFirst).slice(0, filter.limit);
}

function newestFirst(a: TagRow, b: TagRow): number {
  return b.seen_at.getTime() - a.seen_at.getTime() || (a.id < b.id ? 1 : -1);
}

function toStored(row: TagRow, ruleTitle: string): StoredTag {
  return {
    id: row.id as Id<"tag">,
    detectionId: row.detection_id as DetectionId,
    sourceKind: row.source_kind as EventKind,
    sourceId: row.source_id as EventId,
    ruleId: row.rule_id,
    ruleTitle,
    ruleVersion: row.rule_version,
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
    seenAt: row.seen_at,
  };
}
