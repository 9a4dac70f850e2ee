import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@tyr/contract";
import { clientOf, setUp, startServer } from "../../packages/server/test/server-process.ts";
import { catchUp } from "../catch-up.ts";
import { line, marker } from "../lines.ts";
import { dataDirIn, openBenchDatabase, percentiles, type BenchPlace } from "./place.ts";

const CONNECTIONS = 4;
const LINES = 500;
const CHANGE_EVERY_MS = 400;
/** Findings whose events are read at once: a burst has some hundred. */
const READ_MAX = 100;

/**
 * Sends as fast as is acknowledged, waits until nothing lags, and reads from the rows how long each finding took. `isChanged`:
 * somebody changes the state of a rule two or three times a second meanwhile, which is a load of its own.
 */
export async function measureServer(
  place: BenchPlace,
  { seconds, lines, isChanged }: Readonly<{ seconds: number; lines: readonly string[]; isChanged: boolean }>,
): Promise<Readonly<Record<string, unknown>>> {
  const dataDir = dataDirIn(place);
  const env: Record<string, string> = {
    TYR_RULES_DIR: place.rules,
    ...(place.postgres === undefined ? {} : { TYR_DATABASE_URL: place.postgres }),
  };
  const first = await startServer({ dataDir, args: ["--no-sample"], env });
  const admin = await setUp(first);
  const { token = "" } = await admin.call("session.login", {
    body: { name: "alice", password: "the kettle sang at noon", token: true },
  });
  const { key } = await admin.call("sensor.create", { body: { name: "bench", kind: "custom" } });
  await first.stop();
  const figures = await (async () => {
    await using server = await startServer({ dataDir, args: ["--no-sample"], env });
    const client = clientOf(server.url, token);
    const { rules } = await client.call("rule.list", {});
    const cpuBefore = server.cpuSeconds();
    const began = performance.now();
    const sending = new AbortController();
    const changing = changeStates(client, {
      ruleIds: isChanged ? rules.map(({ id }) => id) : [],
      signal: sending.signal,
    });
    const events = await send(server.url, { key, until: began + seconds * 1000, lines });
    sending.abort();
    const took = await changing;
    const sentMs = performance.now() - began;
    const caughtUpMs = await catchUp(client);
    const cpuMicrosPerEvent = Math.round(((server.cpuSeconds() - cpuBefore) * 1e6) / events);
    await server.stop();
    return {
      rulesInForce: rules.length,
      events,
      eventsPerSecond: Math.round(events / ((sentMs + (caughtUpMs["detect"] ?? 0)) / 1000)),
      caughtUpMs,
      cpuMicrosPerEvent,
      ...(isChanged ? { statePutMs: percentiles(took) } : {}),
    };
  })();
  return { ...figures, ...(await rowsOf(place, dataDir)) };
}

/** Rules in turn, each clipped to 1, which changes nothing it finds. */
async function changeStates(
  client: Client,
  { ruleIds, signal }: Readonly<{ ruleIds: readonly string[]; signal: AbortSignal }>,
): Promise<readonly number[]> {
  const took: number[] = [];
  for (const id of ruleIds) {
    await sleep(CHANGE_EVERY_MS * (0.5 + Math.random()));
    if (signal.aborted) break;
    const beganMs = performance.now();
    await client.call("rule.setState", {
      params: { id },
      body: { state: "clipped", confidenceMax: 1, reason: "bench" },
    });
    took.push(performance.now() - beganMs);
  }
  return took;
}

type Sending = Readonly<{ key: string; until: number; lines: readonly string[] }>;

/** Recorded lines in turn, where there are some; else made-up ones. */
const lineAt = (lines: readonly string[], n: number, now: Date): string => lines[n % lines.length] ?? line(n, now);

async function send(url: string, { key, until, lines: recorded }: Sending): Promise<number> {
  let accepted = 0;
  let sent = 0;
  let markers = 0;
  const sender = async (): Promise<void> => {
    while (performance.now() < until) {
      const now = new Date();
      const lines = [
        ...Array.from({ length: LINES - 1 }, () => lineAt(recorded, sent++, now)),
        marker(markers++, now).text,
      ];
      const response = await fetch(`${url}/api/v1/events`, {
        method: "POST",
        headers: { "x-tyr-key": key, "content-type": "text/plain" },
        body: lines.join("\n"),
      });
      await response.arrayBuffer();
      if (response.status === 429) await sleep(Number(response.headers.get("retry-after") ?? 1) * 1000);
      else if (!response.ok) throw new Error(`intake answered ${response.status}`);
      else accepted += LINES;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  return accepted;
}

/** Of every finding: milliseconds from the receipt of the newest of its events to its being written, with its tags, in one transaction. */
async function rowsOf(place: BenchPlace, dataDir: string): Promise<Readonly<Record<string, unknown>>> {
  await using database = await openBenchDatabase(place, dataDir);
  const found = await database.read.selectFrom("detection").select(["event_ids", "recorded_at"]).execute();
  const { tags } = await database.read
    .selectFrom("tag")
    .select(({ fn }) => fn.countAll<number>().as("tags"))
    .executeTakeFirstOrThrow();
  const took: number[] = [];
  for (let from = 0; from < found.length; from += READ_MAX) {
    const some = found.slice(from, from + READ_MAX);
    const ids = [...new Set(some.flatMap(({ event_ids }) => event_ids.map((id) => id.slice("evt_".length))))];
    const events = await database.read
      .selectFrom("event")
      .select(["id", "observed_at"])
      .where("id", "in", ids)
      .execute();
    const stored = new Map(events.map(({ id, observed_at }) => [`evt_${id}`, observed_at.getTime()]));
    const newest = (of: readonly string[]): number => Math.max(...of.map((id) => stored.get(id) ?? Number.NaN));
    took.push(...some.map(({ event_ids, recorded_at }) => recorded_at.getTime() - newest(event_ids)));
  }
  return { detections: found.length, tags, storedToTaggedMs: percentiles(took) };
}
