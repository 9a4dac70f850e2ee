import type { ReadDatabase } from "#platform/database";
import {
  identitiesById,
  ladderVersion,
  linksAt,
  membersOf,
  rulingsOf,
  type Move,
  type StoredIdentity,
} from "./ladder-store.ts";
import type { Link } from "./link.ts";
import { partition, type LadderNode, type PairRuling } from "./partition.ts";
import type { Rung } from "./tables.ts";

type Merge = Readonly<{ winner: string; loser: string }>;
/** What changed for readers: `loser` counts to `winner` from now on, or no longer. */
export type LadderChange = Readonly<{ kind: "merged" | "unmerged"; winner: string; loser: string; confidence: number }>;

/** What one step writes, decided on what was read at `version`. */
export type Plan = Readonly<{
  rung: Rung;
  version: number;
  put: readonly Link[];
  gone: readonly Link[];
  /** Whole components that join others. */
  absorbed: readonly Merge[];
  /** Places of single identities, where something came apart or people ruled. */
  moves: readonly Move[];
  changes: readonly LadderChange[];
}>;

export type Seen = Readonly<{
  rung: Rung;
  /** Nodes whose links were worked out anew: a stored link of theirs that is not in `links` is gone. */
  nodes: ReadonlySet<string>;
  links: readonly Link[];
  /** Identities that are not stored yet. */
  fresh: readonly StoredIdentity[];
  /** Rulings that are not stored yet, or are as decided now. */
  ruled?: readonly PairRuling[];
}>;

const keyOf = ({ a, b }: Readonly<{ a: string; b: string }>): string => `${a} ${b}`;
/** Components beyond this are not taken apart in one go: a person's ruling may be asked for again. */
const CLOSURE_ROUNDS_MAX = 50;

/** Works out who counts to whom after links changed. Reads only; the answer depends on what is stored and on `seen`. */
export async function plan(db: ReadDatabase, seen: Seen): Promise<Plan> {
  const version = await ladderVersion(db);
  const stored = new Map((await linksAt(db, seen.rung, seen.nodes)).map((link) => [keyOf(link), link]));
  const now = new Map(seen.links.map((link) => [keyOf(link), link]));
  const gone = [...stored.values()].filter((link) => !now.has(keyOf(link)));
  const put = [...now.values()].filter((link) => !isSame(link, stored.get(keyOf(link))));
  const rulings = replaced(await rulingsOf(db, seen.rung), seen.ruled ?? []);
  const ends = new Set([...gone, ...put, ...(seen.ruled ?? [])].flatMap(({ a, b }) => [a, b]));
  const change = { seen, put, gone, rulings, ends };
  const base = { rung: seen.rung, version, put, gone };
  const isOnlyMore = gone.length === 0 && !(await isRuled(db, change));
  return isOnlyMore
    ? { ...base, moves: [], ...(await joined(db, change)) }
    : { ...base, absorbed: [], ...(await rearranged(db, change)) };
}

type Change = Readonly<{
  seen: Seen;
  put: readonly Link[];
  gone: readonly Link[];
  rulings: readonly PairRuling[];
  ends: ReadonlySet<string>;
}>;

/** A pair ruled about again is as it was ruled last. */
function replaced(rulings: readonly PairRuling[], ruled: readonly PairRuling[]): readonly PairRuling[] {
  const pairs = new Set(ruled.map(keyOf));
  return [...rulings.filter((one) => !pairs.has(keyOf(one))), ...ruled];
}

function isSame(link: Link, other: Link | undefined): boolean {
  return other !== undefined && JSON.stringify(link.reasons) === JSON.stringify(other.reasons);
}

const intoOf = (rung: Rung, one: StoredIdentity): string | null =>
  rung === "identity" ? one.mergedInto : one.campaignInto;
const winnerOf = (rung: Rung, one: StoredIdentity): string => intoOf(rung, one) ?? one.id;

async function identities(
  db: ReadDatabase,
  { fresh }: Seen,
  wanted: Iterable<string>,
): Promise<readonly StoredIdentity[]> {
  const asked = new Set<string>(wanted);
  const stored = asked.size === 0 ? [] : await identitiesById(db, asked);
  return [...stored, ...fresh.filter(({ id }) => asked.has(id))];
}

/** Whether people ruled about anything these components hold. */
async function isRuled(db: ReadDatabase, { seen, rulings, ends }: Change): Promise<boolean> {
  if (rulings.length === 0) return false;
  const touched = new Set((await identities(db, seen, ends)).map((one) => winnerOf(seen.rung, one)));
  const ruled = await identities(
    db,
    seen,
    rulings.flatMap(({ a, b }) => [a, b]),
  );
  return ruled.some((one) => touched.has(winnerOf(seen.rung, one)));
}

/** Nothing came apart: whole components join, without looking into them. */
async function joined(db: ReadDatabase, { seen, put }: Change): Promise<Pick<Plan, "absorbed" | "changes">> {
  const ends = new Map<string, StoredIdentity>(
    (
      await identities(
        db,
        seen,
        put.flatMap(({ a, b }) => [a, b]),
      )
    ).map((one) => [one.id, one]),
  );
  const top = (id: string): string => winnerOf(seen.rung, ends.get(id) ?? missing(id));
  const links = put.map(({ a, b, weight }) => ({ a: top(a), b: top(b), weight })).filter(({ a, b }) => a !== b);
  const tops: readonly LadderNode[] = await identities(
    db,
    seen,
    links.flatMap(({ a, b }) => [a, b]),
  );
  const winners = partition(tops, links, []);
  const absorbed = tops
    .map((one): Merge => ({ loser: one.id, winner: winners.get(one.id) ?? one.id }))
    .filter(({ loser, winner }) => loser !== winner);
  const strongest = strongestOf(links);
  const changes = absorbed.map((one): LadderChange => ({ kind: "merged", ...one, confidence: strongest(one.loser) }));
  return { absorbed, changes };
}

function missing(id: string): never {
  throw new Error(`a link names the identity ${id}, which is not stored`);
}

/** Something came apart, or people ruled: components are put together anew from all their links. */
async function rearranged(db: ReadDatabase, change: Change): Promise<Pick<Plan, "moves" | "changes">> {
  const { seen, rulings } = change;
  const { nodes, links } = await closureOf(db, change);
  const winners = partition(nodes, links, rulings);
  const strongest = strongestOf(links);
  const moves: Move[] = [];
  const changes: LadderChange[] = [];
  for (const node of nodes) {
    const before = intoOf(seen.rung, node);
    const winner = winners.get(node.id) ?? node.id;
    const after = winner === node.id ? null : winner;
    if (before === after) continue;
    moves.push({ id: node.id, into: after });
    if (before !== null) changes.push({ kind: "unmerged", winner: before, loser: node.id, confidence: 1 });
    if (after !== null) changes.push({ kind: "merged", winner: after, loser: node.id, confidence: strongest(node.id) });
  }
  return { moves, changes };
}

/** Of each identity its strongest link; 1 where only people or others hold it. */
function strongestOf(links: readonly Readonly<{ a: string; b: string; weight: number }>[]): (id: string) => number {
  const strongest = new Map<string, number>();
  for (const { a, b, weight } of links)
    for (const id of [a, b]) strongest.set(id, Math.max(strongest.get(id) ?? 0, weight));
  return (id) => Math.max(1, strongest.get(id) ?? 1);
}

/** All nodes and links that the change can reach: components, and those a ruling or a link leads to from them. */
async function closureOf(db: ReadDatabase, { seen, put, gone, rulings, ends }: Change) {
  const isGone = new Set(gone.map(keyOf));
  const nodes = new Map<string, StoredIdentity>();
  const links = new Map<string, Link>();
  let ask: ReadonlySet<string> = new Set([...ends, ...seen.nodes]);
  const everAsked = new Set<string>();
  for (let round = 0; ask.size > 0 && round < CLOSURE_ROUNDS_MAX; round += 1) {
    for (const id of ask) everAsked.add(id);
    const asked = await identities(db, seen, ask);
    const tops = new Set(asked.map((one) => winnerOf(seen.rung, one)));
    const members = [...(await membersOf(db, seen.rung, tops)), ...seen.fresh.filter(({ id }) => ask.has(id))];
    const isNode = (one: StoredIdentity): boolean => seen.rung === "identity" || one.mergedInto === null;
    const added = [...members, ...asked].filter((one) => isNode(one) && !nodes.has(one.id));
    for (const one of added) nodes.set(one.id, one);
    const addedIds = new Set<string>(added.map(({ id }) => id));
    const found = [...(await linksAt(db, seen.rung, addedIds)).filter((link) => !isGone.has(keyOf(link))), ...put];
    for (const link of found) links.set(keyOf(link), link);
    const reached = [...found, ...rulings.filter(({ a, b }) => addedIds.has(a) || addedIds.has(b))];
    ask = new Set(reached.flatMap(({ a, b }) => [a, b]).filter((id) => !nodes.has(id) && !everAsked.has(id)));
  }
  return { nodes: [...nodes.values()], links: [...links.values()] };
}
