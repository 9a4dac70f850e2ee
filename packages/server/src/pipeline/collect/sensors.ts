import { ok, refuse, type Actor, type Result, type SensorCreate, type SensorId } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact, ReadDatabase } from "#platform/database";
import { newId } from "#platform/ids";
import { keyEnd, keyIdOf, keyMatches, newSensorKey } from "./sensor-key.ts";
import {
  deactivate,
  findByKeyId,
  findSensor,
  findSensorByName,
  insertSensor,
  listSensors,
  replaceKey,
  type ReplacedKey,
  type Sensor,
  type SensorWithHash,
} from "./sensor-store.ts";
import { uuidOf } from "./tables.ts";

/** Another process may have ended a key: nobody is believed for longer than this without asking the database. */
const BELIEVED_MS = 5_000;
const BELIEVED_MAX = 1_000;

const KEY_LIFE_DAYS = 365;

export type SensorWithKey = Readonly<{ sensor: Sensor; key: string }>;
/** Who does it, and in which request. */
export type By = Readonly<{ actor: Actor; requestId: string | null }>;

/** Registering sensors and recognising their keys. */
export type Sensors = Readonly<{
  list(): Promise<readonly Sensor[]>;
  get(id: SensorId): Promise<Sensor | undefined>;
  byName(name: string): Promise<Sensor | undefined>;
  /** The key is in this answer and nowhere else. Refuses `NAME_TAKEN`. */
  create(input: SensorCreate, by: By): Promise<Result<SensorWithKey>>;
  /** The old key stops at once; the new one counts as long as it was to count. Refuses `NOT_FOUND`, also for a deactivated sensor. */
  rotate(id: SensorId, by: By): Promise<Result<SensorWithKey>>;
  /** Its events stay. Deactivating twice is refused as `NOT_FOUND`. */
  deactivate(id: SensorId, by: By): Promise<Result<Sensor>>;
  /** The active sensor of a key that has not ended; undefined for anything else. Reads the database at most every five seconds per key. */
  authenticate(key: string): Promise<Sensor | undefined>;
  /** An active sensor, as it was at most five seconds ago: for storing what it sent. */
  active(id: SensorId): Promise<Sensor | undefined>;
}>;

type Deps = Readonly<{ database: Database; clock: Clock; bus: Bus }>;

/** Keys seen lately. One that ended is dropped at once in this process; any other process believes it for five seconds. */
class KnownKeys {
  readonly #db: ReadDatabase;
  readonly #known = new Map<string, SensorWithHash & { until: number }>();
  readonly #keyIds = new Map<SensorId, string>();
  /** Rises when a key ends: an answer that was on its way then must not be remembered. */
  #ended = 0;

  constructor(db: ReadDatabase) {
    this.#db = db;
  }

  async owner(key: string, nowMs: number): Promise<Sensor | undefined> {
    const keyId = keyIdOf(key);
    if (keyId === undefined) return undefined;
    const before = this.#ended;
    const known = this.#get(keyId, nowMs);
    const found = known ?? (await findByKeyId(this.#db, keyId));
    if (found === undefined || !keyMatches(key, found.keyHash)) return undefined;
    if (found.sensor.keyEndsAt.getTime() <= nowMs) return undefined;
    if (known === undefined && before === this.#ended) this.#remember(keyId, found, nowMs);
    return found.sensor;
  }

  async active(id: SensorId, nowMs: number): Promise<Sensor | undefined> {
    const keyId = this.#keyIds.get(id);
    const known = keyId === undefined ? undefined : this.#get(keyId, nowMs)?.sensor;
    const sensor = known ?? (await findSensor(this.#db, id));
    return sensor?.active === true ? sensor : undefined;
  }

  forget(id: SensorId): void {
    this.#ended += 1;
    const keyId = this.#keyIds.get(id);
    this.#keyIds.delete(id);
    if (keyId !== undefined) this.#known.delete(keyId);
  }

  #get(keyId: string, nowMs: number): SensorWithHash | undefined {
    const known = this.#known.get(keyId);
    return known !== undefined && known.until > nowMs ? known : undefined;
  }

  #remember(keyId: string, found: SensorWithHash, nowMs: number): void {
    if (this.#known.size >= BELIEVED_MAX) {
      this.#known.clear();
      this.#keyIds.clear();
    }
    this.#keyIds.set(found.sensor.id, keyId);
    this.#known.set(keyId, { ...found, until: nowMs + BELIEVED_MS });
  }
}

function factOf(type: Fact["type"], sensor: { id: SensorId }, by: By): Omit<Fact, "details"> {
  return { type, actor: by.actor, requestId: by.requestId, object: { kind: "sensor", id: sensor.id } };
}

export function createSensors({ database, clock, bus }: Deps): Sensors {
  const known = new KnownKeys(database.read);
  const db = database.read;

  const changed = async (id: SensorId): Promise<Sensor> => {
    known.forget(id);
    bus.publish("sensor.changed", { id });
    const sensor = await findSensor(db, id);
    if (sensor === undefined) throw new Error(`sensor ${id} vanished while it was changed`);
    return sensor;
  };

  return {
    active: async (id) => await known.active(id, clock.now().getTime()),
    authenticate: async (key) => await known.owner(key, clock.now().getTime()),
    list: async () => await listSensors(db),
    get: async (id) => await findSensor(db, id),
    byName: async (name) => await findSensorByName(db, name),

    async create({ name, kind, location, metadata, keyLifeDays = KEY_LIFE_DAYS }, by) {
      const id = newId("sensor", clock.now());
      const { key, keyId, keyHash } = newSensorKey();
      const keyEndsAt = keyEnd(clock.now(), keyLifeDays);
      const row = { id: uuidOf(id), name, kind, location: location ?? null, metadata: metadata ?? {} };
      const fact: Fact = {
        ...factOf("sensor.registered", { id }, by),
        after: "active",
        details: { name, kind, keyId, keyEndsAt: keyEndsAt.toISOString() },
      };
      const created = await database.audited(fact, async (tx) => {
        const made = { key_id: keyId, key_hash: keyHash, key_life_days: keyLifeDays, key_ends_at: keyEndsAt };
        const whole = { ...row, ...made, active: true, created_at: clock.now() };
        return (await insertSensor(tx, whole))
          ? ok(id)
          : refuse("NAME_TAKEN", `a sensor called "${name}" already exists`);
      });
      return created.ok ? ok({ sensor: await changed(id), key }) : created;
    },

    async rotate(id, by) {
      const { key, keyId, keyHash } = newSensorKey();
      const fact: Fact = { ...factOf("sensor.key_rotated", { id }, by), after: keyId };
      const before = await database.audited(
        (replaced: ReplacedKey | undefined) =>
          replaced === undefined
            ? []
            : [{ ...fact, before: replaced.keyId, details: { keyEndsAt: replaced.endsAt.toISOString() } }],
        async (tx) => await replaceKey(tx, id, { key_id: keyId, key_hash: keyHash, now: clock.now() }),
      );
      if (before === undefined) return refuse("NOT_FOUND", `there is no active sensor ${id}`);
      return ok({ sensor: await changed(id), key });
    },

    async deactivate(id, by) {
      const fact: Fact = { ...factOf("sensor.deactivated", { id }, by), before: "active", after: "inactive" };
      const done = await database.audited(fact, async (tx) =>
        (await deactivate(tx, id)) ? ok(id) : refuse("NOT_FOUND", `there is no active sensor ${id}`),
      );
      return done.ok ? ok(await changed(id)) : done;
    },
  };
}
