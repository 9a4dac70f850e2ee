import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { Unreachable, type Client, type Detection, type Event, type SensorId } from "@tyr/contract";
import { expect, test } from "vitest";
import {
  clientOf,
  PASSWORD,
  setUp,
  settled,
  startServer,
  temporaryDirectory,
  type ServerProcess,
} from "./server-process.ts";

const KILLS = 50;
/** Kills that must have struck before the batch in hand was acknowledged; the rest falls on the stages behind it. */
const IN_FLIGHT_MIN = 10;
/** A failing run is repeated with the seed it printed: TYR_KILL_SEED=n. The moments are then drawn alike. */
const SEED = Number(process.env["TYR_KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const LINES_PER_BATCH = 60;
const root = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

/** The real logs of the sample, without times that would differ between two runs. */
const LOGS = [
  { name: "kill-ssh", kind: "ssh", file: "auth.log.gz", query: { year: 2015 } },
  { name: "kill-cowrie", kind: "ssh", file: "cowrie.json.gz", query: {} },
] as const;

/** What these logs can fire, correlations and rules over derived events among them: read anew at each of the starts. */
const rulesDir = mkdtempSync(join(tmpdir(), "tyr-kill-rules-"));
for (const folder of ["ssh", "shell", "host", "credential", "behaviour", "identity"])
  cpSync(join(root, "rules", folder), join(rulesDir, folder), { recursive: true });
const RULES = { TYR_RULES_DIR: rulesDir };

type Batch = Readonly<{ sensor: string; ref: string; year?: number; firstLine: number; text: string }>;

function batches(): Batch[] {
  return LOGS.flatMap(({ name, file, query }) => {
    const lines = gunzipSync(readFileSync(join(root, "packages/server/sample", file)))
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "");
    const starts = Array.from(
      { length: Math.ceil(lines.length / LINES_PER_BATCH) },
      (_, index) => index * LINES_PER_BATCH,
    );
    return starts.map((start) => ({
      sensor: name,
      ref: file,
      ...query,
      firstLine: start + 1,
      text: lines.slice(start, start + LINES_PER_BATCH).join("\n"),
    }));
  });
}

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One server after another on one data directory, killed at random moments. */
class Victim {
  #server: ServerProcess;
  readonly #dataDir: string;
  client: Client;
  kills = 0;

  private constructor(server: ServerProcess, dataDir: string, client: Client) {
    this.#server = server;
    this.#dataDir = dataDir;
    this.client = client;
  }

  static async start(dataDir: string): Promise<Victim> {
    const server = await startServer({ dataDir, args: ["--no-sample"], env: RULES });
    return new Victim(server, dataDir, await setUp(server));
  }

  get url(): string {
    return this.#server.url;
  }

  /** Kills the process after a moment: within the time a batch takes it is parsing or storing, later detecting, signing. */
  async killWithin(ms: number): Promise<void> {
    await sleep(ms);
    await this.#server.kill();
    this.kills += 1;
  }

  async revive(token: string): Promise<void> {
    this.#server = await startServer({ dataDir: this.#dataDir, args: ["--no-sample"], env: RULES });
    this.client = clientOf(this.#server.url, token);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }
}

async function send(client: Client, sensors: ReadonlyMap<string, SensorId>, batch: Batch): Promise<void> {
  const sensor = sensors.get(batch.sensor);
  if (sensor === undefined) throw new Error(`no sensor ${batch.sensor}`);
  const { ref, firstLine, year } = batch;
  const headers = { "idempotency-key": `${batch.sensor}:${batch.firstLine}`, "content-type": "text/plain" };
  await client.call(
    "event.import",
    {
      query: { sensor, ref, firstLine, ...(year === undefined ? {} : { year }) },
      body: new TextEncoder().encode(batch.text),
    },
    { headers },
  );
}

/** False when the server died under the request: whether it was stored is then unknown, and a sender sends again. */
async function isAcknowledged(client: Client, sensors: ReadonlyMap<string, SensorId>, batch: Batch): Promise<boolean> {
  try {
    await send(client, sensors, batch);
    return true;
  } catch (error) {
    if (error instanceof Unreachable) return false;
    throw error;
  }
}

async function register(client: Client): Promise<ReadonlyMap<string, SensorId>> {
  const made = await Promise.all(
    LOGS.map(async ({ name, kind }) => await client.call("sensor.create", { body: { name, kind } })),
  );
  return new Map(made.map(({ sensor }) => [sensor.name, sensor.id]));
}

async function all<T>(page: (after?: string) => Promise<{ items: T[]; next: string | null }>): Promise<T[]> {
  const items: T[] = [];
  for (let after: string | undefined; ;) {
    const { items: more, next } = await page(after);
    items.push(...more);
    if (next === null) return items;
    after = next;
  }
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Hashed with a key of the installation. */
const KEYED = "credential.secret_hash";
type Places = ReadonlyMap<string, string>;

/**
 * Which line an event is; of what was derived, all it says. Ids of lines are of one installation, since their sensors' are:
 * lines stand by their places. An identity's id follows from addresses alone.
 */
function placeOf(event: Event, lines: Places): string {
  const { sensorName, rawRef, kind, action, time, src, user, fields, id } = event;
  if (sensorName !== "derived") return `${sensorName}:${rawRef}`;
  const { [KEYED]: hash, "derived.from": from, ...said } = fields;
  const own = kind === "identity" ? id : null;
  return JSON.stringify([kind, action, time, own, src, user, hash !== undefined, said, placesOf(from, lines)]);
}

function placesOf(from: unknown, lines: Places): readonly string[] {
  return Array.isArray(from) ? from.map((id) => lines.get(String(id)) ?? String(id)) : [];
}

/** What a run found, in words that do not depend on the ids of one installation. */
async function findings(client: Client) {
  const events = await all<Event>(
    async (after) =>
      await client.call("event.list", { query: { limit: 500, ...(after === undefined ? {} : { after }) } }),
  );
  const detections = await all<Detection>(
    async (after) =>
      await client.call("detection.list", { query: { limit: 500, ...(after === undefined ? {} : { after }) } }),
  );
  const fed = events.filter(({ sensorName }) => sensorName !== "derived");
  const lines = new Map<string, string>(fed.map((event) => [event.id, placeOf(event, new Map())]));
  const places = new Map(events.map((event) => [event.id, placeOf(event, lines)]));
  const describe = (one: Detection) =>
    JSON.stringify([
      one.ruleId,
      one.ruleVersion,
      one.firstEventAt,
      one.lastEventAt,
      one.eventCount,
      one.groupKey,
      one.eventIds.map((id) => places.get(id) ?? "unknown").toSorted(byText),
      one.tags.map((tag) => `${tag.technique} ${tag.subTechnique} ${tag.tactic} ${tag.confidence}`).toSorted(byText),
    ]);
  return {
    events: events.map((event) => placeOf(event, lines)).toSorted(byText),
    detections: detections.map(describe).toSorted(byText),
  };
}

async function undisturbed() {
  using dir = temporaryDirectory();
  await using server = await startServer({ dataDir: dir.path, args: ["--no-sample"], env: RULES });
  const client = await setUp(server);
  const sensors = await register(client);
  for (const batch of batches()) await send(client, sensors, batch);
  await settled(client, { withLook: true });
  const found = await findings(client);
  await server.stop();
  return found;
}

test(`killed ${KILLS} times during an import, nothing acknowledged is lost, nothing is found twice or not at all, and the log verifies`, async () => {
  const expected = await undisturbed();
  expect(expected.detections.length).toBeGreaterThan(10);
  expect(expected.events.filter((event) => event.startsWith('["identity",')).length).toBeGreaterThan(0);

  using dir = temporaryDirectory();
  const victim = await Victim.start(join(dir.path, "data"));
  const { token = "" } = await victim.client.call("session.login", {
    body: { name: "alice", password: PASSWORD, token: true },
  });
  const sensors = await register(victim.client);
  console.log(`TYR_KILL_SEED=${SEED}`);
  const random = generator(SEED);
  const todo = batches();
  let inFlight = 0;
  /** How long a batch takes from sending to its acknowledgement: the newest one that was let live. */
  let takesMs = 40;
  const every = Math.max(1, Math.floor(todo.length / KILLS));
  for (const [index, batch] of todo.entries()) {
    const strikes = index % every === 0 && victim.kills < KILLS;
    const reach = victim.kills % 3 === 2 ? takesMs + 120 : takesMs;
    const killing = strikes ? victim.killWithin(random() * reach) : undefined;
    const sent = performance.now();
    let acknowledged = await isAcknowledged(victim.client, sensors, batch);
    if (strikes && !acknowledged) inFlight += 1;
    if (!strikes) takesMs = performance.now() - sent;
    await killing;
    if (killing !== undefined) await victim.revive(token);
    while (!acknowledged) acknowledged = await isAcknowledged(victim.client, sensors, batch);
  }
  while (victim.kills < KILLS) {
    await victim.killWithin(random() * 120);
    await victim.revive(token);
  }
  await settled(victim.client, { withLook: true });
  const found = await findings(victim.client);
  expect(victim.kills).toBeGreaterThanOrEqual(KILLS);
  expect(inFlight).toBeGreaterThanOrEqual(IN_FLIGHT_MIN);
  expect(found.events).toEqual(expected.events);
  expect(found.detections).toEqual(expected.detections);

  const env = { ...process.env, TYR_URL: victim.url, TYR_TOKEN: token };
  const tyr = async (...args: string[]) =>
    await run(join(root, "node_modules/.bin/node"), [join(root, "packages/cli/bin/tyr.mjs"), ...args], { env });
  await tyr("audit", "export", join(dir.path, "export"));
  await victim.stop();
  await expect(tyr("audit", "verify", join(dir.path, "export"))).resolves.toBeDefined();
}, 600_000);
