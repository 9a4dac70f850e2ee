import type { BehaviourClass, ObservationId, Severity } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { ownIdentityOf, traceKeys, type InHand } from "./accumulate.ts";
import { RARITY } from "./identity-link.ts";
import { inOrder } from "./kept-set.ts";
import type { Observation } from "./observation.ts";
import { riskOf } from "./risk.ts";
import { saveRhythms } from "./rhythm-store.ts";
import type { ObservationRow } from "./tables.ts";

function toObservation(row: ObservationRow): Observation {
  return {
    id: row.id as ObservationId,
    address: row.address,
    isPrivate: row.is_private,
    firstPosition: row.first_position,
    firstSeenMs: row.first_seen_at.getTime(),
    lastSeenMs: row.last_seen_at.getTime(),
    eventCount: row.event_count,
    detectionCount: row.detection_count,
    severity: row.severity as Severity | null,
    behaviour: row.behaviour as BehaviourClass | null,
    asn: row.asn,
    traces: row.state,
    points: row.points,
    phases: row.phases,
    lastPosition: row.last_position,
    firstEventMs: row.first_event_at?.getTime() ?? null,
    lastEventMs: row.last_event_at?.getTime() ?? null,
    profile: row.profile,
  };
}

export async function observationsByAddress(
  db: ReadDatabase,
  addresses: readonly string[],
): Promise<readonly Observation[]> {
  if (addresses.length === 0) return [];
  const rows = await db.selectFrom("observation").selectAll().where("address", "in", addresses).execute();
  return rows.map(toObservation);
}

export async function observationsById(db: ReadDatabase, ids: readonly string[]): Promise<readonly Observation[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("observation")
    .selectAll()
    .where(sql<boolean>`id = any (${[...ids]}::text[])`)
    .execute();
  return rows.map(toObservation);
}

/** Client versions are made visible before; whatever else is text here came through a shape. */
const json = (rows: readonly unknown[]): string => JSON.stringify(rows);

const changedOf = (hand: InHand): readonly Observation[] =>
  [...hand.changed].flatMap((address) => hand.observations.get(address) ?? []);

/** Stores what changed, in the transaction that moves the cursor: one statement for the rows, few for what finds them. */
export async function saveObservations(tx: WriteTransaction, hand: InHand): Promise<void> {
  const changed = changedOf(hand);
  if (changed.length === 0) return;
  await upsert(tx, changed, hand.dirty);
  await saveRhythms(
    tx,
    changed.filter(({ address }) => hand.rhythms.has(address)),
  );
  const { added, removed } = tracesChanged(changed, hand);
  await changeTraces(tx, added, removed);
}

type TraceRow = Readonly<{ kind: string; value: string; observation_id: string; first_position: number }>;

function tracesChanged(changed: readonly Observation[], { keysBefore }: InHand) {
  const [added, removed]: [TraceRow[], TraceRow[]] = [[], []];
  for (const observation of changed) {
    const before = keysBefore.get(observation.address) ?? new Set<string>();
    const now = new Set(traceKeys(observation));
    added.push(...[...now].filter((key) => !before.has(key)).map((key) => traceRow(observation, key)));
    removed.push(...[...before].filter((key) => !now.has(key)).map((key) => traceRow(observation, key)));
  }
  return { added, removed };
}

function traceRow({ id, firstPosition }: Observation, key: string): TraceRow {
  const space = key.indexOf(" ");
  const [kind, value] = [key.slice(0, space), key.slice(space + 1)];
  return { kind, value, observation_id: id, first_position: firstPosition ?? 0 };
}

async function upsert(
  tx: WriteTransaction,
  changed: readonly Observation[],
  dirty: ReadonlySet<string>,
): Promise<void> {
  const rows = changed.map((one) => ({
    id: one.id,
    address: one.address,
    is_private: one.isPrivate,
    identity_id: ownIdentityOf(one),
    first_position: one.firstPosition,
    first_seen_at: new Date(one.firstSeenMs),
    last_seen_at: new Date(one.lastSeenMs),
    event_count: one.eventCount,
    detection_count: one.detectionCount,
    severity: one.severity,
    risk: riskOf(one.points).score,
    behaviour: one.behaviour,
    asn: one.asn,
    services: inOrder(one.traces.services).map(({ name }) => name),
    sensors: inOrder(one.traces.sensors).map(({ name }) => name),
    state: one.traces,
    points: one.points,
    phases: one.phases,
    dirty: dirty.has(one.address),
    last_position: one.lastPosition,
    first_event_at: one.firstEventMs === null ? null : new Date(one.firstEventMs),
    last_event_at: one.lastEventMs === null ? null : new Date(one.lastEventMs),
    profile: one.profile,
    measured: one.profile.sessions.length + one.profile.rhythms.length,
  }));
  await sql`
    insert into observation
    select * from jsonb_to_recordset(${json(rows)}::jsonb) as row (id text, address text, is_private boolean,
      identity_id text, first_position int8, first_seen_at timestamptz, last_seen_at timestamptz, event_count int8,
      detection_count int8, severity text, risk int4, behaviour text, asn text, services text[], sensors text[],
      state jsonb, points jsonb, phases jsonb, dirty boolean, last_position int8,
      first_event_at timestamptz, last_event_at timestamptz, profile jsonb, measured int4)
    on conflict (id) do update set first_position = excluded.first_position, first_seen_at = excluded.first_seen_at,
      last_seen_at = excluded.last_seen_at, event_count = excluded.event_count,
      detection_count = excluded.detection_count, severity = excluded.severity, risk = excluded.risk,
      behaviour = excluded.behaviour, asn = excluded.asn, services = excluded.services, sensors = excluded.sensors,
      state = excluded.state, points = excluded.points, phases = excluded.phases,
      last_position = excluded.last_position, first_event_at = excluded.first_event_at,
      last_event_at = excluded.last_event_at, profile = excluded.profile, measured = excluded.measured, dirty = observation.dirty or excluded.dirty`.execute(
    tx,
  );
}

/** A value that so many addresses came to have that it weighs less: all its addresses are to be looked at again. */
const crossing = sql.join(
  RARITY.map(
    ({ addressesMax }) =>
      sql`(before <= ${addressesMax} and after > ${addressesMax}) or (after <= ${addressesMax} and before > ${addressesMax})`,
  ),
  sql` or `,
);

async function changeTraces(
  tx: WriteTransaction,
  added: readonly TraceRow[],
  removed: readonly TraceRow[],
): Promise<void> {
  if (added.length > 0)
    await sql`
    with added as (
      insert into actor_trace (kind, value, observation_id, first_position)
      select kind, value, observation_id, first_position from jsonb_to_recordset(${json(added)}::jsonb)
        as row (kind text, value text, observation_id text, first_position int8)
      on conflict do nothing returning kind, value
    ), grouped as (select kind, value, count(*) as times from added group by kind, value),
    counted as (
      insert into actor_trace_count (kind, value, observations) select kind, value, times from grouped
      on conflict (kind, value) do update set observations = actor_trace_count.observations + excluded.observations
      returning kind, value, observations
    ), crossed as (
      select kind, value from (
        select counted.kind, counted.value, observations as after, observations - times as before
        from counted join grouped using (kind, value)
      ) as steps where ${crossing}
    )
    update observation set dirty = true
    where id in (select observation_id from actor_trace join crossed using (kind, value))`.execute(tx);
  if (removed.length > 0) await removeTraces(tx, removed);
}

/** Takes values away from addresses; with the last one the value itself. */
export async function removeTraces(tx: WriteTransaction, removed: readonly TraceRow[]): Promise<void> {
  await sql`
    with removed as (
      delete from actor_trace where (kind, value, observation_id) in (
        select kind, value, observation_id from jsonb_to_recordset(${json(removed)}::jsonb)
          as row (kind text, value text, observation_id text))
      returning kind, value
    ), grouped as (select kind, value, count(*) as times from removed group by kind, value),
    counted as (
      update actor_trace_count set observations = observations - times from grouped
      where actor_trace_count.kind = grouped.kind and actor_trace_count.value = grouped.value
      returning actor_trace_count.kind, actor_trace_count.value, observations, times
    ), crossed as (
      select kind, value from (
        select kind, value, observations as after, observations + times as before from counted
      ) as steps where ${crossing}
    )
    update observation set dirty = true
    where id in (select observation_id from actor_trace join crossed using (kind, value))`.execute(tx);
  await sql`delete from actor_trace_count where observations <= 0`.execute(tx);
}

/** Phases by sensor, for finding who was there before and after whom. */
export async function savePhases(tx: WriteTransaction, hand: InHand): Promise<void> {
  const rows = changedOf(hand).flatMap(({ id, phases }) =>
    phases.flatMap(({ phase, sensorId, firstMs, lastMs }) =>
      sensorId === null
        ? []
        : [{ sensor_id: sensorId, phase, observation_id: id, first_at: new Date(firstMs), last_at: new Date(lastMs) }],
    ),
  );
  if (rows.length === 0) return;
  await sql`
    insert into observation_phase (sensor_id, phase, observation_id, first_at, last_at)
    select sensor_id, phase, observation_id, first_at, last_at from jsonb_to_recordset(${json(rows)}::jsonb)
      as row (sensor_id text, phase text, observation_id text, first_at timestamptz, last_at timestamptz)
    on conflict (sensor_id, phase, observation_id) do update
      set first_at = excluded.first_at, last_at = excluded.last_at
      where (observation_phase.first_at, observation_phase.last_at) <> (excluded.first_at, excluded.last_at)`.execute(
    tx,
  );
}
