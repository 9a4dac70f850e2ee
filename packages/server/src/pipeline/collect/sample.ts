import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { LogFormat, SensorCreate, Status } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Database } from "#platform/database";
import { eventHead } from "./event-store.ts";
import type { IntakeQueue } from "./intake-queue.ts";
import { findBookmark, listBookmarks } from "./intake-store.ts";
import type { Sensor } from "./sensor-store.ts";
import type { Sensors } from "./sensors.ts";
import { splitBody } from "./split-body.ts";

/** What `manifest.json` in the sample folder lists. */
type SampleLog = Readonly<{ file: string; sensor: SensorCreate; format: LogFormat; year?: number }>;
export type ImportState = Status["imports"][number];

const inflate = promisify(gunzip);
const LINES_PER_BATCH = 1_000;
const PREFIX = "sample:";
const COLLECT = { kind: "system", id: "collect", name: "collect" } as const;

type Deps = Readonly<{
  database: Database;
  queue: IntakeQueue;
  sensors: Sensors;
  bus: Bus;
  /** Called at every step; the same name replaces what was said before. */
  report: (state: ImportState) => void;
  /** Ends the replay between two batches; the next start goes on from there. */
  stop: AbortSignal;
}>;

/** Into an empty store only, or to go on where a killed process stopped: never beside somebody's own events. */
async function isWanted({ database }: Deps): Promise<boolean> {
  const begun = await listBookmarks(database.read, PREFIX);
  return begun.length > 0 || (await eventHead(database.read)) === 0;
}

async function sensorOf({ sensors }: Deps, wanted: SensorCreate): Promise<Sensor> {
  const found = await sensors.byName(wanted.name);
  if (found !== undefined) return found;
  const created = await sensors.create(wanted, { actor: COLLECT, requestId: null });
  if (!created.ok) throw new Error(`sensor "${wanted.name}" could not be registered: ${created.refusal.detail}`);
  return created.value.sensor;
}

type Running = Readonly<{ deps: Deps; log: SampleLog; sensor: Sensor; lines: readonly string[]; digest: string }>;

async function storeBatch({ deps, log, sensor, lines, digest }: Running, from: number): Promise<number> {
  const to = Math.min(from + LINES_PER_BATCH, lines.length);
  await deps.queue.add({
    reading: {
      sensor,
      actor: COLLECT,
      options: { format: log.format, year: log.year },
      identity: `${PREFIX}${digest}|${from}`,
      ref: log.file.replace(/\.gz$/, ""),
      firstLine: from + 1,
    },
    items: splitBody(Buffer.from(lines.slice(from, to).join("\n")), true),
    receipt: undefined,
    bookmark: {
      source: `${PREFIX}${log.file}`,
      fingerprint: digest,
      position: to,
      lines: to,
      finished: to === lines.length,
    },
  });
  return to;
}

async function importLog(deps: Deps, folder: string, log: SampleLog): Promise<void> {
  const known = await findBookmark(deps.database.read, `${PREFIX}${log.file}`);
  if (known?.finished === true) return;
  const bytes = await inflate(await readFile(join(folder, log.file)));
  const digest = createHash("sha256").update(bytes).digest("hex");
  const lines = bytes.toString("utf8").trimEnd().split("\n");
  const sensor = await sensorOf(deps, log.sensor);
  const tell = (done: number, state: ImportState["state"]): void => {
    const report = { name: log.sensor.name, done, total: lines.length, state, detail: log.file };
    deps.report(report);
    deps.bus.publish("import.progress", report);
  };
  try {
    let done = known?.fingerprint === digest ? known.position : 0;
    tell(done, "running");
    while (done < lines.length && !deps.stop.aborted) {
      done = await storeBatch({ deps, log, sensor, lines, digest }, done);
      tell(done, done === lines.length ? "done" : "running");
    }
  } catch (error) {
    tell(0, "failed");
    throw error;
  }
}

/**
 * Replays the bundled real attack logs into an empty store. Killed half way, the next start goes on with the next line.
 *
 * @returns false when the store already holds other events
 */
export async function importSample(deps: Deps, folder: string): Promise<boolean> {
  if (!(await isWanted(deps))) return false;
  const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as { logs: readonly SampleLog[] };
  for (const log of manifest.logs) if (!deps.stop.aborted) await importLog(deps, folder, log);
  return true;
}
