import { ok, refuse, type Actor, type PolicyBacktest, type Result } from "@tyr/contract";
import { POLICY_BACKTEST_DECISIONS_MAX } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { newId } from "#platform/ids";
import type { Logger } from "#platform/log";
import { decisionsSince, type TrialSummary } from "../policy-store.ts";
import type { BundleSource } from "./bundle.ts";
import { openPolicyThread } from "./in-thread.ts";
import { emptyTally, replayDecisions, type Tally } from "./replay.ts";

const DAY_MS = 86_400_000;
/** Results kept, until the server stops. */
const RESULTS_MAX = 20;
/** Decisions replayed before a publication, newest first: some seconds. */
const TRIAL_DECISIONS_MAX = 5_000;
const TRIAL_DAYS = 30;

type Deps = Readonly<{ db: Database; clock: Clock; log: Logger }>;
type Candidate = Readonly<{ digest: string; source: BundleSource }>;
type Asked = Readonly<{ candidate: Candidate; days: number; by: Actor }>;

type Run = {
  readonly id: PolicyBacktest["id"];
  readonly asked: Asked;
  readonly startedAt: Date;
  readonly tally: Tally;
  readonly ending: AbortController;
  state: PolicyBacktest["state"];
  endedAt: Date | null;
  total: number;
  done: Promise<void>;
};

/** Backtests of policies, one at a time. */
export type PolicyBacktests = Readonly<{
  /** Refusal `REPLAY_RUNNING`. */
  begin(asked: Asked): Result<PolicyBacktest>;
  list(): readonly PolicyBacktest[];
  find(id: string): PolicyBacktest | undefined;
  /** Ends it after the piece in hand. @returns how it ended */
  cancel(id: string): Promise<PolicyBacktest | undefined>;
  /** What the bundle would have decided of the newest decisions, at once. */
  trial(candidate: BundleSource): Promise<TrialSummary>;
  stop(): Promise<void>;
}>;

function viewOf(run: Run): PolicyBacktest {
  const { id, asked, startedAt, tally, state, endedAt, total } = run;
  return {
    id,
    state,
    candidate: asked.candidate.digest,
    days: asked.days,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    by: asked.by,
    progress: state === "done" ? 1 : total === 0 ? 0 : Math.min(1, tally.decisions / total),
    decisions: tally.decisions,
    same: tally.same,
    unanswerable: tally.unanswerable,
    changes: tally.changes.map((change) => ({ ...change, examples: [...change.examples] })),
  };
}

async function go({ db, clock }: Deps, run: Run): Promise<void> {
  const { asked, tally, ending } = run;
  const since = new Date(clock.now().getTime() - asked.days * DAY_MS);
  const { count, ...between } = await decisionsSince(db.read, { since, max: POLICY_BACKTEST_DECISIONS_MAX });
  run.total = count;
  await using thread = openPolicyThread();
  await thread.open(asked.candidate.source);
  await replayDecisions({ read: db.read, thread, ...between, signal: ending.signal }, tally);
}

async function runToEnd(deps: Deps, run: Run): Promise<void> {
  try {
    await go(deps, run);
    if (run.state === "running") run.state = "done";
  } catch (error) {
    deps.log.error({ err: error, run: run.id }, "a backtest of policies broke off");
    run.state = "interrupted";
  } finally {
    run.endedAt = deps.clock.now();
  }
}

async function tryNewest({ db, clock }: Deps, candidate: BundleSource): Promise<TrialSummary> {
  const since = new Date(clock.now().getTime() - TRIAL_DAYS * DAY_MS);
  const { count: _, ...between } = await decisionsSince(db.read, { since, max: TRIAL_DECISIONS_MAX });
  await using thread = openPolicyThread();
  await thread.open(candidate);
  const tally = emptyTally();
  await replayDecisions({ read: db.read, thread, ...between, signal: new AbortController().signal }, tally);
  const { changes, ...counts } = tally;
  return { days: TRIAL_DAYS, ...counts, changes: changes.map(({ from, to, count }) => ({ from, to, count })) };
}

export function createPolicyBacktests(deps: Deps): PolicyBacktests {
  let runs: readonly Run[] = [];
  const going = (): Run | undefined => runs.find(({ state, endedAt }) => state === "running" && endedAt === null);
  const end = async (state: Run["state"], id?: string): Promise<void> => {
    const run = going();
    if (run === undefined || (id !== undefined && run.id !== id)) return;
    run.state = state;
    run.ending.abort();
    await run.done;
  };
  const find = (id: string): PolicyBacktest | undefined => {
    const found = runs.find((one) => one.id === id);
    return found && viewOf(found);
  };
  return {
    begin(asked) {
      const running = going();
      if (running !== undefined)
        return refuse("REPLAY_RUNNING", `${running.id} is going on: wait for it, or end it`, { id: running.id });
      const startedAt = deps.clock.now();
      const run: Run = {
        id: newId("policyBacktest", startedAt),
        asked,
        startedAt,
        tally: emptyTally(),
        ending: new AbortController(),
        state: "running",
        endedAt: null,
        total: 0,
        done: Promise.resolve(),
      };
      run.done = runToEnd(deps, run);
      runs = [run, ...runs].slice(0, RESULTS_MAX);
      return ok(viewOf(run));
    },
    list: () => runs.map(viewOf),
    find,
    async cancel(id) {
      await end("cancelled", id);
      return find(id);
    },
    trial: async (candidate) => await tryNewest(deps, candidate),
    stop: async () => await end("interrupted"),
  };
}
