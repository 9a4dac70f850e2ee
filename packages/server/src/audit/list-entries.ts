import type { AuditEntry } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { columnsOf, entryView } from "./entry.ts";
import { listLeaves, readWaiting, type WaitingRow } from "./store.ts";

export type EntryQuery = Readonly<{
  after?: string;
  limit?: number;
  type?: string;
  object?: string;
  actor?: string;
}>;
export type EntryPage = { items: AuditEntry[]; next: string | null };

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 500;

type PageBefore = Readonly<{ before: number | undefined; limit: number }>;
/** Written `w:<intake number>` while reading what waits for its place, `<index>` in the tree. */
type Cursor = Readonly<{ before: number | undefined; inTree: boolean }>;

function readCursor(after: string | undefined): Cursor | undefined {
  if (after === undefined) return { before: undefined, inTree: false };
  const match = /^(w:)?(\d{1,15})$/.exec(after);
  return match === null ? undefined : { before: Number(match[2]), inTree: match[1] === undefined };
}

function matches(row: WaitingRow, { type, object, actor }: EntryQuery): boolean {
  const columns = columnsOf(row.bytes);
  const wanted = [
    [type, columns?.type],
    [object, columns?.object_id],
    [actor, columns?.actor_id],
  ] as const;
  return wanted.every(([asked, has]) => asked === undefined || asked === has);
}

/** What waits for its place, newest first; `next` is set when more of it may follow. */
async function listWaiting(db: ReadDatabase, query: EntryQuery, page: PageBefore): Promise<EntryPage> {
  const waiting = await readWaiting(db, page);
  const items = waiting
    .filter((row) => matches(row, query))
    .map((row) => entryView(row.bytes, { id: row.id, index: null, leafHash: null }));
  const oldest = waiting.at(-1);
  return { items, next: oldest !== undefined && waiting.length === page.limit ? `w:${oldest.number}` : null };
}

async function listInTree(db: ReadDatabase, { type, object, actor }: EntryQuery, page: PageBefore): Promise<EntryPage> {
  const leaves = await listLeaves(db, { ...page, type, object, actor });
  const items = leaves.map((leaf) =>
    entryView(leaf.bytes, { id: leaf.id, index: leaf.index, leafHash: leaf.leaf_hash }),
  );
  const oldest = leaves.at(-1);
  return { items, next: oldest !== undefined && leaves.length === page.limit ? String(oldest.index) : null };
}

/**
 * Entries newest first: those still waiting for their place (index null), then the tree. An entry that gets its place
 * between two pages may be seen twice, never missed.
 *
 * @returns undefined when the cursor is not one of ours
 */
export async function listEntries(db: ReadDatabase, query: EntryQuery): Promise<EntryPage | undefined> {
  const cursor = readCursor(query.after);
  if (cursor === undefined) return undefined;
  const limit = Math.min(query.limit ?? LIMIT_DEFAULT, LIMIT_MAX);
  if (cursor.inTree) return await listInTree(db, query, { before: cursor.before, limit });
  const waiting = await listWaiting(db, query, { before: cursor.before, limit });
  if (waiting.next !== null) return waiting;
  const inTree = await listInTree(db, query, { before: undefined, limit: Math.max(limit - waiting.items.length, 1) });
  const seen = new Set<string>(waiting.items.map((item) => item.id));
  return { items: [...waiting.items, ...inTree.items.filter((item) => !seen.has(item.id))], next: inTree.next };
}
