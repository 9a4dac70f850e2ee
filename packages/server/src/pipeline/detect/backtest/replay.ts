import { setImmediate as breathe, setTimeout as sleep } from "node:timers/promises";
import { positionBefore, readEventPiece, type StreamEvent } from "#collect";
import type { ReadDatabase } from "#platform/database";

/** From this time of events (included) to that one (left out). */
export type Period = Readonly<{ from: Date; to: Date }>;

/** Events far ahead of our clock are judged as of five minutes after they were stored: see `evaluate.ts`. */
const AHEAD_MAX_MS = 300_000;
/** Positions of one piece. */
const PIECE = 1_000;
/** Anything else runs after this time, or after the event in hand. */
const BREATH_MS = 8;
/** After each piece it rests as long as the piece took, so that it takes half of a core at most. */
const REST_MS_MAX = 1_000;

export type Replay = Readonly<{
  read: ReadDatabase;
  period: Period;
  /** Events so long before the period are fed too, for windows that reach back. */
  warmUpMs: number;
  /** The last position gone over; events stored later are the live stage's. */
  upTo: number;
  /** Resolves when the live stage is close behind what is stored: it goes first. */
  keptUp: () => Promise<void>;
  /** @param inPeriod false while windows are only filled */
  visit: (event: StreamEvent, inPeriod: boolean) => void;
  /** After each piece, with the part of the stream gone over. */
  onPiece: (progress: number) => Promise<void>;
  signal: AbortSignal;
}>;

/** Goes over stored events in the order they were stored in, piece by piece. Ends early when its signal is given. */
export async function replay(options: Replay): Promise<void> {
  const { read, period, warmUpMs, upTo, keptUp, onPiece, signal } = options;
  const from = new Date(period.from.getTime() - warmUpMs);
  const begin = Math.min(upTo, await positionBefore(read, new Date(from.getTime() - AHEAD_MAX_MS)));
  for (let after = begin; after < upTo && !signal.aborted;) {
    await either(keptUp(), signal);
    if (signal.aborted) return;
    const beganMs = performance.now();
    const next = Math.min(after + PIECE, upTo);
    const events = await readEventPiece(read, { after, upTo: next, from, to: period.to });
    await visitAll(events, options);
    if (signal.aborted) return;
    await onPiece((next - begin) / (upTo - begin));
    after = next;
    await sleep(Math.min(REST_MS_MAX, performance.now() - beganMs), undefined, { signal }).catch(() => undefined);
  }
}

async function visitAll(events: readonly StreamEvent[], { period, visit, signal }: Replay): Promise<void> {
  let sinceMs = performance.now();
  for (const event of events) {
    if (performance.now() - sinceMs >= BREATH_MS) {
      await breathe();
      sinceMs = performance.now();
    }
    if (signal.aborted) return;
    const timeMs = Math.min(event.time.getTime(), event.observedAt.getTime() + AHEAD_MAX_MS);
    if (timeMs < period.to.getTime()) visit(event, timeMs >= period.from.getTime());
  }
}

/** Whoever ends a run does not wait for the live stage. */
async function either(kept: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const ended = Promise.withResolvers<void>();
  const end = (): void => ended.resolve();
  signal.addEventListener("abort", end, { once: true });
  await Promise.race([kept, ended.promise]).finally(() => signal.removeEventListener("abort", end));
}
