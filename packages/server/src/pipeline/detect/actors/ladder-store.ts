import type { Actor, CampaignId, IdentityId, LinkReason, ObservationId } from "@tyr/contract";
import { sql, type RawBuilder } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { ownCampaignOf, ownIdentityOf } from "./accumulate.ts";
import type { Link } from "./link.ts";
import type { Observation } from "./observation.ts";
import type { LadderNode, PairRuling } from "./partition.ts";
import type { Rung } from "./tables.ts";

/** One identity with where it counts on both rungs. */
export type StoredIdentity = LadderNode &
  Readonly<{
    id: IdentityId;
    observationId: ObservationId;
    mergedInto: IdentityId | null;
    campaignId: CampaignId;
    campaignInto: IdentityId | null;
  }>;

const ids = (list: Iterable<string>): RawBuilder<string[]> => sql`${[...list]}::text[]`;

type Row = {
  id: string;
  observation_id: string;
  first_position: number;
  merged_into: string | null;
  campaign_id: string;
  campaign_into: string | null;
};

function toIdentity(row: Row): StoredIdentity {
  return {
    id: row.id as IdentityId,
    age: row.first_position,
    observationId: row.observation_id as ObservationId,
    mergedInto: row.merged_into as IdentityId | null,
    campaignId: row.campaign_id as CampaignId,
    campaignInto: row.campaign_into as IdentityId | null,
  };
}

export async function ladderVersion(db: ReadDatabase): Promise<number> {
  const row = await db.selectFrom("ladder_version").select("version").executeTakeFirstOrThrow();
  return row.version;
}

/** @returns false when somebody changed the ladder since that version was read: nothing may be written on top */
export async function advanceVersion(tx: WriteTransaction, from: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("ladder_version")
    .set({ version: from + 1 })
    .where("version", "=", from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Addresses whose traces changed, oldest first: those that were first decide whose identity others join. */
export async function dirtyObservations(db: ReadDatabase, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("observation")
    .select("id")
    .where("dirty", "=", true)
    .where("first_position", "is not", null)
    .orderBy("first_position")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

export async function dirtyIdentities(db: ReadDatabase, limit: number): Promise<readonly StoredIdentity[]> {
  const rows = await db
    .selectFrom("actor_identity")
    .selectAll()
    .where("dirty", "=", true)
    .orderBy("first_position")
    .limit(limit)
    .execute();
  return rows.map(toIdentity);
}

export async function identitiesById(db: ReadDatabase, wanted: Iterable<string>): Promise<readonly StoredIdentity[]> {
  const rows = await db
    .selectFrom("actor_identity")
    .selectAll()
    .where(sql<boolean>`id = any (${ids(wanted)})`)
    .execute();
  return rows.map(toIdentity);
}

export async function identitiesOfObservations(
  db: ReadDatabase,
  observations: Iterable<string>,
): Promise<readonly StoredIdentity[]> {
  const rows = await db
    .selectFrom("actor_identity")
    .selectAll()
    .where(sql<boolean>`observation_id = any (${ids(observations)})`)
    .execute();
  return rows.map(toIdentity);
}

/** The winner's own row and all that count to it, oldest first. On the rung of campaigns only identities that are not merged count. */
export async function membersOf(
  db: ReadDatabase,
  rung: Rung,
  winners: Iterable<string>,
): Promise<readonly StoredIdentity[]> {
  const wanted = ids(winners);
  const rows = await db
    .selectFrom("actor_identity")
    .selectAll()
    .where(
      rung === "identity"
        ? sql<boolean>`id = any (${wanted}) or merged_into = any (${wanted})`
        : sql<boolean>`merged_into is null and (id = any (${wanted}) or campaign_into = any (${wanted}))`,
    )
    .orderBy("first_position")
    .orderBy("id")
    .execute();
  return rows.map(toIdentity);
}

/** Identities of addresses that tell their hands, made where they are not there yet. @returns those that are new */
export async function formIdentities(
  tx: WriteTransaction,
  observations: readonly Observation[],
): Promise<readonly string[]> {
  const rows = observations.map((one) => {
    const id = ownIdentityOf(one);
    return { id, observation_id: one.id, first_position: one.firstPosition, campaign_id: ownCampaignOf(id) };
  });
  if (rows.length === 0) return [];
  const { rows: made } = await sql<{ id: string }>`
    insert into actor_identity (id, observation_id, first_position, campaign_id, dirty)
    select id, observation_id, first_position, campaign_id, true from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (id text, observation_id text, first_position int8, campaign_id text)
    on conflict (id) do nothing returning id`.execute(tx);
  return made.map(({ id }) => id);
}

type LinkRow = { a: string; b: string; weight: number; reasons: readonly LinkReason[] };

/** Links with at least one end among these. */
export async function linksAt(db: ReadDatabase, rung: Rung, nodes: Iterable<string>): Promise<readonly Link[]> {
  const wanted = ids(nodes);
  const rows: readonly LinkRow[] = await db
    .selectFrom("ladder_link")
    .select(["a", "b", "weight", "reasons"])
    .where("rung", "=", rung)
    .where(sql<boolean>`(a = any (${wanted}) or b = any (${wanted}))`)
    .execute();
  return rows;
}

/**
 * All that people ruled: few. On the rung of campaigns a ruling about an identity that was merged since is about its winner.
 */
export async function rulingsOf(db: ReadDatabase, rung: Rung): Promise<readonly PairRuling[]> {
  const now = (side: "x" | "y"): RawBuilder<string> =>
    rung === "identity"
      ? sql<string>`${sql.ref(`${side}.id`)}`
      : sql<string>`coalesce(${sql.ref(`${side}.merged_into`)}, ${sql.ref(`${side}.id`)})`;
  return await db
    .selectFrom("ladder_ruling as ruling")
    .innerJoin("actor_identity as x", "x.id", "ruling.a")
    .innerJoin("actor_identity as y", "y.id", "ruling.b")
    .select([now("x").as("a"), now("y").as("b"), "ruling.kind"])
    .where("ruling.rung", "=", rung)
    .execute();
}

type NewRuling = PairRuling & Readonly<{ by: Actor; at: Date; reason: string }>;

/** One ruling per pair: what was said last counts. */
export async function putRuling(
  tx: WriteTransaction,
  rung: Rung,
  { a, b, kind, by, at, reason }: NewRuling,
): Promise<void> {
  const said = { kind, decided_by: JSON.stringify(by), decided_at: at, reason };
  await tx
    .insertInto("ladder_ruling")
    .values({ rung, a, b, ...said })
    .onConflict((conflict) => conflict.columns(["rung", "a", "b"]).doUpdateSet(said))
    .execute();
}

export async function putLinks(tx: WriteTransaction, rung: Rung, links: readonly Link[]): Promise<void> {
  if (links.length === 0) return;
  await sql`
    insert into ladder_link (rung, a, b, weight, reasons)
    select ${rung}, a, b, weight, reasons from jsonb_to_recordset(${JSON.stringify(links)}::jsonb)
      as row (a text, b text, weight float8, reasons jsonb)
    on conflict (rung, a, b) do update set weight = excluded.weight, reasons = excluded.reasons`.execute(tx);
}

type Pair = Readonly<{ a: string; b: string }>;

export async function deleteLinks(tx: WriteTransaction, rung: Rung, links: readonly Pair[]): Promise<void> {
  if (links.length === 0) return;
  const pairs = JSON.stringify(links.map(({ a, b }) => ({ a, b })));
  await sql`delete from ladder_link where rung = ${rung} and (a, b) in (
    select a, b from jsonb_to_recordset(${pairs}::jsonb) as row (a text, b text))`.execute(tx);
}

/** Who counts to whom from now on: `into` null where an identity stands for itself. */
export type Move = Readonly<{ id: string; into: string | null }>;

/**
 * Identities keep their rows whatever becomes of them. One that merges leaves the rung of campaigns to its winner; whoever
 * changed place, and the winners, are to be looked at on that rung.
 */
export async function moveIdentities(tx: WriteTransaction, rung: Rung, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) return;
  const rows = sql`jsonb_to_recordset(${JSON.stringify(moves)}::jsonb) as row (id text, "into" text)`;
  if (rung === "campaign") {
    await sql`update actor_identity set campaign_into = row."into" from ${rows} where actor_identity.id = row.id`.execute(
      tx,
    );
    return;
  }
  await sql`
    update actor_identity set unlooked = true where id in (
      select coalesce(merged_into, id) from actor_identity where id in (select id from ${rows}))`.execute(tx);
  await sql`
    update actor_identity set merged_into = row."into", dirty = true, unlooked = true,
      campaign_into = case when row."into" is null then campaign_into end
    from ${rows} where actor_identity.id = row.id`.execute(tx);
  await sql`update actor_identity set dirty = true, unlooked = true where id in (select "into" from ${rows})`.execute(
    tx,
  );
}

/** Two whole components become one: all that counted to the loser count to the winner. */
export async function absorb(
  tx: WriteTransaction,
  rung: Rung,
  merges: readonly Readonly<{ winner: string; loser: string }>[],
) {
  if (merges.length === 0) return;
  const rows = sql`jsonb_to_recordset(${JSON.stringify(merges)}::jsonb) as row (winner text, loser text)`;
  if (rung === "campaign") {
    await sql`update actor_identity set campaign_into = row.winner from ${rows}
      where actor_identity.id = row.loser or campaign_into = row.loser`.execute(tx);
    return;
  }
  await sql`
    update actor_identity set merged_into = row.winner, dirty = true, unlooked = true, campaign_into = null from ${rows}
    where actor_identity.id = row.loser or merged_into = row.loser`.execute(tx);
  await sql`update actor_identity set dirty = true, unlooked = true where id in (select winner from ${rows})`.execute(
    tx,
  );
}

export async function observationsDone(tx: WriteTransaction, done: readonly string[]): Promise<void> {
  if (done.length === 0) return;
  await sql`update observation set dirty = false where id = any (${ids(done)})`.execute(tx);
  // What an identity is made of changed: its winner is to be looked at on the rung of campaigns.
  await sql`update actor_identity set dirty = true where id in (
    select coalesce(merged_into, id) from actor_identity where observation_id = any (${ids(done)}))`.execute(tx);
}

export async function identitiesDone(tx: WriteTransaction, done: readonly string[]): Promise<void> {
  if (done.length === 0) return;
  await sql`update actor_identity set dirty = false where id = any (${ids(done)})`.execute(tx);
}

export type SharedTrace = Readonly<{ a: string; b: string; kind: string; value: string; observations: number }>;

/** Exact traces that these addresses share with others, as far as few enough have them. */
export async function sharedTraces(
  db: ReadDatabase,
  observations: Iterable<string>,
  sharedByMax: number,
): Promise<readonly SharedTrace[]> {
  const found = sql<SharedTrace>`(
    select own.observation_id as a, other.observation_id as b, own.kind, own.value, counted.observations
    from actor_trace own
    join actor_trace_count counted using (kind, value)
    join actor_trace other using (kind, value)
    where own.observation_id = any (${ids(observations)}) and other.observation_id <> own.observation_id
      and counted.observations <= ${sharedByMax})`;
  return await db.selectFrom(found.as("found")).selectAll().execute();
}

/** The oldest addresses with a file or download host that these have, however many have it. */
export async function sharingFiles(
  db: ReadDatabase,
  observations: Iterable<string>,
  oldest: number,
): Promise<readonly string[]> {
  const found = sql<{ id: string }>`(
    select distinct other.observation_id as id from actor_trace own
    cross join lateral (
      select observation_id from actor_trace
      where kind = own.kind and value = own.value order by first_position limit ${oldest}
    ) other
    where own.observation_id = any (${ids(observations)}) and own.kind in ('payload', 'c2'))`;
  const rows = await db.selectFrom(found.as("found")).select("id").execute();
  return rows.map(({ id }) => id);
}

/** Addresses that were at a sensor within a time, at most so many. */
export async function presentAt(
  db: ReadDatabase,
  place: Readonly<{ sensorId: string; from: Date; to: Date }>,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("observation_phase")
    .select("observation_id")
    .distinct()
    .where("sensor_id", "=", place.sensorId)
    .where("first_at", "<=", place.to)
    .where("last_at", ">=", place.from)
    .orderBy("observation_id")
    .limit(limit)
    .execute();
  return rows.map(({ observation_id }) => observation_id);
}
