import type { Actor, CampaignId, IdentityId, LinkReason } from "@tyr/contract";
import { sql } from "kysely";
import { pageOf, type Page, type ReadDatabase } from "#platform/database";
import { leaderOf, type AttackerPlace } from "./attacker-store.ts";
import { confidenceOf } from "./link.ts";
import type { PhaseAt } from "./observation.ts";
import { keepPhase } from "./phase.ts";
import type { Rung } from "./tables.ts";

/** One identity with all that counts to it. */
export type IdentitySummary = Readonly<{
  id: IdentityId;
  mergedInto: IdentityId | null;
  campaignId: CampaignId | null;
  addressCount: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
  eventCount: number;
  detectionCount: number;
  riskScore: number;
  confidence: number;
}>;

export type IdentityFilter = Readonly<{
  addressesMin?: number | undefined;
  campaign?: CampaignId | undefined;
  ids?: readonly IdentityId[] | undefined;
}>;
export type LadderPage = Readonly<{ before?: AttackerPlace | undefined; limit: number }>;

type Row = Readonly<{
  id: string;
  campaign: string | null;
  addresses: number;
  first_seen: Date;
  last_seen: Date;
  events: number;
  detections: number;
  risk: number;
  weakest: number | null;
}>;

/**
 * How sure an identity is: what holds its least sure address. Of each address its strongest link counts, or, where it has
 * none, that a person put it there.
 */
const weakestOf = sql`(
  select min(held.weight) from (
    select coalesce(max(link.weight), 2) as weight from actor_identity part
    left join ladder_link link on link.rung = 'identity' and (link.a = part.id or link.b = part.id)
    where part.merged_into = winner.id group by part.id
  ) held)`;

/** Identities that stand for themselves, last seen first. */
export async function listIdentities(
  db: ReadDatabase,
  { addressesMin = 1, campaign, ids, before, limit }: IdentityFilter & LadderPage,
): Promise<Page<IdentitySummary, AttackerPlace>> {
  const ofCampaign =
    campaign === undefined ? sql`true` : sql`coalesce(winner.campaign_into, winner.id) = ${leaderOf(campaign)}`;
  const ofIds = ids === undefined ? sql`true` : sql`winner.id = any (${[...ids]}::text[])`;
  const after =
    before === undefined
      ? sql`true`
      : sql`(max(seen.last_seen_at), winner.id) < (${new Date(before.value)}::timestamptz, ${before.id}::text)`;
  const found = sql<Row>`(
    select winner.id, case
        when winner.campaign_into is not null
          then (select led.campaign_id from actor_identity led where led.id = winner.campaign_into)
        when exists (select from actor_identity one where one.campaign_into = winner.id and one.merged_into is null)
          then winner.campaign_id end as campaign,
      count(*) as addresses, min(seen.first_seen_at) as first_seen, max(seen.last_seen_at) as last_seen,
      sum(seen.event_count)::int8 as events, sum(seen.detection_count)::int8 as detections, max(seen.risk) as risk,
      ${weakestOf} as weakest
    from actor_identity winner
    join actor_identity own on own.id = winner.id or own.merged_into = winner.id
    join observation seen on seen.id = own.observation_id
    where winner.merged_into is null and ${ofCampaign} and ${ofIds}
    group by winner.id, winner.campaign_id, winner.campaign_into
    having count(*) >= ${addressesMin} and ${after}
    order by max(seen.last_seen_at) desc, winner.id desc limit ${limit + 1})`;
  const rows = await db.selectFrom(found.as("found")).selectAll().execute();
  return pageOf(rows.map(toSummary), limit, (one) => ({ value: one.lastSeenAt.getTime(), id: one.id }));
}

function toSummary(row: Row): IdentitySummary {
  return {
    id: row.id as IdentityId,
    mergedInto: null,
    campaignId: row.campaign as CampaignId | null,
    addressCount: row.addresses,
    firstSeenAt: row.first_seen,
    lastSeenAt: row.last_seen,
    eventCount: row.events,
    detectionCount: row.detections,
    riskScore: row.risk,
    confidence: row.weakest === null ? 1 : confidenceOf(row.weakest),
  };
}

/** One identity; a merged one with the figures of its winner, which `mergedInto` names. */
export async function findIdentity(db: ReadDatabase, id: IdentityId): Promise<IdentitySummary | undefined> {
  const own = await db.selectFrom("actor_identity").select("merged_into").where("id", "=", id).executeTakeFirst();
  if (own === undefined) return undefined;
  const mergedInto = own.merged_into as IdentityId | null;
  const [found] = (await listIdentities(db, { ids: [mergedInto ?? id], limit: 1 })).rows;
  return found === undefined ? undefined : { ...found, id, mergedInto };
}

export type NamedLink = Readonly<{
  a: IdentityId;
  b: IdentityId;
  aAddress: string;
  bAddress: string;
  weight: number;
  reasons: readonly LinkReason[];
}>;

/** Links among what counts to these, strongest first. */
export async function linksAmong(
  db: ReadDatabase,
  { rung, within, limit }: Readonly<{ rung: Rung; within: readonly string[]; limit: number }>,
): Promise<readonly NamedLink[]> {
  const ids = sql`${[...within]}::text[]`;
  const rows = await db
    .selectFrom("ladder_link as link")
    .innerJoin("actor_identity as x", "x.id", "link.a")
    .innerJoin("actor_identity as y", "y.id", "link.b")
    .innerJoin("observation as ox", "ox.id", "x.observation_id")
    .innerJoin("observation as oy", "oy.id", "y.observation_id")
    .select(["a", "b", "ox.address as aAddress", "oy.address as bAddress", "weight", "reasons"])
    .where("rung", "=", rung)
    .where(sql<boolean>`link.a = any (${ids}) and link.b = any (${ids})`)
    .orderBy("weight", "desc")
    .orderBy("a")
    .orderBy("b")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, a: row.a as IdentityId, b: row.b as IdentityId }));
}

/** Ids of all identities that count to a winner, itself included; on the rung of campaigns those of its campaign. */
export async function idsWithin(db: ReadDatabase, rung: Rung, winner: string): Promise<readonly string[]> {
  const which =
    rung === "identity"
      ? sql<boolean>`id = ${winner} or merged_into = ${winner}`
      : sql<boolean>`merged_into is null and (id = ${winner} or campaign_into = ${winner})`;
  const rows = await db.selectFrom("actor_identity").select("id").where(which).execute();
  return rows.map(({ id }) => id);
}

export type StoredRuling = Readonly<{
  a: IdentityId;
  b: IdentityId;
  kind: "together" | "apart";
  by: Actor;
  at: Date;
  reason: string;
}>;

/** What people ruled about any of these. */
export async function rulingsAbout(
  db: ReadDatabase,
  rung: Rung,
  within: readonly string[],
): Promise<readonly StoredRuling[]> {
  const ids = sql`${[...within]}::text[]`;
  const rows = await db
    .selectFrom("ladder_ruling")
    .selectAll()
    .where("rung", "=", rung)
    .where(sql<boolean>`a = any (${ids}) or b = any (${ids})`)
    .orderBy("decided_at")
    .limit(200)
    .execute();
  return rows.map((row) => ({
    a: row.a as IdentityId,
    b: row.b as IdentityId,
    kind: row.kind,
    by: row.decided_by,
    at: row.decided_at,
    reason: row.reason,
  }));
}

const PHASES_SHOWN_MAX = 200;

/** Phases by sensor over all addresses of these identities, in the order they began. */
export async function phasesWithin(db: ReadDatabase, within: readonly string[]): Promise<readonly PhaseAt[]> {
  const rows = await db
    .selectFrom("actor_identity as own")
    .innerJoin("observation", "observation.id", "own.observation_id")
    .select("phases")
    .where(sql<boolean>`own.id = any (${[...within]}::text[])`)
    .execute();
  const phases: PhaseAt[] = [];
  for (const at of rows.flatMap((row) => row.phases)) keepPhase(phases, at, PHASES_SHOWN_MAX);
  return phases;
}
