import { setTimeout as sleep } from "node:timers/promises";
import type { WriteTransaction } from "#platform/database";
import type { Logger } from "#platform/log";

/** Whether this process is the one that does something, of all that share a database. */
export type Leading = Readonly<{
  isLeading: () => boolean;
  /** Called when that changes. @returns how to stop listening */
  onChange: (listener: () => void) => () => void;
  /**
   * Nobody else takes the lead until the transaction ends: for what a stage writes before it has a cursor to hold.
   *
   * @throws {Error} another process has taken it, which this one does not know yet
   */
  hold?: (tx: WriteTransaction) => Promise<void>;
}>;

export type Loop = Readonly<{
  name: string;
  /** One step. Resolves to true when there is more to do at once, false to rest until woken or `restMs` passed. */
  step: (signal: AbortSignal) => Promise<boolean>;
  /** Longest rest between steps without a wake-up, milliseconds. */
  restMs: number;
  log: Logger;
  /** Left out: every process runs it. */
  leading?: Leading | undefined;
  /** Done in place of a step, between rests, while another process leads: what is remembered is what that one overtakes. */
  standBy?: () => Promise<void>;
}>;

/** A loop that can be woken and, when stopped, waits for its step in hand. */
export type RunningLoop = Readonly<{ wake(): void; stop(): Promise<void> }>;

const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 30_000;
/** Rest of a loop that stands by for another process, and does something meanwhile. */
const STAND_BY_REST_MS = 250;

/** Runs steps until stopped. A failing step is logged and tried again with back-off: nothing is skipped. */
export function startLoop({ name, step: work, restMs, log, leading, standBy }: Loop): RunningLoop {
  const ending = new AbortController();
  let rest: AbortController | undefined;
  let woken = false;
  const step = async (signal: AbortSignal): Promise<boolean> => {
    if (leading === undefined || leading.isLeading()) return await work(signal);
    if (standBy === undefined) return false;
    await standBy();
    await pause(Math.min(restMs, STAND_BY_REST_MS));
    return true;
  };

  const pause = async (ms: number): Promise<void> => {
    if (woken || ending.signal.aborted) return;
    rest = new AbortController();
    await sleep(ms, undefined, { signal: AbortSignal.any([rest.signal, ending.signal]) }).catch(() => undefined);
    rest = undefined;
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!ending.signal.aborted) {
      woken = false;
      try {
        const more = await step(ending.signal);
        failures = 0;
        if (!more) await pause(restMs);
      } catch (error) {
        if (ending.signal.aborted) return;
        failures += 1;
        log.error({ err: error, loop: name, failures }, "a step failed and will be tried again");
        await sleep(Math.min(BACKOFF_FIRST_MS * 2 ** (failures - 1), BACKOFF_MAX_MS), undefined, {
          signal: ending.signal,
        }).catch(() => undefined);
      }
    }
  };

  const wake = (): void => {
    woken = true;
    rest?.abort();
  };
  const leave = leading?.onChange(wake);
  const done = run();
  return {
    wake,
    async stop() {
      leave?.();
      ending.abort();
      await done;
    },
  };
}
