import type { Groups } from "./groups.ts";
import { atMs, type LiftEvent } from "./lifter.ts";

/** How something ended: it said so, nothing came of it for a while, or there was no room to wait for more of it. */
export type End = "closed" | "idle" | "full";

/** What is over after a silence. */
export type Lasting = Readonly<{
  /** Event time of the newest event, milliseconds. */
  lastMs: number;
  /** Our clock at that event: for sensors that fall silent. */
  seenMs: number;
}>;

export type Ending<S> = Readonly<{ groups: Groups<S>; idleMs: number; end: (state: S, how: End) => void }>;

/** Looking at every sensor costs: done at every so many places of the stream. */
const SWEEP_EVERY = 256;
/** Ended because of one event, per sensor: a long silence ends many, one event after the other. */
const ENDED_MAX = 16;

/**
 * Ends what nothing came of lately by the clock of the sensor that speaks, so that an import of last month's log and what
 * comes in live do not end each other's; and, once in a while, what sensors left that fell silent, by our clock.
 */
export function endIdle<S extends Lasting>(event: LiftEvent, ending: Ending<S>): void {
  const at = atMs(event);
  endWhile(event.sensorId, ending, ({ lastMs }) => at - lastMs > ending.idleMs);
  if (event.position % SWEEP_EVERY !== 0) return;
  const seen = event.observedAt.getTime();
  for (const lane of ending.groups.lanes()) endWhile(lane, ending, ({ seenMs }) => seen - seenMs > ending.idleMs);
}

function endWhile<S>(lane: string, { groups, end }: Ending<S>, isOver: (state: S) => boolean): void {
  for (let ended = 0; ended < ENDED_MAX; ended += 1) {
    const oldest = groups.oldest(lane);
    if (oldest === undefined || !isOver(oldest[1])) return;
    groups.delete(oldest[0]);
    end(oldest[1], "idle");
  }
}

/** Ends everything. */
export function endAll<S>(groups: Groups<S>, end: (state: S) => void): void {
  for (const lane of groups.lanes())
    for (let oldest = groups.oldest(lane); oldest !== undefined; oldest = groups.oldest(lane)) {
      groups.delete(oldest[0]);
      end(oldest[1]);
    }
}

/** The newest event of something that lasts. */
export function lastingAt(event: LiftEvent, before?: Lasting): Lasting {
  const at = atMs(event);
  const seen = event.observedAt.getTime();
  return { lastMs: Math.max(before?.lastMs ?? at, at), seenMs: Math.max(before?.seenMs ?? seen, seen) };
}
