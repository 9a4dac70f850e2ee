import type { Status } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import type { StoredDerived } from "./derived.ts";
import { readEventsAfter } from "./event-store.ts";
import type { StreamEvent } from "./event-stream.ts";
import { followFile, type Follow } from "./follow.ts";
import { createIntake, type Intake } from "./intake.ts";
import { IntakeQueue } from "./intake-queue.ts";
import { importSample, type ImportState } from "./sample.ts";
import { createSensors, type Sensors } from "./sensors.ts";

export type CollectDeps = Readonly<{
  database: Database;
  clock: Clock;
  bus: Bus;
  log: Logger;
  /** Intake stops taking (`INTAKE_OVERLOADED`) beyond this many bytes waiting to be stored. */
  intakeBytesMax: number;
}>;

/** The first stage: bytes from senders become stored events. */
export type Collect = AsyncDisposable &
  Readonly<{
    sensors: Sensors;
    /** Resolves when everything in the request is on disk. */
    intake: Intake;
    /**
     * Events after a position, in the order of the stream, from memory where they are still there.
     *
     * @param reader name of who follows; memory keeps what one of them has not read yet
     */
    readAfter(position: number, limit: number, reader?: string): Promise<readonly StreamEvent[]>;
    /** Tells readers of derived events, after the commit that stored them (`storeDerived`). */
    announce(stored: StoredDerived): void;
    /** Events are stored no faster than this resolves: a reader that falls behind slows senders down. */
    paceBy(pace: () => Promise<void>): void;
    /** Called after every transaction that stored events; returns how to stop it. Wakes readers, carries nothing. */
    onStored(listener: () => void): () => void;
    queued(): Status["intake"];
    /** Follows files from where the last process stopped. */
    follow(files: readonly Follow[]): void;
    /** Replays the bundled logs when the store is empty, or goes on with it; false when there was nothing to do. */
    importSample(folder: string): Promise<boolean>;
    imports(): Status["imports"];
    /** Stops following and replaying, and waits until everything taken is on disk. */
    stop(): Promise<void>;
  }>;

export function createCollect({ database, clock, bus, log, intakeBytesMax }: CollectDeps): Collect {
  const queue = new IntakeQueue({ database, clock, bus, log });
  const sensors = createSensors({ database, clock, bus });
  const imports = new Map<string, ImportState>();
  const followed: RunningLoop[] = [];
  const ending = new AbortController();
  let replay: Promise<unknown> | undefined;
  const report = (state: ImportState): void => void imports.set(state.name, state);

  const stop = async (): Promise<void> => {
    ending.abort();
    // What it failed with was told to whoever began it.
    await replay?.catch(() => undefined);
    await Promise.all(followed.splice(0).map(async (loop) => await loop.stop()));
    await queue.drain();
  };

  return {
    sensors,
    intake: createIntake({ database, clock, queue, intakeBytesMax }),
    readAfter: async (position, limit, reader) =>
      queue.tail.after(position, limit, reader) ?? (await readEventsAfter(database.read, position, limit)),
    announce: (stored) => queue.announce(stored),
    paceBy: (pace) => queue.paceBy(pace),
    onStored: (listener) => queue.onStored(listener),
    queued: () => ({ queuedBytes: queue.queuedBytes, queuedBytesMax: intakeBytesMax }),
    follow: (files) => void followed.push(...files.map((file) => followFile({ database, queue, sensors, log }, file))),
    importSample: async (folder) =>
      await (replay = importSample({ database, queue, sensors, bus, report, stop: ending.signal }, folder)),
    imports: () => [...imports.values()],
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
