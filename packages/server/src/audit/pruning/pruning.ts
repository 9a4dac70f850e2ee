import { setTimeout as sleep } from "node:timers/promises";
import {
  appendLeaves,
  decodeFrontier,
  emptyFrontier,
  encodeFrontier,
  frontierRoot,
  makePrunedStatement,
  tileWidth,
  type Frontier,
} from "@tyr/ledger";
import type { Actor, RetentionLine } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { AuditDiverged } from "../errors.ts";
import type { LogKey } from "../log-key.ts";
import { readTree } from "../store.ts";
import { assertContinues, emptyTree } from "../tree.ts";
import { archiveBundle } from "./archive.ts";
import { readDeclaration } from "./declaration.ts";
import { firstAbout, firstSince, putPruned, readPruned, removeBodies, type PrunedRow } from "./pruned-store.ts";

export type PruningDeps = Readonly<{
  database: Database;
  clock: Clock;
  key: () => LogKey;
  /** Where bodies are kept when the database no longer has them. */
  archive: string;
  /** Size of the checkpoint readers get: cosigned, where witnesses are configured and answer. */
  published: () => Promise<number>;
  /** Up to where witnesses vouch for the log; undefined where none is configured. */
  cosigned: () => Promise<number | undefined>;
}>;

/** What keeps entries: they, and everything behind them, stay. */
export type Keeper = Readonly<{ why: string; ids: readonly string[] }>;
type PruneDue = Readonly<{ cutoff: Date; keepers: readonly Keeper[] }>;
type PruneOrder = Readonly<{ actor: Actor; requestId: string | null; reason: string; keepDays: number }>;

/**
 * Takes the bodies of the oldest entries out of the database. Their hashes stay, so every proof of every other entry
 * still verifies, and so do they themselves beside their archive.
 */
export type Pruning = Readonly<{
  count(due: PruneDue): Promise<Pick<RetentionLine, "due" | "held">>;
  /**
   * Archives, declares, waits until the declaration is published, removes. What a crash left undone is taken up by the
   * next call: nothing is removed that is not on disk, verified, and declared in a published log.
   *
   * @returns entries whose bodies were removed
   */
  prune(due: PruneDue, order: PruneOrder): Promise<number>;
}>;

/** Bodies a transaction, a multiple of the bundle: the embedded engine serves nobody else meanwhile. */
const BATCH = 4 * tileWidth;
/** For the sequencer and its signature; with witnesses that are slow, the next run goes on. */
const PUBLISHED_LIMIT_MS = 15_000;
const LOOK_MS = 100;

type Limit = readonly [why: string, limit: number | undefined];
type Bound = Readonly<{ from: number; old: number; size: number; held: RetentionLine["held"] }>;

/** How far may be pruned, and what stands in the way of each entry that is old enough and stays. */
async function boundOf(tx: WriteTransaction, { cutoff, keepers }: PruneDue, limits: Limit[]): Promise<Bound> {
  const from = (await readPruned(tx))?.declared ?? 0;
  const total = (await readTree(tx))?.size ?? 0;
  const old = Math.max(from, (await firstSince(tx, cutoff)) ?? total);
  for (const { why, ids } of keepers) limits.push([why, await firstAbout(tx, ids)]);
  const held: RetentionLine["held"] = [];
  let end = old;
  for (const [why, limit = end] of limits) {
    const next = Math.max(from, Math.min(end, limit));
    if (next < end) held.push({ why, records: end - next });
    end = next;
  }
  const size = Math.max(from, end - (end % tileWidth));
  if (size < end) held.push({ why: "in one bundle with entries that stay", records: end - size });
  return { from, old, size, held };
}

function frontierOf(row: PrunedRow | undefined): Frontier {
  if (row === undefined) return emptyFrontier;
  const decoded = decodeFrontier(row.frontier);
  if (decoded.ok) return decoded.value;
  throw new AuditDiverged(`the stored edge of the pruned entries cannot be read: ${decoded.refusal.message}`);
}

/** Everything up to `size` on disk and read back, and its root shown to be a beginning of the log. */
async function archiveUpTo({ database, archive }: PruningDeps, before: Frontier, size: number): Promise<Frontier> {
  let frontier = before;
  for (let n = before.size / tileWidth; n < size / tileWidth; n += 1)
    frontier = appendLeaves(frontier, await archiveBundle(database.read, archive, n));
  const tree = (await readTree(database.read)) ?? emptyTree;
  await assertContinues(database.read, { size, root: frontierRoot(frontier) }, tree);
  return frontier;
}

type Declaring = Readonly<{ before: PrunedRow | undefined; frontier: Frontier; order: PruneOrder; cutoff: Date }>;

function declaringFact(key: LogKey, statement: string, { before, frontier, order, cutoff }: Declaring): Fact {
  const root = Buffer.from(frontierRoot(frontier)).toString("base64");
  const { actor, requestId, reason, keepDays } = order;
  return {
    type: "audit.pruned",
    actor,
    requestId,
    object: { kind: "audit-log", id: key.origin },
    before: String(before?.declared ?? 0),
    after: String(frontier.size),
    details: { entries: frontier.size, root, statement, keepDays, cutoff: cutoff.toISOString(), reason },
  };
}

/** @returns false when another server declared in the same moment */
async function declare({ database, key, clock }: PruningDeps, declaring: Declaring): Promise<boolean> {
  const { before, frontier } = declaring;
  const { origin, vkey, signers } = key();
  const range = { origin, size: frontier.size, root: frontierRoot(frontier) };
  const statement = await makePrunedStatement(range, signers(clock.now()));
  const row = {
    declared: range.size,
    removed: before?.removed ?? 0,
    frontier: encodeFrontier(frontier),
    statement,
    vkey,
  };
  return await database.audited(
    (isOurs: boolean) => (isOurs ? [declaringFact(key(), statement, declaring)] : []),
    async (tx) => {
      const now = await readPruned(tx);
      if (now?.statement !== before?.statement) return false;
      await putPruned(tx, { ...row, declared_at: clock.now() });
      return true;
    },
  );
}

/** Whether the entry that declares is in the log readers get: before that, nothing may be missing from it. */
async function waitUntilPublished({ database, key, published }: PruningDeps): Promise<boolean> {
  const limit = performance.now() + PUBLISHED_LIMIT_MS;
  for (;;) {
    const { proven } = await readDeclaration(database.read, key());
    if (proven !== undefined && proven.declaredAt < (await published())) return true;
    if (performance.now() > limit) return false;
    await sleep(LOOK_MS);
  }
}

function removedFact({ actor, requestId, reason, keepDays }: PruneOrder, removed: number, cutoff: Date): Fact {
  const details = { keepDays, cutoff: cutoff.toISOString(), removed, held: [], reason };
  return { type: "retention.removed", actor, requestId, object: { kind: "records", id: "audit" }, details };
}

/** How much of what is declared may go now: what is held since then stays, with all behind it, until nothing holds it. */
async function freeUpTo(tx: WriteTransaction, keepers: readonly Keeper[], to: number): Promise<number> {
  let end = to;
  for (const { ids } of keepers) end = Math.min(end, (await firstAbout(tx, ids)) ?? end);
  return end - (end % tileWidth);
}

async function removeDeclared(deps: PruningDeps, order: PruneOrder, { cutoff, keepers }: PruneDue): Promise<number> {
  const { database, archive } = deps;
  let removed = 0;
  for (let row = await readPruned(database.read); row !== undefined && row.removed < row.declared;) {
    const from = row.removed;
    const to = Math.min(from + BATCH, row.declared);
    for (let n = from / tileWidth; n < to / tileWidth; n += 1) await archiveBundle(database.read, archive, n);
    const gone = await database.audited(
      (count: number | undefined) => (count === undefined || count === 0 ? [] : [removedFact(order, count, cutoff)]),
      async (tx) => {
        const end = await freeUpTo(tx, keepers, to);
        return end > from ? await removeBodies(tx, from, end) : 0;
      },
    );
    if (gone === 0) break;
    removed += gone ?? 0;
    row = await readPruned(database.read);
  }
  return removed;
}

/** Readers who know only the key in force must be able to check the statement too: after a change of keys it is made again. */
function isSignedAnew(row: PrunedRow | undefined, key: LogKey): boolean {
  return row === undefined || row.vkey === key.vkey;
}

export function createPruning(deps: PruningDeps): Pruning {
  const { database, key } = deps;
  // Asked before the transaction: on the embedded engine nobody else can read while it is open.
  const lookAt = async (due: PruneDue): Promise<Bound> => {
    const limits: Limit[] = [
      ["not published yet", await deps.published()],
      ["not cosigned by witnesses yet", await deps.cosigned()],
    ];
    return await database.audited(
      () => [],
      async (tx) => await boundOf(tx, due, limits),
    );
  };
  return {
    async count(due) {
      const { from, old, held } = await lookAt(due);
      return { due: old - from, held };
    },
    async prune(due, order) {
      const { size } = await lookAt(due);
      const before = await readPruned(database.read);
      const end = Math.max(size, before?.declared ?? 0);
      if (end > (before?.declared ?? 0) || !isSignedAnew(before, key())) {
        const frontier = await archiveUpTo(deps, frontierOf(before), end);
        if (!(await declare(deps, { before, frontier, order, cutoff: due.cutoff }))) return 0;
      }
      const now = await readPruned(database.read);
      if (now === undefined || now.removed === now.declared || !(await waitUntilPublished(deps))) return 0;
      return await removeDeclared(deps, order, due);
    },
  };
}
