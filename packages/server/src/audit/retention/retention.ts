import type { Actor, RecordClass, RetentionLine, RetentionReport } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";

type Held = RetentionLine["held"];
/** Addresses under a legal hold, and whose values are. */
type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;
/** One class of records, where it is stored. */
export type Retained = Readonly<{
  count(tx: WriteTransaction, due: Due): Promise<Readonly<{ due: number; held: Held }>>;
  /** Removes at most `limit` records that are due and not held. @returns how many */
  remove(tx: WriteTransaction, due: Due, limit: number): Promise<number>;
}>;

export type RetentionDeps = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  /** Days by class; a class without a number is kept for ever. */
  keepDays: Readonly<Partial<Record<RecordClass, number>>>;
  classes: Readonly<Record<RecordClass, Retained>>;
  /** Subjects under a legal hold, as `Privacy.holds` names them. */
  heldSubjects: () => Promise<readonly string[]>;
}>;
type RetentionOrder = Readonly<{ actor: Actor; requestId: string | null; reason: string }>;

/** Removes what is older than its class is kept, except what is held; every removal is logged with what it left. */
export type Retention = Readonly<{
  /** What a run would remove and hold now. */
  report(): Promise<RetentionReport>;
  run(order: RetentionOrder): Promise<RetentionReport>;
  /** A run a day; at rest when no class has a time. */
  start(): RunningLoop;
}>;

const DAY_MS = 86_400_000;
/** Records a transaction: the embedded engine serves nobody else meanwhile. */
const BATCH = 5_000;
const system: Actor = { kind: "system", id: "system", name: "system" };

type Line = Readonly<{ name: RecordClass; days: number; due: Due }>;

async function linesOf({ clock, keepDays, heldSubjects }: RetentionDeps): Promise<readonly Line[]> {
  const held = await heldSubjects();
  const now = clock.now().getTime();
  const set = Object.entries(keepDays) as [RecordClass, number][];
  return set.map(([name, days]) => ({
    name,
    days,
    due: { cutoff: new Date(now - days * DAY_MS), heldSubjects: held },
  }));
}

/** Counted in a transaction that leaves nothing behind. */
async function look({ database, classes }: RetentionDeps, { name, days, due }: Line): Promise<RetentionLine> {
  const counted = await database.audited(
    () => [],
    async (tx) => await classes[name].count(tx, due),
  );
  return { class: name, keepDays: days, cutoff: due.cutoff.toISOString(), removed: 0, ...counted };
}

function factOf(line: RetentionLine, removed: number, order: RetentionOrder): Fact {
  const { class: name, keepDays, cutoff, held } = line;
  return {
    type: "retention.removed",
    actor: order.actor,
    requestId: order.requestId,
    object: { kind: "records", id: name },
    details: { keepDays, cutoff, removed, held, reason: order.reason },
  };
}

async function removeAll(deps: RetentionDeps, line: Line, order: RetentionOrder): Promise<RetentionLine> {
  const seen = await look(deps, line);
  let removed = 0;
  for (let last = BATCH; last === BATCH; removed += last) {
    last = await deps.database.audited(
      (count: number) => (count === 0 ? [] : [factOf(seen, count, order)]),
      async (tx) => await deps.classes[line.name].remove(tx, line.due, BATCH),
    );
  }
  return { ...seen, removed };
}

export function createRetention(deps: RetentionDeps): Retention {
  const run = async (order: RetentionOrder): Promise<RetentionReport> => {
    const items: RetentionLine[] = [];
    for (const line of await linesOf(deps)) items.push(await removeAll(deps, line, order));
    return { dryRun: false, items };
  };
  return {
    async report() {
      const items: RetentionLine[] = [];
      for (const line of await linesOf(deps)) items.push(await look(deps, line));
      return { dryRun: true, items };
    },
    run,
    start: () =>
      startLoop({
        name: "retention",
        restMs: DAY_MS,
        log: deps.log,
        async step() {
          await run({ actor: system, requestId: null, reason: "the day's run" });
          return false;
        },
      }),
  };
}
