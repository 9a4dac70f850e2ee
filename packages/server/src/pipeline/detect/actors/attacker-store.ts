import type {
  AttackerOrder,
  BehaviourClass,
  CampaignId,
  IdentityId,
  ObservationId,
  SensorId,
  Severity,
} from "@tyr/contract";
import { sql, type RawBuilder } from "kysely";
import { pageOf, type Page, type ReadDatabase } from "#platform/database";
import type { Observation } from "./observation.ts";
import { observationsByAddress, observationsById } from "./observation-store.ts";

/** One source address as lists show it, and where it counts on the ladder. */
export type AttackerSummary = Readonly<{
  id: ObservationId;
  address: string;
  isPrivate: boolean;
  ownIdentityId: IdentityId | null;
  identityId: IdentityId | null;
  campaignId: CampaignId | null;
  firstSeenAt: Date;
  lastSeenAt: Date;
  eventCount: number;
  detectionCount: number;
  sensorCount: number;
  serviceCount: number;
  riskScore: number;
  severity: Severity | null;
  behaviour: BehaviourClass | null;
  asn: string | null;
}>;

type AttackerFilter = Readonly<{
  id?: ObservationId | undefined;
  /** Canonical address or prefix. */
  prefix?: string | undefined;
  service?: string | undefined;
  sensor?: SensorId | undefined;
  behaviour?: BehaviourClass | undefined;
  /** A merged identity finds the addresses of its winner. */
  identity?: IdentityId | undefined;
  campaign?: CampaignId | undefined;
  isPrivate?: boolean | undefined;
  minRisk?: number | undefined;
  since?: Date | undefined;
}>;

/** A place in a list: the value it is sorted by (milliseconds, points or events), then the id. */
export type AttackerPlace = Readonly<{ value: number; id: string }>;
type AttackerListing = Readonly<{
  filter: AttackerFilter;
  sort: AttackerOrder;
  before?: AttackerPlace | undefined;
  limit: number;
}>;

const ORDERS = { last_seen: "last_seen_at", risk: "risk", events: "event_count" } as const;

/**
 * The winner's campaign, if it holds more than that identity. Of what counts to another only identities that stand for
 * themselves do: a merged one left its campaign to its winner.
 */
const campaignOf: RawBuilder<string | null> = sql<string | null>`(
  case when winner.campaign_into is not null
    then (select led.campaign_id from actor_identity led where led.id = winner.campaign_into)
    when exists (select from actor_identity one where one.campaign_into = winner.id and one.merged_into is null)
    then winner.campaign_id end)`;

function attackers(db: ReadDatabase) {
  return db
    .selectFrom("observation")
    .leftJoin("actor_identity as own", "own.observation_id", "observation.id")
    .leftJoin("actor_identity as winner", (join) =>
      join.on((on) => on("winner.id", "=", on.fn.coalesce(on.ref("own.merged_into"), on.ref("own.id")))),
    )
    .select([
      "observation.id",
      "address",
      "is_private",
      "own.id as own_identity",
      "winner.id as identity",
      campaignOf.as("campaign"),
      "first_seen_at",
      "last_seen_at",
      "event_count",
      "detection_count",
      sql<number>`cardinality(sensors)`.as("sensor_count"),
      sql<number>`cardinality(services)`.as("service_count"),
      "risk",
      "severity",
      "behaviour",
      "asn",
    ]);
}

type Attackers = ReturnType<typeof attackers>;

function filtered(rows: Attackers, filter: AttackerFilter): Attackers {
  const { id, prefix, service, sensor, behaviour, identity, campaign, isPrivate, minRisk, since } = filter;
  let found = rows;
  if (id !== undefined) found = found.where("observation.id", "=", id);
  if (prefix !== undefined) found = found.where(sql<boolean>`address::inet <<= ${prefix}::inet`);
  if (service !== undefined) found = found.where(sql<boolean>`${service}::text = any (services)`);
  if (sensor !== undefined) found = found.where(sql<boolean>`${sensor}::text = any (sensors)`);
  if (behaviour !== undefined) found = found.where("behaviour", "=", behaviour);
  if (isPrivate !== undefined) found = found.where("is_private", "=", isPrivate);
  if (minRisk !== undefined) found = found.where("risk", ">=", minRisk);
  if (since !== undefined) found = found.where("last_seen_at", ">=", since);
  if (identity !== undefined)
    found = found.where(sql<boolean>`winner.id = (
      select coalesce(asked.merged_into, asked.id) from actor_identity asked where asked.id = ${identity})`);
  if (campaign !== undefined)
    found = found.where(sql<boolean>`coalesce(winner.campaign_into, winner.id) = ${leaderOf(campaign)}`);
  return found;
}

/** The identity whose campaign a campaign counts to now. */
export function leaderOf(campaign: CampaignId): RawBuilder<string | null> {
  return sql<string | null>`(
    select coalesce(standing.campaign_into, standing.id) from actor_identity asked
    join actor_identity standing on standing.id = coalesce(asked.merged_into, asked.id)
    where asked.campaign_id = ${campaign})`;
}

type Row = Awaited<ReturnType<Attackers["execute"]>>[number];

function toAttacker(row: Row): AttackerSummary {
  return {
    id: row.id as ObservationId,
    address: row.address,
    isPrivate: row.is_private,
    ownIdentityId: row.own_identity as IdentityId | null,
    identityId: row.identity as IdentityId | null,
    campaignId: row.campaign as CampaignId | null,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    eventCount: row.event_count,
    detectionCount: row.detection_count,
    sensorCount: row.sensor_count,
    serviceCount: row.service_count,
    riskScore: row.risk,
    severity: row.severity as Severity | null,
    behaviour: row.behaviour as BehaviourClass | null,
    asn: row.asn,
  };
}

/** Source addresses, the highest first by what they are sorted by. */
export async function listAttackers(
  db: ReadDatabase,
  { filter, sort, before, limit }: AttackerListing,
): Promise<Page<AttackerSummary, AttackerPlace>> {
  const column = ORDERS[sort];
  let rows = filtered(attackers(db), filter);
  if (before !== undefined) {
    const value = sort === "last_seen" ? sql`${new Date(before.value)}::timestamptz` : sql`${before.value}::int8`;
    rows = rows.where(sql<boolean>`(${sql.ref(column)}, observation.id) < (${value}, ${before.id}::text)`);
  }
  const found = await rows
    .orderBy(column, "desc")
    .orderBy("observation.id", "desc")
    .limit(limit + 1)
    .execute();
  return pageOf(found.map(toAttacker), limit, (one) => ({ value: valueOf(one, sort), id: one.id }));
}

function valueOf({ lastSeenAt, riskScore, eventCount }: AttackerSummary, sort: AttackerOrder): number {
  if (sort === "last_seen") return lastSeenAt.getTime();
  return sort === "risk" ? riskScore : eventCount;
}

/** By id (`atk_…`) or canonical address. */
export async function findAttacker(
  db: ReadDatabase,
  wanted: Readonly<{ id: ObservationId } | { address: string }>,
): Promise<Readonly<{ summary: AttackerSummary; observation: Observation }> | undefined> {
  const [observation] =
    "id" in wanted ? await observationsById(db, [wanted.id]) : await observationsByAddress(db, [wanted.address]);
  if (observation === undefined) return undefined;
  const [row] = await filtered(attackers(db), { id: observation.id }).execute();
  return row === undefined ? undefined : { summary: toAttacker(row), observation };
}
