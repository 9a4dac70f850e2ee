import { ok, refuse, type Backtest, type BacktestNew, type Result } from "@tyr/contract";
import { eventHead } from "#collect";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { newId } from "#platform/ids";
import { createEvaluator } from "../evaluate.ts";
import type { RulePack } from "../rule-pack.ts";
import { runView, type Background, type By, type RunStatus } from "./background.ts";
import { createCostCheck } from "./cost.ts";
import { readDraft, rulesInForce, warmUpMsOf, type Trial } from "./draft.ts";
import { readPeriod, refuseWhileRunning } from "./period.ts";
import { replay, type Period } from "./replay.ts";
import { createTally, type Tally } from "./tally.ts";
import type { HashSecret } from "../lift/credential.ts";

export type RunDeps = Readonly<{
  database: Database;
  clock: Clock;
  rules: () => RulePack;
  /** Resolves when the live stage is close behind. */
  keptUp: () => Promise<void>;
  /** With the key of this installation: what a backfill finds is stored. */
  hashGroup?: HashSecret;
  background: Background;
}>;

/** Rules tried on stored events. Results are in memory: the last twenty, until the server stops. */
export type Backtests = Readonly<{
  begin(asked: BacktestNew, by: By): Promise<Result<Backtest>>;
  list(): readonly Backtest[];
  find(id: string): Backtest | undefined;
  /** @returns how it ended; undefined when there is no such backtest */
  cancel(id: string): Promise<Backtest | undefined>;
}>;

/** Results kept. */
export const RESULTS_MAX = 20;

/** A loss: events that were looked at with neither the draft nor the rule in force, because they would take too long. */
const TOO_COSTLY = "too_costly";

type Test = Readonly<{
  id: Backtest["id"];
  status: RunStatus;
  period: Period;
  tallies: readonly Tally[];
  losses: Map<string, number>;
}>;

export function createBacktests(deps: RunDeps): Backtests {
  const { clock, rules, background } = deps;
  let tests: readonly Test[] = [];
  const find = (id: string): Backtest | undefined => {
    const found = tests.find((one) => one.id === id);
    return found && viewOf(found);
  };
  return {
    async begin(asked, { actor }) {
      const free = refuseWhileRunning(background);
      if (!free.ok) return free;
      const period = readPeriod(asked);
      if (!period.ok) return period;
      const inForce = rules();
      const trial = "text" in asked ? readDraft(asked.text, inForce) : trialOf(asked.ruleId, inForce);
      if (!trial.ok) return trial;
      const now = clock.now();
      const id = newId("backtest", now);
      const status: RunStatus = {
        id,
        by: actor,
        startedAt: now,
        state: "running",
        endedAt: null,
        progress: 0,
        events: 0,
      };
      const beside = rulesInForce(
        trial.value.asked.map((rule) => rule.id),
        inForce,
      );
      const test = testOf({ id, status, period: period.value }, trial.value, beside);
      tests = [test, ...tests].slice(0, RESULTS_MAX);
      background.begin(status, async (signal) => await run(deps, { test, trial: trial.value, beside, signal }));
      return ok(viewOf(test));
    },
    list: () => tests.map(viewOf),
    find,
    async cancel(id) {
      await background.cancel(id);
      return find(id);
    },
  };
}

function trialOf(ruleId: string, inForce: RulePack): Result<Trial> {
  const trial = rulesInForce([ruleId], inForce);
  return trial.asked.length === 0 ? refuse("NOT_FOUND", `no rule in force has the id ${ruleId}`) : ok(trial);
}

function testOf(head: Pick<Test, "id" | "status" | "period">, { asked }: Trial, beside: Trial): Test {
  const tallies = asked.map((rule) =>
    createTally(
      rule,
      beside.asked.find(({ id }) => id === rule.id),
    ),
  );
  return { ...head, tallies, losses: new Map() };
}

type Run = Readonly<{ test: Test; trial: Trial; beside: Trial; signal: AbortSignal }>;

/** Both are fed the same events; what the rule in force would find now is computed anew, not read. */
async function run({ database, keptUp }: RunDeps, { test, trial, beside, signal }: Run): Promise<void> {
  const { status, tallies, losses, period } = test;
  const tried = createEvaluator(trial.pack, ({ reason, count }) => {
    losses.set(reason, (losses.get(reason) ?? 0) + count);
  });
  const inForce = createEvaluator(beside.pack);
  const isTooCostly = createCostCheck(trial.pack);
  await replay({
    read: database.read,
    period,
    warmUpMs: Math.max(warmUpMsOf(trial), warmUpMsOf(beside)),
    upTo: await eventHead(database.read),
    keptUp,
    signal,
    visit(event, inPeriod) {
      if (isTooCostly(event)) {
        losses.set(TOO_COSTLY, (losses.get(TOO_COSTLY) ?? 0) + 1);
        return;
      }
      const here = tried.evaluate(event);
      const there = inForce.evaluate(event);
      if (!inPeriod) return;
      status.events += 1;
      if (here.length === 0 && there.length === 0) return;
      for (const [index, { id }] of trial.asked.entries()) {
        const own = (found: typeof here) => found.filter(({ ruleId }) => ruleId === id);
        tallies[index]?.add(own(here), own(there));
      }
    },
    onPiece: async (progress) => void (status.progress = progress),
  });
}

function viewOf({ id, status, period, tallies, losses }: Test): Backtest {
  return {
    id,
    ...runView(status, period),
    rules: tallies.map((tally) => tally.report()),
    losses: Object.fromEntries(losses),
  };
}
