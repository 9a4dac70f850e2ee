import type { DirtyGroups } from "@tyr/sigma";
import { cursorOf, moveCursor } from "#platform/bus";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import type { NewDetection } from "./detection.ts";
import { keepErased, windowErasures } from "./erase-windows.ts";
import { CONSUMER, insertDetections, loadState, saveState, type StoredState } from "./evaluation-store.ts";
import { noteInputs, watchInputs } from "./figures/figure-store.ts";
import type { FigureWatch } from "./figures/figure-watch.ts";
import { putInForce, UNCHANGED, type PutInForce } from "./put-in-force.ts";
import { DETECT_ACTOR, recordedFact } from "./recorded-fact.ts";
import type { RulePack } from "./rule-pack.ts";
import { appliedStates, areSameStates, type AppliedStates } from "./rules/rule-state.ts";
import type { SetAside } from "./rules/set-aside.ts";
import { countSuppressed, listStates, replaceStatesInForce, statesInForce } from "./rules/state-store.ts";

/** What is written between two batches, in this order; any part may be missing. */
export type Finishing = Readonly<{
  /**
   * Where this process left the cursor; left out where a stage begins. With another place in the table another process goes
   * on with the stage, and nothing of this one may stay: its windows would stand in place of that one's.
   */
  cursor?: number | undefined;
  /** Findings of the events after `from` up to `position`. */
  batch?: Readonly<{ from: number; position: number; packDigest: string; found: SetAside }> | undefined;
  /** Windows of correlations as of the last event fed, and what was seen of events until then. */
  windows?:
    | Readonly<{
        dirty: DirtyGroups;
        position: number;
        seen: ReturnType<FigureWatch["take"]>;
        /** Erasures when they were read. */
        erased: number;
      }>
    | undefined;
  /**
   * States that count so far: what people set is looked at, and counts from here on. Together with the windows gathered
   * until here, so that a crash cannot mix them up.
   */
  states?: AppliedStates | undefined;
  /** To be in force from here on. */
  next?: Readonly<{ pack: RulePack; watch: Pick<FigureWatch, "inputs"> }> | undefined;
  now: Date;
}>;

/** What a stage goes on from. */
type Opened = StoredState & Readonly<{ states: AppliedStates; cursor: number; erased: number }>;
export type Finished = Readonly<{
  /** Findings that were not stored before. */
  fresh: readonly NewDetection[];
  /** States that count from here on, where they are others. */
  states: AppliedStates | undefined;
  put: PutInForce;
  /** Where there is another pack. */
  opened: Opened | undefined;
}>;
type Written = Readonly<{ facts: readonly Fact[]; done: Finished }>;

/**
 * Writes it in one transaction: whoever waits for another pack or state waits for one turn on the embedded engine.
 * Findings that were stored before are no news: no entry is written of them, only the place.
 */
export async function finishBatch(database: Database, what: Finishing): Promise<Finished> {
  if (what.next !== undefined || (what.batch?.found.shown.length ?? 0) > 0) {
    const { facts, done } = await database.audited(
      (written: Written) => written.facts,
      async (tx) => await write(tx, what, "telling"),
    );
    if (facts.length > 0) return done;
  }
  return (await database.bookkeep("cursor", async (tx) => await write(tx, what, "quiet"))).done;
}

/** @param way telling what is no news is rolled back: then nothing needs to be read of it */
async function write(tx: WriteTransaction, what: Finishing, way: "telling" | "quiet"): Promise<Written> {
  const { batch, windows, next, now, cursor } = what;
  if (batch === undefined && cursor !== undefined) await holdCursor(tx, { cursor, now });
  const fresh = batch === undefined ? [] : await storeFindings(tx, batch, now);
  if (windows !== undefined) {
    await keepErased(tx, { erased: windows.erased, now });
    await saveState(tx, windows.dirty, windows.position);
    await noteInputs(tx, windows.seen);
  }
  const states = await followStates(tx, what);
  const { facts: loaded, done: put } = await putNext(tx, what);
  const recorded = batch === undefined || fresh.length === 0 ? [] : [recordedFact(fresh, batch)];
  const facts = [...recorded, ...loaded];
  const isRead = next !== undefined && (facts.length > 0 || way === "quiet");
  return { facts, done: { fresh, states, put, opened: isRead ? await open(tx) : undefined } };
}

/** The cursor is where this process left it, and stays there until the transaction ends. */
export async function holdCursor(
  tx: WriteTransaction,
  { cursor, now }: Readonly<{ cursor: number; now: Date }>,
): Promise<void> {
  await moveCursor(tx, { consumer: CONSUMER, from: cursor, position: cursor, now });
}

async function storeFindings(
  tx: WriteTransaction,
  { from, position, found: { shown, suppressed } }: NonNullable<Finishing["batch"]>,
  now: Date,
): Promise<readonly NewDetection[]> {
  const fresh = shown.length === 0 ? [] : await insertDetections(tx, shown, now);
  await countSuppressed(tx, suppressed);
  await moveCursor(tx, { consumer: CONSUMER, from, position, now });
  return fresh;
}

async function followStates(tx: WriteTransaction, { states, now }: Finishing): Promise<AppliedStates | undefined> {
  if (states === undefined) return undefined;
  const wanted = appliedStates(await listStates(tx), now);
  if (areSameStates(wanted, states)) return undefined;
  await replaceStatesInForce(tx, wanted);
  return wanted;
}

async function putNext(tx: WriteTransaction, { next, now }: Finishing) {
  if (next === undefined) return { facts: [], done: UNCHANGED };
  const put = await putInForce(tx, { pack: next.pack, by: DETECT_ACTOR, now });
  await watchInputs(tx, next.watch.inputs, now);
  return put;
}

async function open(tx: WriteTransaction): Promise<Opened> {
  const erased = await windowErasures(tx);
  return { ...(await loadState(tx)), states: await statesInForce(tx), cursor: await cursorOf(tx, CONSUMER), erased };
}
