import type { SensorId } from "@tyr/contract";
import type { Database } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { FollowedFile, type Chunk } from "./followed-file.ts";
import type { IntakeQueue } from "./intake-queue.ts";
import { findBookmark } from "./intake-store.ts";
import type { Sensor } from "./sensor-store.ts";
import type { Sensors } from "./sensors.ts";
import { unreadRecording } from "./normalise/index.ts";
import { splitBody } from "./split-body.ts";

/** A file to follow as a sensor, by the sensor's name or id. */
export type Follow = Readonly<{ sensor: string; path: string }>;

const REST_MS = 1_000;
const COLLECT = { kind: "system", id: "collect", name: "collect" } as const;

type Deps = Readonly<{ database: Database; queue: IntakeQueue; sensors: Sensors; log: Logger }>;

/** Whoever names a file on the command line wants it read: a sensor that does not exist yet is registered. */
async function sensorFor(sensors: Sensors, { sensor: name, path }: Follow): Promise<Sensor> {
  const found =
    (await sensors.byName(name)) ?? (name.startsWith("snr_") ? await sensors.get(name as SensorId) : undefined);
  if (found !== undefined) return found;
  const created = await sensors.create(
    { name, kind: "custom", metadata: { follows: path } },
    { actor: COLLECT, requestId: null },
  );
  if (!created.ok) throw new Error(`sensor "${name}" could not be registered: ${created.refusal.detail}`);
  return created.value.sensor;
}

type Opened = Readonly<{ file: FollowedFile; sensor: Sensor }>;

/** Follows a file: what is stored and how far it was read are one transaction, so a crash repeats and skips nothing. */
export function followFile({ database, queue, sensors, log }: Deps, follow: Follow): RunningLoop {
  const source = `follow:${follow.sensor}:${follow.path}`;
  let opened: Opened | undefined;
  let isUnread = false;

  const begin = async (): Promise<Opened> => {
    const sensor = await sensorFor(sensors, follow);
    const bookmark = await findBookmark(database.read, source);
    const onLoss = (text: string): void => log.warn({ path: follow.path, sensor: sensor.name }, text);
    return { sensor, file: new FollowedFile(follow.path, bookmark, onLoss) };
  };

  const isRecording = ({ bytes }: Chunk, sensor: Sensor): boolean => {
    const unread = unreadRecording(bytes);
    if (unread !== undefined) log.warn({ path: follow.path, sensor: sensor.name }, unread);
    return unread !== undefined;
  };

  const step = async (): Promise<boolean> => {
    opened ??= await begin();
    const { file, sensor } = opened;
    const chunk = await file.next();
    if (chunk === undefined) return false;
    // A recording is passed over to its end: its successor is read, and after a restart it is looked at again.
    if (chunk.firstLine === 1) isUnread = isRecording(chunk, sensor);
    if (isUnread) {
      file.moveTo(chunk.next);
      return true;
    }
    const { fingerprint, position } = chunk.next;
    await queue.add({
      reading: {
        sensor,
        actor: COLLECT,
        options: { format: "auto" },
        identity: `${source}|${fingerprint}|${position}`,
        ref: follow.path,
        firstLine: chunk.firstLine,
      },
      items: splitBody(chunk.bytes, true),
      receipt: undefined,
      bookmark: { source, ...chunk.next, finished: false },
    });
    file.moveTo(chunk.next);
    return true;
  };

  const loop = startLoop({ name: source, step, restMs: REST_MS, log });
  return {
    wake: () => loop.wake(),
    async stop() {
      await loop.stop();
      await opened?.file[Symbol.asyncDispose]();
    },
  };
}
