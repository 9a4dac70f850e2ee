import type { Logger } from "#platform/log";
import { createBackfills, type Backfills } from "./backfill.ts";
import { createBackground } from "./background.ts";
import { createBacktests, type Backtests, type RunDeps } from "./backtest.ts";

/** Runs over stored events, one at a time. */
export type Replays = Readonly<{
  backtests: Backtests;
  backfills: Backfills;
  /** Breaks off what runs, after the piece in hand. */
  stop(): Promise<void>;
}>;

export function createReplays(deps: Omit<RunDeps, "background"> & Readonly<{ log: Logger }>): Replays {
  const background = createBackground(deps);
  const parts = { ...deps, background };
  return { backtests: createBacktests(parts), backfills: createBackfills(parts), stop: background.stop };
}
