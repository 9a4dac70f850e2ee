import {
  isId,
  ok,
  refuse,
  type Attacker,
  type AttackerRow,
  type InputOf,
  type ObservationId,
  type OutputOf,
  type Result,
  type SensorId,
} from "@tyr/contract";
import {
  attackerRisk,
  findAttacker,
  listAttackers,
  servicesInOrder,
  sensorsInOrder,
  tracesShown,
  type AttackerPlace,
  type AttackerSummary,
  type PhaseAt,
} from "#actors";
import { canonicalAddress, listSensors, sessionsOf } from "#collect";
import type { Database, ReadDatabase } from "#platform/database";
import { askedPrefix } from "./asked-address.ts";
import type { Handlers } from "./handler.ts";

export type AttackerDeps = Readonly<{ database: Pick<Database, "read"> }>;

/** Newest events looked at for sessions of one address, and sessions of an answer. */
const EVENTS_READ_MAX = 20_000;
const SESSIONS_MAX = 500;

export function attackerHandlers({
  database: { read },
}: AttackerDeps): Pick<Handlers, Extract<keyof Handlers, `attacker.${string}`>> {
  return {
    "attacker.list": async ({ query }) => await list(read, query),
    "attacker.get": async ({ params: { id } }) => {
      const found = await attackerOf(read, id);
      return found.ok ? ok(await toAttacker(read, found.value)) : found;
    },
    "attacker.sessions": async ({ params: { id } }) => {
      const found = await attackerOf(read, id);
      if (!found.ok) return found;
      const limits = { events: EVENTS_READ_MAX, sessions: SESSIONS_MAX };
      const { sessions, eventsRead, complete } = await sessionsOf(read, found.value.summary.address, limits);
      const items = sessions.map(({ startedAt, endedAt, ...one }) => {
        return { ...one, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() };
      });
      return ok({ items, eventsRead, complete });
    },
  };
}

type Found = NonNullable<Awaited<ReturnType<typeof findAttacker>>>;

/** An attacker by id or by address, however the address is written. */
async function attackerOf(read: ReadDatabase, id: string): Promise<Result<Found>> {
  const address = isId("observation", id) ? undefined : canonicalAddress(id);
  if (!isId("observation", id) && address === undefined)
    return refuse("VALIDATION_FAILED", "params/id must be an address or the id of an attacker (atk_…)");
  const wanted = address === undefined ? { id: id as ObservationId } : { address };
  const found = await findAttacker(read, wanted);
  return found === undefined ? refuse("NOT_FOUND", `there is no attacker ${address ?? id}`) : ok(found);
}

type Query = InputOf<"attacker.list">["query"];

async function list(read: ReadDatabase, query: Query): Promise<Result<OutputOf<"attacker.list">>> {
  const before = placeOf(query.after);
  if (!before.ok) return before;
  const prefix = askedPrefix("ip", query.ip);
  if (!prefix.ok) return prefix;
  const { service, sensor, behaviour, identity, campaign, minRisk, limit = 50, sort = "last_seen" } = query;
  const since = query.since === undefined ? undefined : new Date(query.since);
  const more = { isPrivate: query.private, since, prefix: prefix.value };
  const filter = { service, sensor, behaviour, identity, campaign, minRisk, ...more };
  const found = await listAttackers(read, { filter, sort, before: before.value, limit });
  return ok({ items: found.rows.map(toRow), next: found.next === null ? null : writePlace(found.next) });
}

const PLACE = /^(\d{1,15}) ((?:atk|idn|cmp)_[0-9a-f-]{36})$/;
/** The last millisecond of the year 9999: beyond, no engine reads what JavaScript writes. */
const LAST_MS = 253_402_300_799_999;

/** Where a list sorted by a figure goes on. */
export function placeOf(after: string | undefined): Result<AttackerPlace | undefined> {
  if (after === undefined) return ok(undefined);
  const [, value, id] = PLACE.exec(after) ?? [];
  if (value === undefined || id === undefined || Number(value) > LAST_MS)
    return refuse("VALIDATION_FAILED", "query/after must be the `next` of the page before");
  return ok({ value: Number(value), id });
}

export function writePlace({ value, id }: AttackerPlace): string {
  return `${value} ${id}`;
}

export function toRow({
  ownIdentityId: _own,
  firstSeenAt,
  lastSeenAt,
  isPrivate,
  ...row
}: AttackerSummary): AttackerRow {
  return { ...row, private: isPrivate, firstSeenAt: firstSeenAt.toISOString(), lastSeenAt: lastSeenAt.toISOString() };
}

async function toAttacker(read: ReadDatabase, { summary, observation }: Found): Promise<Attacker> {
  const names = new Map((await listSensors(read)).map(({ id, name }) => [id as string, name]));
  const { score, contributions } = attackerRisk(observation);
  return {
    ...toRow(summary),
    risk: { score, contributions: [...contributions] },
    services: servicesInOrder(observation).map(({ name, ms }) => ({ name, firstAt: instant(ms) })),
    sensors: sensorsInOrder(observation).map(({ name, ms }) => {
      return { id: name as SensorId, name: names.get(name) ?? null, firstAt: instant(ms) };
    }),
    phases: toPhases(observation.phases),
    traces: tracesShown(observation),
    notKept: { ...observation.traces.notKept },
  };
}

export function toPhases(phases: readonly PhaseAt[]): Attacker["phases"] {
  return phases.map(({ phase, sensorId, firstMs, lastMs }) => {
    return { phase, sensorId, firstAt: instant(firstMs), lastAt: instant(lastMs) };
  });
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
