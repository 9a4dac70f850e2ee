import type { CampaignId, IdentityId } from "@tyr/contract";
import { sql } from "kysely";
import { pageOf, type Page, type ReadDatabase } from "#platform/database";
import type { AttackerPlace } from "./attacker-store.ts";
import type { LadderPage } from "./identity-store.ts";

/** Two or more identities that act together. */
export type CampaignSummary = Readonly<{
  id: CampaignId;
  mergedInto: CampaignId | null;
  /** The identity whose campaign it is. */
  leader: IdentityId;
  identityCount: number;
  addressCount: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
  eventCount: number;
  riskScore: number;
}>;

type Row = Readonly<{
  leader: string;
  campaign: string;
  identities: number;
  addresses: number;
  first_seen: Date;
  last_seen: Date;
  events: number;
  risk: number;
}>;

/** Campaigns that stand for themselves and hold two identities or more, last seen first. */
export async function listCampaigns(
  db: ReadDatabase,
  { leader, before, limit }: LadderPage & Readonly<{ leader?: string | undefined }>,
): Promise<Page<CampaignSummary, AttackerPlace>> {
  const one = leader === undefined ? sql`true` : sql`led.id = ${leader}`;
  const after =
    before === undefined
      ? sql`true`
      : sql`(max(seen.last_seen_at), led.campaign_id) < (${new Date(before.value)}::timestamptz, ${before.id}::text)`;
  const found = sql<Row>`(
    select led.id as leader, led.campaign_id as campaign, count(distinct winner.id) as identities, count(*) as addresses,
      min(seen.first_seen_at) as first_seen, max(seen.last_seen_at) as last_seen, sum(seen.event_count)::int8 as events,
      max(seen.risk) as risk
    from actor_identity led
    join actor_identity winner on winner.merged_into is null and (winner.id = led.id or winner.campaign_into = led.id)
    join actor_identity own on own.id = winner.id or own.merged_into = winner.id
    join observation seen on seen.id = own.observation_id
    where led.id in (select campaign_into from actor_identity where campaign_into is not null and merged_into is null)
      and ${one}
    group by led.id, led.campaign_id
    having ${after}
    order by max(seen.last_seen_at) desc, led.campaign_id desc limit ${limit + 1})`;
  const rows = await db.selectFrom(found.as("found")).selectAll().execute();
  return pageOf(rows.map(toSummary), limit, (row) => ({ value: row.lastSeenAt.getTime(), id: row.id }));
}

function toSummary(row: Row): CampaignSummary {
  return {
    id: row.campaign as CampaignId,
    mergedInto: null,
    leader: row.leader as IdentityId,
    identityCount: row.identities,
    addressCount: row.addresses,
    firstSeenAt: row.first_seen,
    lastSeenAt: row.last_seen,
    eventCount: row.events,
    riskScore: row.risk,
  };
}

/** The identity that founded a campaign, and the one whose campaign it counts to now. */
export async function campaignPlace(
  db: ReadDatabase,
  id: CampaignId,
): Promise<Readonly<{ founder: IdentityId; leader: IdentityId; leads: CampaignId }> | undefined> {
  const row = await db
    .selectFrom("actor_identity as founder")
    .innerJoin("actor_identity as standing", (join) =>
      join.on((on) => on("standing.id", "=", on.fn.coalesce(on.ref("founder.merged_into"), on.ref("founder.id")))),
    )
    .innerJoin("actor_identity as led", (join) =>
      join.on((on) => on("led.id", "=", on.fn.coalesce(on.ref("standing.campaign_into"), on.ref("standing.id")))),
    )
    .select(["standing.id as founder", "led.id as leader", "led.campaign_id as leads"])
    .where("founder.campaign_id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    founder: row.founder as IdentityId,
    leader: row.leader as IdentityId,
    leads: row.leads as CampaignId,
  };
}

/** One campaign; a merged one with the figures of its winner, which `mergedInto` names. Undefined for fewer than two identities. */
export async function findCampaign(db: ReadDatabase, id: CampaignId): Promise<CampaignSummary | undefined> {
  const place = await campaignPlace(db, id);
  if (place === undefined) return undefined;
  const [found] = (await listCampaigns(db, { leader: place.leader, limit: 1 })).rows;
  return found === undefined ? undefined : { ...found, id, mergedInto: place.leads === id ? null : place.leads };
}
