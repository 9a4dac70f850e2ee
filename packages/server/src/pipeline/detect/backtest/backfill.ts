import { createHash } from "node:crypto";
import { ok, refuse, type Actor, type Backfill, type BackfillNew, type Result } from "@tyr/contract";
import { cursorOf } from "#platform/bus";
import type { Fact } from "#platform/database";
import { newId } from "#platform/ids";
import type { NewDetection } from "../detection.ts";
import { createEvaluator } from "../evaluate.ts";
import { CONSUMER, insertBackfilled } from "../evaluation-store.ts";
import type { PackRule } from "../rule-pack.ts";
import { appliedStates, type AppliedStates } from "../rules/rule-state.ts";
import { listStates } from "../rules/state-store.ts";
import { runView, type By, type RunStatus } from "./background.ts";
import { RESULTS_MAX, type RunDeps } from "./backtest.ts";
import { rulesInForce, warmUpMsOf, type Trial } from "./draft.ts";
import { readPeriod, refuseWhileRunning } from "./period.ts";
import { replay, type Period } from "./replay.ts";

/** Rules in force let find in older events. What they find is stored and marked; nobody is told, and no incident opens. */
export type Backfills = Readonly<{
  begin(asked: BackfillNew, by: By): Promise<Result<Backfill>>;
  list(): readonly Backfill[];
  find(id: string): Backfill | undefined;
  cancel(id: string, by: By): Promise<Backfill | undefined>;
}>;

type Fill = Readonly<{
  id: Backfill["id"];
  status: RunStatus;
  period: Period;
  rule: PackRule;
  trial: Trial;
  states: AppliedStates;
  reason: string;
  written: { detections: number; tags: number };
}>;

export function createBackfills(deps: RunDeps): Backfills {
  const { database, background } = deps;
  let fills: readonly Fill[] = [];
  const find = (id: string): Backfill | undefined => {
    const found = fills.find((one) => one.id === id);
    return found && viewOf(found);
  };
  return {
    async begin(asked, by) {
      const prepared = await prepare(deps, asked, by.actor);
      if (!prepared.ok) return prepared;
      // Looked at in the same turn in which it begins: two requests at once do not both.
      const free = refuseWhileRunning(background);
      if (!free.ok) return free;
      const fill = prepared.value;
      fills = [fill, ...fills].slice(0, RESULTS_MAX);
      const started = database.audited(startedFact(fill, by), async () => undefined);
      background.begin(fill.status, async (signal) => {
        await started;
        await run(deps, fill, signal);
      });
      await started;
      return ok(viewOf(fill));
    },
    list: () => fills.map(viewOf),
    find,
    async cancel(id, { actor, requestId }) {
      const fill = fills.find((one) => one.id === id);
      if (fill === undefined) return undefined;
      if (fill.status.endedAt !== null) return viewOf(fill);
      await background.cancel(id);
      const { status, rule, written } = fill;
      await database.audited(
        {
          type: "rule.backfill_cancelled",
          actor,
          requestId,
          object: { kind: "rule", id: rule.id },
          after: status.state,
          details: { backfill: id, detections: written.detections, tags: written.tags },
        },
        async () => undefined,
      );
      return viewOf(fill);
    },
  };
}

async function prepare({ database, clock, rules }: RunDeps, asked: BackfillNew, actor: Actor): Promise<Result<Fill>> {
  const period = readPeriod(asked);
  if (!period.ok) return period;
  const trial = rulesInForce([asked.ruleId], rules());
  const [rule] = trial.asked;
  if (rule === undefined) return refuse("NOT_FOUND", `no rule in force has the id ${asked.ruleId}`);
  if (!rule.sigma.reported)
    return refuse("VALIDATION_FAILED", "body/ruleId is a rule that only feeds correlations and finds nothing itself");
  const now = clock.now();
  const states = appliedStates(await listStates(database.read), now);
  const state = states.get(rule.id)?.state;
  if (state === "disabled" || state === "muted")
    return refuse("VALIDATION_FAILED", `body/ruleId is ${state}: enable the rule first`);
  const id = newId("backfill", now);
  const status: RunStatus = { id, by: actor, startedAt: now, state: "running", endedAt: null, progress: 0, events: 0 };
  const written = { detections: 0, tags: 0 };
  return ok({ id, status, period: period.value, rule, trial, states, reason: asked.reason, written });
}

async function run(deps: RunDeps, fill: Fill, signal: AbortSignal): Promise<void> {
  const { database, keptUp } = deps;
  const { status, period, rule, trial, states } = fill;
  const evaluator = createEvaluator(trial.pack, undefined, { hashGroup: deps.hashGroup });
  evaluator.apply(states);
  let found: NewDetection[] = [];
  await replay({
    read: database.read,
    period,
    warmUpMs: warmUpMsOf(trial),
    // What comes after is found as it comes.
    upTo: await cursorOf(database.read, CONSUMER),
    keptUp,
    signal,
    visit(event, inPeriod) {
      const detections = evaluator.evaluate(event).filter(({ ruleId }) => ruleId === rule.id);
      if (!inPeriod) return;
      status.events += 1;
      found.push(...detections);
    },
    async onPiece(progress) {
      const taken = found;
      found = [];
      await store(deps, fill, taken);
      status.progress = progress;
    },
  });
}

/** Findings of one piece and their entry, or neither. Without anything new there is nothing to write down. */
async function store({ database, clock }: RunDeps, fill: Fill, found: readonly NewDetection[]): Promise<void> {
  if (found.length === 0) return;
  const write = async (): Promise<readonly NewDetection[]> =>
    await database.audited(
      (stored: readonly NewDetection[]) => (stored.length === 0 ? [] : [filledFact(fill, stored)]),
      async (tx) => await insertBackfilled(tx, found, { now: clock.now(), backfill: fill.id }),
    );
  // A live batch may store the same finding at this moment, when the rule has just come into force: the second try sees it.
  const stored = await write().catch(async () => await write());
  fill.written.detections += stored.length;
  fill.written.tags += tagsOf(stored);
}

function tagsOf(stored: readonly NewDetection[]): number {
  return stored.reduce((sum, { tags }) => sum + tags.length, 0);
}

function startedFact({ id, rule, period, reason }: Fill, { actor, requestId }: By): Fact {
  return {
    type: "rule.backfill_started",
    actor,
    requestId,
    object: { kind: "rule", id: rule.id },
    after: "running",
    details: {
      backfill: id,
      ruleVersion: rule.version,
      from: period.from.toISOString(),
      to: period.to.toISOString(),
      reason,
    },
  };
}

function filledFact({ id, rule, status }: Fill, stored: readonly NewDetection[]): Fact {
  const hash = createHash("sha256");
  for (const one of stored) hash.update(one.id).update("\n");
  return {
    type: "rule.backfilled",
    actor: status.by,
    object: { kind: "rule", id: rule.id },
    details: {
      backfill: id,
      ruleVersion: rule.version,
      detections: stored.length,
      tags: tagsOf(stored),
      detectionIdsDigest: hash.digest("hex"),
    },
  };
}

function viewOf({ id, status, period, rule, reason, written }: Fill): Backfill {
  return {
    id,
    ...runView(status, period),
    ruleId: rule.id,
    ruleVersion: rule.version,
    reason,
    ...written,
  };
}
