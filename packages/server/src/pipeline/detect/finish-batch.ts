import type { DirtyGroups } from "@tyr/sigma";
import { cursorOf, moveCursor } from "#platform/bus";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import type { NewDetection } from "./detection.ts";
import { erasuresSince, forgetErasures, keepErased, windowErasures, type Erasures } from "./erase-windows.ts";
import { CONSUMER, insertDetections, loadState, saveState, type StoredState } from "./evaluation-store.ts";
import { noteInputs, watchInputs } from "./figures/figure-store.ts";
import type { FigureWatch } from "./figures/figure-watch.ts";
import { putInForce, UNCHANGED, type PutInForce } from "./put-in-force.ts";
import { DETECT_ACTOR, recordedFact } from "./recorded-fact.ts";
import type { RulePack } from "./rule-pack.ts";
import { appliedStates, areSameStates, type AppliedStates } from "./rules/rule-state.ts";
import { setAside, type SetAside } from "./rules/set-aside.ts";
import { countSuppressed, listStates, replaceStatesInForce, statesInForce } from "./rules/state-store.ts";

/** What is written between two batches, in this order; any part may be missing. */
export type Finishing = Readonly<{
  /**
   * Where this process left the cursor; left out where a stage begins. With another place in the table another process goes
   * on with the stage, and nothing of this one may stay: its windows would stand in place of that one's.
   */
  cursor?: number | undefined;
  /** Where a stage begins: throws when another process has taken the lead, or its pack would be replaced by this one's. */
  hold?: Leading["hold"];
  /** Findings of the events after `from` up to `position`, and what is set of rules at the moment it is asked. */
  batch?:
    | Readonly<{
        from: number;
        position: number;
        packDigest: string;
        found: readonly NewDetection[];
        states: () => AppliedStates;
      }>
    | undefined;
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
   * States that are recorded so far: what people set is looked at, and recorded from here on. Together with the windows
   * gathered until here, so that a crash cannot mix them up.
   */
  states?: AppliedStates | undefined;
  /** To be in force from here on. */
  next?: Readonly<{ pack: RulePack; watch: Pick<FigureWatch, "inputs"> }> | undefined;
  now: Date;
}>;

/** What a stage goes on from. */
type Opened = StoredState & Readonly<{ states: AppliedStates; cursor: number; erased: number; erasures: Erasures }>;
export type Finished = Readonly<{
  /** Findings that were not stored before. */
  fresh: readonly NewDetection[];
  /** Findings of muted rules, which were counted. */
  suppressed: SetAside["suppressed"];
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
  if (what.next !== undefined || (what.batch?.found.length ?? 0) > 0) {
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
  const { batch, windows, next, now, cursor, hold } = what;
  await hold?.(tx);
  if (batch === undefined && cursor !== undefined) await holdCursor(tx, { cursor, now });
  const { fresh, suppressed } = batch === undefined ? NOTHING_FOUND : await storeFindings(tx, batch, now);
  if (windows !== undefined) {
    await keepErased(tx, { erased: windows.erased, now });
    await saveState(tx, windows.dirty, windows.position);
    await forgetErasures(tx, windows.position);
    await noteInputs(tx, windows.seen);
  }
  const states = await followStates(tx, what);
  const { facts: loaded, done: put } = await putNext(tx, what);
  const recorded = batch === undefined || fresh.length === 0 ? [] : [recordedFact(fresh, batch)];
  const facts = [...recorded, ...loaded];
  const isRead = next !== undefined && (facts.length > 0 || way === "quiet");
  return { facts, done: { fresh, suppressed, states, put, opened: isRead ? await open(tx) : undefined } };
}

/** The cursor is where this process left it, and stays there until the transaction ends. */
export async function holdCursor(
  tx: WriteTransaction,
  { cursor, now }: Readonly<{ cursor: number; now: Date }>,
): Promise<void> {
  await moveCursor(tx, { consumer: CONSUMER, from: cursor, position: cursor, now });
}

type Stored = Pick<Finished, "fresh" | "suppressed">;
const NOTHING_FOUND: Stored = { fresh: [], suppressed: [] };

/** What is set of rules is asked once this transaction has its turn: what was set while it waited counts for it. */
async function storeFindings(
  tx: WriteTransaction,
  { from, position, found, states }: NonNullable<Finishing["batch"]>,
  now: Date,
): Promise<Stored> {
  await moveCursor(tx, { consumer: CONSUMER, from, position, now });
  const { shown, suppressed } = setAside(found, states());
  const fresh = shown.length === 0 ? [] : await insertDetections(tx, shown, now);
  await countSuppressed(tx, suppressed);
  return { fresh, suppressed };
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
  const erased = { erased: await windowErasures(tx), erasures: await erasuresSince(tx) };
  return { ...(await loadState(tx)), states: await statesInForce(tx), cursor: await cursorOf(tx, CONSUMER), ...erased };
}
