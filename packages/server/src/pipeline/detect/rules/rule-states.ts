import { ok, refuse, type Actor, type Result, type RuleStateSet } from "@tyr/contract";
import { enqueue, type Bus, type StoredMessage, type TopicBus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { startLoop, type Leading, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { onSpan, traced, type SpanAttributes } from "#platform/trace";
import {
  appliedStates,
  describeState,
  endedState,
  refusedChange,
  stateOf,
  type AppliedStates,
  type SetState,
} from "./rule-state.ts";
import { deleteState, listStates, lockStates, overdueStates, putState } from "./state-store.ts";

export type RuleStatesDeps = Readonly<{
  database: Database;
  clock: Clock;
  bus: Bus;
  topics: TopicBus;
  log: Logger;
  /** Whether there is such a rule: only those can be set. */
  isKnown: (ruleId: string) => boolean;
  /** Called after a state was stored, with all that count now: detection goes by them from the next event on. */
  onChanged: (states: AppliedStates) => void;
  /** Left out: no other process shares the database. */
  leading?: Leading | undefined;
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
  /** How often states became which since the start, at this process. */
  changed(): ReadonlyMap<string, number>;
  /** Starts the loop that does so, until stopped. */
  start(): RunningLoop;
}>;

const SYSTEM: StateBy = { actor: { kind: "system", id: "system", name: "Tyr" }, requestId: null };
/** A state ends at most this long after its time, as far as the log and the feed are concerned. */
const REST_MS = 500;

type Change = Readonly<{ ruleId: string; before: SetState | undefined; next: SetState | undefined; by: StateBy }>;
type Written = Readonly<{ changes: readonly Change[] }>;
/** @param sets everything that is set, read after the lock was taken */
type Work = (tx: WriteTransaction, sets: readonly SetState[]) => Promise<Written>;

export function createRuleStates(deps: RuleStatesDeps): RuleStates {
  const { database, clock, log, isKnown } = deps;
  const changed = new Map<string, number>();
  const settle = async (work: Work): Promise<void> => {
    for (const { next } of await settled(deps, work)) {
      const state = next?.state ?? "enabled";
      changed.set(state, (changed.get(state) ?? 0) + 1);
    }
  };
  const byRule = async () => new Map((await listStates(database.read)).map((one) => [one.ruleId, one]));
  const endOverdue = async (): Promise<boolean> => {
    const due = await overdueStates(database.read, clock.now());
    if (due.length > 0) await settle(async (tx, sets) => await end(tx, { due, sets, now: clock.now() }));
    return false;
  };
  return {
    all: byRule,
    async set({ ruleId, change, by }) {
      const now = clock.now();
      if (!isKnown(ruleId)) return refuse("NOT_FOUND", `there is no rule ${ruleId} in force`);
      const refused = refusedChange(change, now);
      if (refused !== undefined) return refused;
      const next = stateOf({ ruleId, change, by: by.actor, now });
      await settle(async (tx, sets) => {
        const { before, ended } = await whatIsSet(tx, { ruleId, sets, now });
        await putState(tx, next);
        return { changes: [...ended, { ruleId, before, next, by }] };
      });
      return ok(next);
    },
    async clear({ ruleId, by }) {
      const known = (await byRule()).has(ruleId);
      if (!known) return isKnown(ruleId) ? ok(undefined) : refuse("NOT_FOUND", `there is no rule ${ruleId} in force`);
      await settle(async (tx, sets) => {
        const { before, ended } = await whatIsSet(tx, { ruleId, sets, now: clock.now() });
        if (before === undefined) return { changes: [] };
        await deleteState(tx, ruleId);
        return { changes: [...ended, { ruleId, before, next: undefined, by }] };
      });
      return ok(undefined);
    },
    endOverdue,
    changed: () => changed,
    start: () => startLoop({ name: "rule-state", step: endOverdue, restMs: REST_MS, log, leading: deps.leading }),
  };
}

/** One transaction after another; the message is stored with the change, so that whoever must hear of it does. */
async function settled(deps: RuleStatesDeps, work: Work): Promise<readonly Change[]> {
  return await traced("ttp.rule.state.change", async () => {
    const stored = await traced("ttp.store.write_state", async () => await store(deps, work));
    onSpan({ rules: stored.changes.length });
    if (stored.changes.length > 0) traced("ttp.rule.publish", () => tell(deps, stored), namedBy(stored));
    return stored.changes;
  });
}

type Stored = Written & Readonly<{ messages: readonly StoredMessage[]; states: AppliedStates }>;

async function store({ database, clock }: RuleStatesDeps, work: Work): Promise<Stored> {
  return await database.audited(
    (done: Stored) => done.changes.map(factOf),
    async (tx) => {
      await lockStates(tx);
      const sets = await listStates(tx);
      const { changes } = await work(tx, sets);
      const messages = await enqueue(tx, changes.map(messageOf), clock.now());
      return { changes, messages, states: appliedStates(setAfter(sets, changes), clock.now()) };
    },
  );
}

function setAfter(sets: readonly SetState[], changes: readonly Change[]): readonly SetState[] {
  const after = new Map(sets.map((one) => [one.ruleId, one]));
  for (const { ruleId, next } of changes) {
    if (next === undefined) after.delete(ruleId);
    else after.set(ruleId, next);
  }
  return [...after.values()];
}

function tell({ bus, topics, onChanged }: RuleStatesDeps, { changes, messages, states }: Stored): void {
  onChanged(states);
  topics.deliver(messages);
  for (const { ruleId } of changes) bus.publish("rule.changed", { id: ruleId, what: "state" });
}

function namedBy({ changes: [only, ...others] }: Written): SpanAttributes {
  return only === undefined || others.length > 0 ? {} : { rule_id: only.ruleId };
}

/** What is set of a rule once a state whose time is over has ended, and that end where it was not written down yet. */
async function whatIsSet(
  tx: WriteTransaction,
  { ruleId, sets, now }: Readonly<{ ruleId: string; sets: readonly SetState[]; now: Date }>,
) {
  const found = sets.find((one) => one.ruleId === ruleId);
  const next = found === undefined ? undefined : endedState(found, now);
  if (next === undefined) return { before: found, ended: [] };
  await putState(tx, next);
  return { before: next, ended: [{ ruleId, before: found, next, by: SYSTEM }] };
}

async function end(
  tx: WriteTransaction,
  { due, sets, now }: Readonly<{ due: readonly string[]; sets: readonly SetState[]; now: Date }>,
): Promise<Written> {
  const changes: Change[] = [];
  for (const ruleId of due) changes.push(...(await whatIsSet(tx, { ruleId, sets, now })).ended);
  return { changes };
}

function factOf({ ruleId, before, next, by }: Change): Fact {
  return {
    type: "rule.state_changed",
    actor: by.actor,
    object: { kind: "rule", id: ruleId },
    before: before === undefined ? "enabled" : describeState(before),
    after: next === undefined ? "enabled" : describeState(next),
    requestId: by.requestId,
    details: { reason: next?.reason ?? null, until: next?.expiresAt?.toISOString() ?? null },
  };
}

/** Neither the reason nor a name: what people write stays in the log and in the table. */
function messageOf({ ruleId, next, by }: Change) {
  return {
    family: "ttp.rule.state.*",
    segments: [ruleId],
    payload: {
      rule_id: ruleId,
      state: next?.state ?? "enabled",
      confidence_max: next?.confidenceMax ?? null,
      expires_at: next?.expiresAt?.toISOString() ?? null,
      set_by: by.actor.id,
    },
  } as const;
}
