import { ok, refuse, type Actor, type Result, type RuleStateSet } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { describeState, endedState, refusedEnd, stateOf, type SetState } from "./rule-state.ts";
import { deleteState, listStates, lockStates, overdueStates, putState } from "./state-store.ts";

export type RuleStatesDeps = Readonly<{
  database: Database;
  clock: Clock;
  bus: Bus;
  log: Logger;
  /** Whether there is such a rule: only those can be set. */
  isKnown: (ruleId: string) => boolean;
  /** Called after a state was stored: detection shall look. */
  onChanged: () => void;
}>;

/** Who asks. */
export type StateBy = Readonly<{ actor: Actor; requestId: string | null }>;
type Wanted = Readonly<{ ruleId: string; by: StateBy }>;

export type RuleStates = Readonly<{
  /** What was set, by rule; the time of some may be over and not written down yet. */
  all(): Promise<ReadonlyMap<string, SetState>>;
  set(wanted: Wanted & Readonly<{ change: RuleStateSet }>): Promise<Result<SetState>>;
  /** As if nobody had ever set anything; also for rules that are not in force any more. */
  clear(wanted: Wanted): Promise<Result<undefined>>;
  /** Writes down the end of states whose time is over, and says so. @returns false: nothing more to do at once */
  endOverdue(): Promise<boolean>;
  /** Starts the loop that does so, until stopped. */
  start(): RunningLoop;
}>;

const SYSTEM: StateBy = { actor: { kind: "system", id: "system", name: "Tyr" }, requestId: null };
/** A state ends at most this long after its time, as far as the log and the feed are concerned. */
const REST_MS = 500;

type Written = Readonly<{ facts: readonly Fact[]; ids: readonly string[] }>;
const nothing: Written = { facts: [], ids: [] };

export function createRuleStates(deps: RuleStatesDeps): RuleStates {
  const { database, clock, log, isKnown } = deps;
  const byRule = async (db: WriteTransaction | Database["read"]) =>
    new Map((await listStates(db)).map((one) => [one.ruleId, one]));
  const endOverdue = async (): Promise<boolean> => {
    const due = await overdueStates(database.read, clock.now());
    if (due.length > 0) await settle(deps, async (tx) => await end(tx, due, clock.now()));
    return false;
  };
  return {
    all: async () => await byRule(database.read),
    async set({ ruleId, change, by }) {
      const now = clock.now();
      if (!isKnown(ruleId)) return refuse("NOT_FOUND", `there is no rule ${ruleId} in force`);
      const refused = refusedEnd(change, now);
      if (refused !== undefined) return refused;
      const next = stateOf({ ruleId, change, by: by.actor, now });
      await settle(deps, async (tx) => {
        const ended = await end(tx, [ruleId], now);
        const before = (await byRule(tx)).get(ruleId);
        await putState(tx, next);
        return { facts: [...ended.facts, changed({ before, next, by })], ids: [ruleId] };
      });
      return ok(next);
    },
    async clear({ ruleId, by }) {
      const known = (await byRule(database.read)).has(ruleId);
      if (!known) return isKnown(ruleId) ? ok(undefined) : refuse("NOT_FOUND", `there is no rule ${ruleId} in force`);
      await settle(deps, async (tx) => {
        const ended = await end(tx, [ruleId], clock.now());
        const before = (await byRule(tx)).get(ruleId);
        if (before === undefined) return nothing;
        await deleteState(tx, ruleId);
        return { facts: [...ended.facts, changed({ before, next: undefined, by })], ids: [ruleId] };
      });
      return ok(undefined);
    },
    endOverdue,
    start: () => startLoop({ name: "rule-state", step: endOverdue, restMs: REST_MS, log }),
  };
}

/** One transaction after another; afterwards whoever goes by states is told. */
async function settle(
  { database, bus, onChanged }: RuleStatesDeps,
  work: (tx: WriteTransaction) => Promise<Written>,
): Promise<void> {
  const { ids } = await database.audited(
    ({ facts }: Written) => facts,
    async (tx) => {
      await lockStates(tx);
      return await work(tx);
    },
  );
  if (ids.length === 0) return;
  onChanged();
  for (const id of ids) bus.publish("rule.changed", { id, what: "state" });
}

async function end(tx: WriteTransaction, ruleIds: readonly string[], now: Date): Promise<Written> {
  const facts: Fact[] = [];
  const ids: string[] = [];
  for (const before of await listStates(tx)) {
    const next = ruleIds.includes(before.ruleId) ? endedState(before, now) : undefined;
    if (next === undefined) continue;
    await putState(tx, next);
    facts.push(changed({ before, next, by: SYSTEM }));
    ids.push(before.ruleId);
  }
  return { facts, ids };
}

type Change = Readonly<{ before: SetState | undefined; next: SetState | undefined; by: StateBy }>;

function changed({ before, next, by }: Change): Fact {
  return {
    type: "rule.state_changed",
    actor: by.actor,
    object: { kind: "rule", id: next?.ruleId ?? before?.ruleId ?? "" },
    before: before === undefined ? "enabled" : describeState(before),
    after: next === undefined ? "enabled" : describeState(next),
    requestId: by.requestId,
    details: { reason: next?.reason ?? null, until: next?.expiresAt?.toISOString() ?? null },
  };
}
