import { sql } from "kysely";
import type { WriteTransaction } from "#platform/database";
import type { DetectionTag, NewDetection } from "./detection.ts";
import { toJson } from "./to-json.ts";

declare module "#platform/tables" {
  interface Tables {
    tag_hour: {
      anchor: string;
      domain: string;
      technique: string;
      tactic: string;
      rule_id: string;
      confidence: number;
      release: string;
      hour: Date;
      tags: number;
      first_at: Date;
      last_at: Date;
    };
  }
}

/** Anchor of the rows that count everybody's tags. */
export const EVERYBODY = "";
const HOUR_MS = 3_600_000;

/**
 * Stores the tags of findings that are new, and counts those that were not stored already.
 *
 * @returns the findings, each with the tags that were written
 */
export async function insertTags(
  tx: WriteTransaction,
  fresh: readonly NewDetection[],
  now: Date,
): Promise<readonly NewDetection[]> {
  const rows = fresh.flatMap(({ id, ruleId, ruleVersion, time, tags }) =>
    tags.map((tag) => ({ ...tag, detectionId: id, ruleId, ruleVersion, time })),
  );
  if (rows.length === 0) return fresh;
  const { rows: stored } = await sql<{ id: string }>`
    insert into tag (id, detection_id, source_kind, source_id, rule_id, rule_version, technique, sub_technique, tactic,
      confidence, evidence, attack_domain, attack_release, observation, identity, session, seen_at, created_at)
    select id, "detectionId", "sourceKind", "sourceId", "ruleId", "ruleVersion", technique, "subTechnique", tactic,
      confidence, evidence, "attackDomain", "attackRelease", observation, identity, session, time, ${now}::timestamptz
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as row (
      id text, "detectionId" text, "sourceKind" text, "sourceId" text, "ruleId" text, "ruleVersion" text, technique text,
      "subTechnique" text, tactic text, confidence float8, evidence jsonb, "attackDomain" text, "attackRelease" text,
      observation text, identity text, session text, time timestamptz)
    on conflict (id) do nothing returning id
  `.execute(tx);
  const left = new Set(stored.map(({ id }) => id));
  // The same tag may stand in two findings of one batch: it is of the first, as the table has it.
  const written = fresh.map((one) => ({ ...one, tags: one.tags.filter(({ id }) => left.delete(id)) }));
  await countTags(tx, written);
  return written;
}

type Counted = { tags: number; firstAt: Date; lastAt: Date };
type Counts = Map<string, Counted & Readonly<Record<string, unknown>>>;

async function countTags(tx: WriteTransaction, written: readonly NewDetection[]): Promise<void> {
  const counts: Counts = new Map();
  for (const { ruleId, time, tags } of written)
    for (const tag of tags)
      for (const anchor of [tag.observation ?? tag.identity, EVERYBODY]) count(counts, { anchor, tag, ruleId, time });
  if (counts.size === 0) return;
  // In the order of the key, as every writer of a table should lock its rows.
  const rows = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await sql`
    insert into tag_hour (anchor, domain, technique, tactic, rule_id, confidence, release, hour, tags, first_at, last_at)
    select anchor, domain, technique, tactic, "ruleId", confidence, release, hour, tags, "firstAt", "lastAt"
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as row (
      anchor text, domain text, technique text, tactic text, "ruleId" text, confidence float8, release text,
      hour timestamptz, tags int8, "firstAt" timestamptz, "lastAt" timestamptz)
    on conflict (anchor, domain, technique, tactic, rule_id, confidence, release, hour) do update set
      tags = tag_hour.tags + excluded.tags,
      first_at = least(tag_hour.first_at, excluded.first_at), last_at = greatest(tag_hour.last_at, excluded.last_at)
  `.execute(tx);
}

type Place = Readonly<{ anchor: string | null; tag: DetectionTag; ruleId: string; time: Date }>;

function count(counts: Counts, { anchor, tag, ruleId, time }: Place): void {
  const { attackDomain: domain, tactic, confidence, attackRelease: release } = tag;
  const technique = tag.subTechnique ?? tag.technique;
  const hour = new Date(Math.floor(time.getTime() / HOUR_MS) * HOUR_MS).toISOString();
  const key = [anchor, domain, technique, tactic, ruleId, confidence, release, hour].join("\n");
  const known = counts.get(key);
  if (known === undefined) {
    const place = { anchor, domain, technique, tactic, ruleId, confidence, release, hour };
    counts.set(key, { ...place, tags: 1, firstAt: time, lastAt: time });
    return;
  }
  known.tags += 1;
  if (time < known.firstAt) known.firstAt = time;
  if (time > known.lastAt) known.lastAt = time;
}

/** Takes tags away with what counted them; the rows of everybody stay. */
export async function deleteTags(tx: WriteTransaction, detections: readonly string[]): Promise<void> {
  await sql`
    with gone as (delete from tag where detection_id = any (${detections}::text[]) returning *),
    counted as (
      select coalesce(observation, identity) as anchor, attack_domain as domain,
        coalesce(sub_technique, technique) as technique, tactic, rule_id, confidence, attack_release as release,
        date_trunc('hour', seen_at, 'UTC') as hour, count(*) as tags
      from gone group by 1, 2, 3, 4, 5, 6, 7, 8)
    update tag_hour set tags = tag_hour.tags - counted.tags from counted
    where tag_hour.anchor = counted.anchor and tag_hour.domain = counted.domain
      and tag_hour.technique = counted.technique and tag_hour.tactic = counted.tactic
      and tag_hour.rule_id = counted.rule_id and tag_hour.confidence = counted.confidence
      and tag_hour.release = counted.release and tag_hour.hour = counted.hour
  `.execute(tx);
  await sql`delete from tag_hour where tags <= 0`.execute(tx);
}
