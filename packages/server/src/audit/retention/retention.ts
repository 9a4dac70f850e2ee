import {
  RECORD_CLASS_NAMES,
  RECORD_CLASSES,
  type Actor,
  type RecordClass,
  type RetentionLine,
  type RetentionReport,
  type RetentionRun,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, Page, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { startLoop, type Leading, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { insertRun, lastDailyRun, listRuns } from "./run-store.ts";

type Held = RetentionLine["held"];
/** Addresses under a legal hold, and whose values are. */
type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;
type Counted = Readonly<{ due: number; held: Held }>;
/** One class of records, where it is stored. */
export type Retained = Readonly<{
  count(tx: WriteTransaction, due: Due): Promise<Counted>;
  /** Removes at most `limit` records that are due and not held. @returns how many */
  remove(tx: WriteTransaction, due: Due, limit: number): Promise<number>;
}>;
type RetentionOrder = Readonly<{ actor: Actor; requestId: string | null; reason: string }>;
/** A class that needs more than one transaction for a removal, and logs each itself. */
type RetainedApart = Readonly<{
  look(due: Due): Promise<Counted>;
  /** @returns how many were removed */
  removeAll(due: Due, order: RetentionOrder & Readonly<{ keepDays: number }>): Promise<number>;
}>;

export type RetentionDeps = Readonly<{
  database: Database;
  clock: Clock;
  log: Logger;
  /** Left out: no other process shares the database. */
  leading?: Leading | undefined;
  /** Days by class; a class without a number is kept for ever. */
  keepDays: Readonly<Partial<Record<RecordClass, number>>>;
  classes: Readonly<Record<RecordClass, Retained | RetainedApart>>;
  /** Subjects under a legal hold, as `Privacy.holds` names them. */
  heldSubjects: () => Promise<readonly string[]>;
}>;

/** Removes what is older than its class is kept, except what is held; every removal is logged with what it left. */
export type Retention = Readonly<{
  /** What a run would remove and hold now. */
  report(): Promise<RetentionReport>;
  /** Whatever it removed, and why it ended early if it did, is in its stored report. */
  run(order: RetentionOrder): Promise<RetentionReport>;
  /** Reports of runs, newest first. */
  runs(page: Readonly<{ before: string | undefined; limit: number }>): Promise<Page<RetentionRun, string>>;
  /** A run a day; at rest when no class has a time. */
  start(): RunningLoop;
}>;

const DAY_MS = 86_400_000;
/** How soon after its time the day's run begins. */
const LOOK_MS = 60_000;
/** Records a transaction: the embedded engine serves nobody else meanwhile. */
const BATCH = 5_000;
const system: Actor = { kind: "system", id: "system", name: "system" };

type Line = Readonly<{ name: RecordClass; days: number; due: Due }>;

async function linesOf({ clock, keepDays, heldSubjects }: RetentionDeps): Promise<readonly Line[]> {
  const held = await heldSubjects();
  const now = clock.now().getTime();
  return RECORD_CLASS_NAMES.flatMap((name) => {
    const days = keepDays[name];
    return days === undefined
      ? []
      : [{ name, days, due: { cutoff: new Date(now - days * DAY_MS), heldSubjects: held } }];
  });
}

/** Counted in a transaction that leaves nothing behind. */
async function look({ database, classes }: RetentionDeps, { name, days, due }: Line): Promise<RetentionLine> {
  const one = classes[name];
  const counted =
    "look" in one
      ? await one.look(due)
      : await database.audited(
          () => [],
          async (tx) => await one.count(tx, due),
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

type Removing = Readonly<{ line: Line; seen: RetentionLine; order: RetentionOrder }>;

/** A batch to a transaction that logs itself; `removed` grows with each, so that a failure leaves what was done in it. */
async function removeBatches(
  { database }: RetentionDeps,
  one: Retained,
  { line, seen, order }: Removing,
): Promise<number> {
  let removed = 0;
  for (let last = BATCH; last === BATCH; removed += last)
    last = await database.audited(
      (count: number) => (count === 0 ? [] : [factOf(seen, count, order)]),
      async (tx) => await one.remove(tx, line.due, BATCH),
    );
  return removed;
}

async function removeAll(deps: RetentionDeps, line: Line, order: RetentionOrder): Promise<RetentionLine> {
  const seen = await look(deps, line);
  const one = deps.classes[line.name];
  const removed =
    "look" in one
      ? await one.removeAll(line.due, { ...order, keepDays: line.days })
      : await removeBatches(deps, one, { line, seen, order });
  return { ...seen, removed };
}

type Ran = Readonly<{ startedAt: Date; items: readonly RetentionLine[]; failed: string | null; order: RetentionOrder }>;

/** The report and the entry about it; a run that found nothing to do is told too: it shows that there was one. */
async function keepReport({ database, clock }: RetentionDeps, ran: Ran): Promise<void> {
  const { startedAt, failed, order } = ran;
  const items = [...ran.items];
  const { kind, id } = order.actor;
  const now = clock.now();
  const run: RetentionRun = {
    id: newId("retentionRun", now),
    startedAt: startedAt.toISOString(),
    endedAt: now.toISOString(),
    by: { kind, id },
    reason: order.reason,
    items,
    failed,
  };
  const removed = items.reduce((sum, line) => sum + line.removed, 0);
  const held = items.reduce((sum, line) => sum + line.held.reduce((all, one) => all + one.records, 0), 0);
  const fact: Fact = {
    type: "retention.ran",
    actor: order.actor,
    requestId: order.requestId,
    object: { kind: "retention-run", id: run.id },
    outcome: failed === null ? "success" : "failure",
    after: failed === null ? "ended" : "failed",
    details: { classes: items.map((line) => line.class), removed, held, failed, reason: order.reason },
  };
  await database.audited(fact, async (tx) => await insertRun(tx, run));
}

async function runAll(deps: RetentionDeps, order: RetentionOrder): Promise<readonly RetentionLine[]> {
  const startedAt = deps.clock.now();
  const items: RetentionLine[] = [];
  try {
    for (const line of await linesOf(deps)) items.push(await removeAll(deps, line, order));
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    await keepReport(deps, { startedAt, items, failed, order });
    throw error;
  }
  await keepReport(deps, { startedAt, items, failed: null, order });
  return items;
}

/** A day after the last one, whoever was down meanwhile; at once when there was none. */
async function nextRunAt({ database, keepDays, clock }: RetentionDeps): Promise<Date | undefined> {
  if (Object.keys(keepDays).length === 0) return undefined;
  const last = await lastDailyRun(database.read);
  return last === undefined ? clock.now() : new Date(last.getTime() + DAY_MS);
}

export function createRetention(deps: RetentionDeps): Retention {
  const { clock, keepDays, database } = deps;
  const reportOf = async (items: readonly RetentionLine[], dryRun: boolean): Promise<RetentionReport> => ({
    dryRun,
    items: [...items],
    classes: RECORD_CLASS_NAMES.map((name) => ({
      class: name,
      about: RECORD_CLASSES[name],
      keepDays: keepDays[name] ?? null,
    })),
    nextRunAt: (await nextRunAt(deps))?.toISOString() ?? null,
  });
  return {
    async report() {
      const items: RetentionLine[] = [];
      for (const line of await linesOf(deps)) items.push(await look(deps, line));
      return await reportOf(items, true);
    },
    run: async (order) => await reportOf(await runAll(deps, order), false),
    runs: async (page) => await listRuns(database.read, page),
    start: () =>
      startLoop({
        name: "retention",
        restMs: LOOK_MS,
        log: deps.log,
        leading: deps.leading,
        async step() {
          const next = await nextRunAt(deps);
          if (next !== undefined && next <= clock.now())
            await runAll(deps, { actor: system, requestId: null, reason: "the day's run" });
          return false;
        },
      }),
  };
}
