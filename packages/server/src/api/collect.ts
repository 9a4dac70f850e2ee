import {
  ok,
  refuse,
  type Event,
  type InputOf,
  type OutputOf,
  type Result,
  type Sensor as SensorView,
  type SensorId,
} from "@tyr/contract";
import {
  eventById,
  keyHint,
  listEvents,
  listQuarantine,
  type Quarantined,
  DERIVED_SENSOR,
  listSensors,
  type Collect,
  type Sensor,
  type SensorWithKey,
  type StoredEvent,
} from "#collect";
import type { Database, ReadDatabase } from "#platform/database";
import { askedPrefix } from "./asked-address.ts";
import type { Call, Handlers } from "./handler.ts";
import { answerOf, beforeIdOf, beforeOf } from "./page-position.ts";

export type CollectDeps = Readonly<{ database: Pick<Database, "read">; collect: Collect }>;
type CollectRoutes =
  | "event.send"
  | "event.import"
  | "event.list"
  | "event.get"
  | "quarantine.list"
  | "sensor.list"
  | "sensor.get"
  | "sensor.create"
  | "sensor.rotate"
  | "sensor.deactivate";

const PAGE = 50;

function byOf({ caller, requestId }: Call) {
  return { actor: caller.actor, requestId };
}

function headerOf({ headers }: Call, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function bodyOf(call: Call) {
  return {
    by: byOf(call),
    encoding: headerOf(call, "content-encoding"),
    contentType: headerOf(call, "content-type"),
    idempotencyKey: headerOf(call, "idempotency-key"),
  };
}

function toSensor(sensor: Sensor): SensorView {
  const { id, name, kind, location, metadata, active, counters } = sensor;
  const createdAt = sensor.createdAt.toISOString();
  const lastSeenAt = sensor.lastSeenAt?.toISOString() ?? null;
  return {
    id,
    name,
    kind,
    location,
    metadata,
    active,
    keyHint: keyHint(sensor.keyId),
    keyEndsAt: sensor.keyEndsAt.toISOString(),
    createdAt,
    lastSeenAt,
    counters,
  };
}

function withKey({ sensor, key }: SensorWithKey): OutputOf<"sensor.create"> {
  return { sensor: toSensor(sensor), key };
}

function toEvent(event: StoredEvent, names: ReadonlyMap<SensorId, string>): Event {
  const { logsource: _logsource, ...rest } = event;
  return {
    ...rest,
    position: String(event.position),
    time: event.time.toISOString(),
    observedAt: event.observedAt.toISOString(),
    sensorName: names.get(event.sensorId) ?? event.sensorId,
  };
}

async function namesOf(read: ReadDatabase): Promise<ReadonlyMap<SensorId, string>> {
  return new Map([DERIVED_SENSOR, ...(await listSensors(read))].map(({ id, name }) => [id, name]));
}

async function list(
  read: ReadDatabase,
  query: InputOf<"event.list">["query"],
): Promise<Result<OutputOf<"event.list">>> {
  const before = beforeOf(query.after);
  if (!before.ok) return before;
  const asked = askedPrefix("ip", query.ip);
  if (!asked.ok) return asked;
  const ip = asked.value;
  const { ip: _asWritten, after: _after, limit = PAGE, ...filter } = query;
  const page = await listEvents(read, {
    query: ip === undefined ? filter : { ...filter, ip },
    before: before.value ?? Number.MAX_SAFE_INTEGER,
    limit,
  });
  const names = await namesOf(read);
  const next = page.next === null ? null : String(page.next);
  return ok({ items: page.events.map((event) => toEvent(event, names)), next });
}

type QuarantineQuery = InputOf<"quarantine.list">["query"];

async function quarantine(
  read: ReadDatabase,
  { after, limit = PAGE, sensor }: QuarantineQuery,
): Promise<Result<OutputOf<"quarantine.list">>> {
  const before = beforeIdOf("quarantine", after);
  if (!before.ok) return before;
  const page = await listQuarantine(read, { sensor, before: before.value, limit });
  const toItem = ({ rawBytes, ...item }: Quarantined) => {
    const isCut = rawBytes > Buffer.byteLength(item.raw) + 1;
    const reason = isCut ? `${item.reason}; the first part of ${rawBytes} bytes is kept` : item.reason;
    return { ...item, reason, at: item.at.toISOString() };
  };
  return ok(answerOf(page, toItem));
}

function sensorHandlers({ collect: { sensors } }: CollectDeps) {
  return {
    "sensor.list": async () => ok({ items: (await sensors.list()).map(toSensor) }),
    "sensor.get": async ({ params: { id } }) => {
      const sensor = await sensors.get(id);
      return sensor === undefined ? refuse("NOT_FOUND", `there is no sensor ${id}`) : ok(toSensor(sensor));
    },
    "sensor.create": async ({ body }, call) => {
      const created = await sensors.create(body, byOf(call));
      return created.ok ? ok(withKey(created.value)) : created;
    },
    "sensor.rotate": async ({ params: { id } }, call) => {
      const rotated = await sensors.rotate(id, byOf(call));
      return rotated.ok ? ok(withKey(rotated.value)) : rotated;
    },
    "sensor.deactivate": async ({ params: { id } }, call) => {
      const done = await sensors.deactivate(id, byOf(call));
      return done.ok ? ok(toSensor(done.value)) : done;
    },
  } satisfies Partial<Handlers>;
}

/** Events in and out, the quarantine, and the sensors that send. */
export function collectHandlers(deps: CollectDeps): Pick<Handlers, CollectRoutes> {
  const { collect, database } = deps;
  const { read } = database;
  return {
    ...sensorHandlers(deps),
    "event.send": async ({ query, body }, call) => {
      const { sensorId } = call.caller;
      const sensor = sensorId === undefined ? undefined : await collect.sensors.active(sensorId);
      if (sensor === undefined) return refuse("KEY_INVALID", "only an active sensor sends events, with its own key");
      return await collect.intake({ ...bodyOf(call), ...query, sensor, body });
    },
    "event.import": async ({ query: { sensor: id, ...query }, body }, call) => {
      const sensor = await collect.sensors.active(id);
      if (sensor === undefined) return refuse("NOT_FOUND", `there is no active sensor ${id}`);
      return await collect.intake({ ...bodyOf(call), ...query, sensor, body });
    },
    "event.list": async ({ query }) => await list(read, query),
    "event.get": async ({ params: { id } }) => {
      const event = await eventById(read, id);
      if (event === undefined) return refuse("NOT_FOUND", `there is no event ${id}`);
      return ok(toEvent(event, await namesOf(read)));
    },
    "quarantine.list": async ({ query }) => await quarantine(read, query),
  };
}
