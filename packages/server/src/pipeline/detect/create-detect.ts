import { cursorOf, headOf } from "#platform/bus";
import { startLoop } from "#platform/lifecycle";
import { createDroppedTags, type DroppedTags } from "./dropped-tags.ts";
import { CONSUMER } from "./evaluation-store.ts";
import type { FigureWatch } from "./figures/figure-watch.ts";
import { createLossCounts, type LossReport } from "./loss-counts.ts";
import { createLossNotices } from "./loss-notices.ts";
import { createPace } from "./pace.ts";
import type { RulePack } from "./rule-pack.ts";
import type { AppliedStates } from "./rules/rule-state.ts";
import { DetectWorker, type DetectDeps } from "./worker.ts";

export type Progress = Readonly<{ position: number; head: number; lag: number }>;

/** The running stage. */
export type Detect = Readonly<{
  wake(): void;
  /** Ends after the batch in hand. */
  stop(): Promise<void>;
  /** The pack in force. */
  rules(): RulePack;
  /**
   * Puts another pack in force whole, between two batches. What is found from then on is what a stage would find that was
   * stopped there and started with it. Resolves when it is in force, a newer one is, or the
   * stage has stopped; breakage is tried again.
   */
  replaceRules(pack: RulePack): Promise<void>;
  /**
   * Somebody set the state of a rule: with this call it counts from the next event looked at on, and is recorded with the
   * batch in hand. Without it what was stored is seen within a second.
   *
   * @param states all that count now
   */
  statesChanged(states: AppliedStates): void;
  progress(): Promise<Progress>;
  /** What correlations could not use since the start, by reason and by rule: late events, groups let go … */
  losses(): LossReport;
  /** Tags that were not made since the start, by reason. */
  dropped: DroppedTags["report"];
  /** How long events take, and what single-event rules take of it, sampled since the pack came into force; undefined before it did. */
  costs(): ReturnType<FigureWatch["costs"]> | undefined;
  /** Resolves when detection is close behind what is stored, or does not move: see `pace.ts`. */
  keptUp(): Promise<void>;
  /** Called after detections were stored. */
  onDetected(listener: () => void): () => void;
}>;

/** Less than what another process's states are asked for after: each step after a rest asks. */
const REST_MS = 1_000;

export function createDetect(deps: DetectDeps): Detect {
  const { database, bus, log, leading } = deps;
  const listeners = new Set<() => void>();
  const losses = createLossCounts(() => worker.pack.rules);
  const dropped = createDroppedTags();
  const notice = createLossNotices(log, deps.clock);
  const pace = createPace();
  const worker = new DetectWorker(deps, {
    onStep: (cursor) => pace.finished(cursor),
    onLoss: (loss) => {
      losses.add(loss);
      notice(loss);
    },
    onDropped: dropped.add,
    onRefused: losses.refuse,
    onDetected: () => {
      for (const listener of listeners) listener();
    },
  });
  // Whoever sends events to a process that stands by waits for the one that leads.
  const standBy = async (): Promise<void> => {
    worker.standBy();
    pace.finished(await cursorOf(database.read, CONSUMER));
  };
  const step = async (): Promise<boolean> => await worker.step();
  const loop = startLoop({ name: CONSUMER, step, restMs: REST_MS, log, leading, standBy });
  const unsubscribe = bus.subscribe(({ topic, data }, isRelayed) => {
    if (topic !== "event.stored") return;
    // How far others are is read from the rows: a head somebody made up would stop the intake for ever.
    if (!isRelayed) pace.stored(Number(data["head"]));
    loop.wake();
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      unsubscribe();
      await loop.stop();
      await worker.end();
    },
    rules: () => worker.pack,
    async replaceRules(pack) {
      const replaced = worker.replace(pack);
      loop.wake();
      await replaced;
    },
    statesChanged(states) {
      worker.lookAtStates(states);
      loop.wake();
    },
    progress: async () => await progressOf(deps),
    losses: losses.report,
    dropped: dropped.report,
    costs: () => worker.costs(),
    keptUp: async () => await pace.wait(),
    onDetected(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

async function progressOf({ database: { read } }: DetectDeps): Promise<Progress> {
  const [position, head] = [await cursorOf(read, CONSUMER), await headOf(read, "event")];
  return { position, head, lag: head - position };
}
