import type { Actor, Backtest } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/log";
import type { Period } from "./replay.ts";

/** Who asked, and in which request. */
export type By = Readonly<{ actor: Actor; requestId: string | null }>;

/** How a run over stored events stands; it is changed while it goes on. */
export type RunStatus = {
  readonly id: string;
  readonly by: Actor;
  readonly startedAt: Date;
  state: Backtest["state"];
  endedAt: Date | null;
  progress: number;
  events: number;
};

/** What every run in the background says of itself, as the API has it. */
export function runView({ state, by, startedAt, endedAt, progress, events }: RunStatus, { from, to }: Period) {
  return {
    state,
    from: from.toISOString(),
    to: to.toISOString(),
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    by,
    progress,
    events,
  };
}

/** What is run beside the stages: one at a time, because it takes half of a core and windows of its own. */
export type Background = Readonly<{
  /** The run going on. */
  running(): RunStatus | undefined;
  begin(status: RunStatus, work: (signal: AbortSignal) => Promise<void>): void;
  /** Ends a run after the piece in hand; nothing to do for one that is over. */
  cancel(id: string): Promise<void>;
  stop(): Promise<void>;
}>;

type Going = Readonly<{ status: RunStatus; ending: AbortController; done: Promise<void> }>;

export function createBackground({ clock, log }: Readonly<{ clock: Clock; log: Logger }>): Background {
  let going: Going | undefined;

  const run = async (status: RunStatus, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      if (status.state === "running") Object.assign(status, { state: "done", progress: 1 });
    } catch (error) {
      log.error({ err: error, run: status.id }, "a run over stored events broke off");
      status.state = "interrupted";
    } finally {
      status.endedAt = clock.now();
      going = undefined;
    }
  };
  const end = async (state: RunStatus["state"]): Promise<void> => {
    if (going === undefined) return;
    const { status, ending, done } = going;
    status.state = state;
    ending.abort();
    await done;
  };
  return {
    running: () => going?.status,
    begin(status, work) {
      const ending = new AbortController();
      // Begun in a turn of its own: it may be over before this returns.
      const done = Promise.resolve().then(async () => await run(status, async () => await work(ending.signal)));
      going = { status, ending, done };
    },
    async cancel(id) {
      if (going?.status.id === id) await end("cancelled");
    },
    stop: async () => await end("interrupted"),
  };
}
