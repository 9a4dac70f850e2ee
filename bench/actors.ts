/**
 * The ladder of attackers by itself: events per second into observations, and how long the clustering takes for many of
 * them, on the embedded engine.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/actors.ts [--addresses 10000] [--repeat 1]
 *
 * Events are made in memory and handed to the ladder as the newest stored ones are in the product, so that reading them
 * back is not timed; storing what comes of them is. Half of the addresses speak with one of three common clients, the
 * others with one of their gang's (four addresses); one in five belongs to a botnet with one file; the others fetch their
 * gang's file. Traps: the clustering is timed as a whole, looks between the events among it; the longest single step is given
 * because the embedded engine has one connection; processor time is that of the process with the engine's thread.
 */
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { EventId, SensorId } from "@tyr/contract";
import { readAheadOf } from "../packages/server/src/pipeline/detect/actors/take-batches.ts";
import { climb, lookHere, type ActorsDeps } from "../packages/server/src/pipeline/detect/actors/worker.ts";
import type { StreamEvent } from "../packages/server/src/pipeline/collect/index.ts";
import { createTopicBus } from "../packages/server/src/platform/bus/index.ts";
import { systemClock } from "../packages/server/src/platform/clock/index.ts";
import { openDatabase } from "../packages/server/src/platform/database/index.ts";
import { silentLogger } from "../packages/server/src/platform/log/index.ts";

type Rows = {
  selectFrom(table: string): {
    select(column: string): {
      where(column: string, is: "is not", value: null): { execute(): Promise<readonly unknown[]> };
    };
  };
};

const { values } = parseArgs({
  options: { addresses: { type: "string", default: "10000" }, repeat: { type: "string", default: "1" } },
});
const addresses = Number(values.addresses);
/** Times each address does the same again: a flood of few addresses. */
const repeat = Number(values.repeat);
const EVENTS_EACH = 7;
const GANG = 4;
const START_MS = Date.UTC(2026, 0, 1);

/** Events come as sessions do: those of a hundred addresses mixed. */
function eventAt(position: number): StreamEvent {
  const turn = (position - 1) % (addresses * EVENTS_EACH);
  const round = Math.floor(turn / (100 * EVENTS_EACH));
  const within = turn % (100 * EVENTS_EACH);
  const one = round * 100 + (within % 100);
  const kind = Math.floor(within / 100);
  const gang = Math.floor(one / GANG);
  const hassh = one % 2 === 0 ? `c0ffee${gang % 3}`.padEnd(32, "0") : gang.toString(16).padStart(32, "0");
  const file = one % 5 === 0 ? "b".repeat(64) : gang.toString(16).padStart(64, "a");
  const kinds: readonly Pick<StreamEvent, "kind" | "fields" | "ecs">[] = [
    { kind: "session", fields: {}, ecs: {} },
    { kind: "session", fields: {}, ecs: { "ssh.hassh": hassh } },
    { kind: "auth_attempt", fields: { password: `pw-${gang}` }, ecs: {} },
    { kind: "auth_attempt", fields: { password: `pw-${one % 50}` }, ecs: {} },
    { kind: "command", fields: {}, ecs: { "process.command_line": `uname -a; echo gang-${"abcdefgh"[gang % 8]}` } },
    { kind: "payload", fields: {}, ecs: { "file.hash.sha256": file, "file.url": `http://h${gang}.example/x` } },
    { kind: "session", fields: {}, ecs: {} },
  ];
  const time = new Date(START_MS + position * 200);
  return {
    id: `evt_00000000-0000-7000-8000-${position.toString(16).padStart(12, "0")}` as EventId,
    position,
    time,
    observedAt: time,
    sensorId: `snr_00000000-0000-7000-8000-00000000000${one % 3}` as SensorId,
    src: { ip: `45.${one >> 16}.${(one >> 8) & 255}.${one & 255}`, port: 4_000 },
    user: `user${gang % 40}`,
    logsource: {},
    raw: "",
    rawRef: null,
    session: null,
    ...(kinds[kind] ?? { kind: "session", fields: {}, ecs: {} }),
  } as StreamEvent;
}

const dataDir = mkdtempSync(join(tmpdir(), "tyr-bench-"));
try {
  const encode = (record: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(record));
  await using database = await openDatabase({ url: undefined, dataDir, clock: systemClock, encode });
  const total = addresses * EVENTS_EACH * repeat;
  let handed = 0;
  const given: ActorsDeps = {
    database,
    clock: systemClock,
    topics: createTopicBus({ clock: systemClock, log: silentLogger }),
    log: silentLogger,
    keyed: (purpose, text) => createHmac("sha256", "bench").update(`${purpose}\n${text}`).digest("hex"),
    phaseOf: () => null,
    readAfter: async (position, limit) =>
      await Promise.resolve(
        Array.from({ length: Math.max(0, Math.min(limit, total - position)) }, (_, index) => {
          handed = position + index + 1;
          return eventAt(handed);
        }),
      ),
  };
  const deps = { ...given, ahead: readAheadOf(given) };
  const turns: { ms: number; cpuMs: number; isReading: boolean }[] = [];
  for (let more = true; more;) {
    const [began, before, handedBefore] = [performance.now(), process.cpuUsage(), handed];
    more = (await climb(deps)) || (await lookHere(deps));
    const used = process.cpuUsage(before);
    const ms = performance.now() - began;
    turns.push({ ms, cpuMs: (used.user + used.system) / 1_000, isReading: handed > handedBefore });
  }
  const of = (kind: "ms" | "cpuMs", isReading: boolean): readonly number[] =>
    turns.filter((turn) => turn.isReading === isReading).map((turn) => turn[kind]);
  const [reading, clustering] = [of("ms", true), of("ms", false)];
  const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);
  const count = async (where: "merged_into" | "campaign_into"): Promise<number> => {
    // The table's types are the room's own.
    const read = database.read as unknown as Rows;
    return (await read.selectFrom("actor_identity").select("id").where(where, "is not", null).execute()).length;
  };
  console.log({
    addresses,
    events: total,
    loadavg: loadavg()[0],
    eventsPerSecond: Math.round(total / (sum(reading) / 1_000)),
    slowestBatchMs: Math.round(Math.max(...reading)),
    clusteringSeconds: Math.round(sum(clustering) / 100) / 10,
    steps: clustering.length,
    slowestStepMs: Math.round(Math.max(...clustering)),
    processorMicrosecondsPerEvent: Math.round((sum(of("cpuMs", true)) * 1_000) / total),
    processorMillisecondsPerAddress: Math.round((sum(of("cpuMs", false)) / addresses) * 100) / 100,
    merged: await count("merged_into"),
    inCampaigns: await count("campaign_into"),
  });
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
