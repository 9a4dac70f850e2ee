import type { AuditAnomaly, AuditSearchEntry, AuditSearchQuery } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { readPruned } from "./pruning/pruned-store.ts";
import { entryView } from "./entry.ts";
import { classOf } from "./event-class.ts";
import { floorOf, searchLeaves, type FoundLeaf, type LeafFilter } from "./search-store.ts";

export type SearchPage = { items: AuditSearchEntry[]; next: string | null; pruned?: number };

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 1_000;
/**
 * Entries looked through for one page where no index helps: 0.1 to 0.3 s on the embedded engine, which answers nobody else
 * meanwhile. The page then says where to go on, however few it holds.
 */
const SCANNED_MAX = 10_000;

function anomaliesOf({ failure_burst, out_of_hours, credential_copied, first_seen }: FoundLeaf): AuditAnomaly[] {
  const flags = { failure_burst, out_of_hours, credential_copied, first_seen };
  return (Object.keys(flags) as AuditAnomaly[]).filter((name) => flags[name]);
}

function toEntry(leaf: FoundLeaf): AuditSearchEntry {
  const entry = entryView(leaf.bytes, { id: leaf.id, index: leaf.index, leafHash: leaf.leaf_hash });
  return { ...entry, index: leaf.index, class: classOf(entry.type), anomalies: anomaliesOf(leaf) };
}

function filterOf(query: AuditSearchQuery, before: number | undefined): LeafFilter {
  const { since, until, type, userId, objectId, outcome, correlationId } = query;
  return {
    before,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
    type,
    actor: userId,
    object: objectId,
    outcome,
    request: correlationId,
  };
}

/** Says of the last page how many entries were not looked into, because only their hashes are left. */
async function lastPage(db: ReadDatabase, items: AuditSearchEntry[]): Promise<SearchPage> {
  const pruned = (await readPruned(db))?.removed ?? 0;
  return { items, next: null, ...(pruned === 0 ? {} : { pruned }) };
}

/**
 * Entries that have their place in the tree, newest first. The cursor is an index, and an index never changes: what
 * arrives between two pages is newer than both, so nothing is skipped and nothing is seen twice.
 *
 * @returns undefined when the cursor is not one of ours
 */
export async function searchEntries(db: ReadDatabase, query: AuditSearchQuery): Promise<SearchPage | undefined> {
  const { after, text, eventType, utcOffsetMinutes = 0 } = query;
  if (after !== undefined && !/^\d{1,15}$/.test(after)) return undefined;
  const limit = Math.min(query.limit ?? LIMIT_DEFAULT, LIMIT_MAX);
  const filter = filterOf(query, after === undefined ? undefined : Number(after));
  const anomaliesOnly = query.anomaliesOnly === "true";
  const isScan = text !== undefined || eventType !== undefined || anomaliesOnly;
  const from = isScan ? await floorOf(db, filter, SCANNED_MAX) : undefined;
  const scan = { text, class: eventType, anomaliesOnly, utcOffsetMinutes };
  const leaves = await searchLeaves(db, { ...filter, from, limit }, scan);
  const next = leaves.length === limit ? leaves.at(-1)?.index : from;
  const items = leaves.map(toEntry);
  return next === undefined ? await lastPage(db, items) : { items, next: String(next) };
}
