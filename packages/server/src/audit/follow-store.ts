import type { AuditEntry, AuditEvent } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { entryView } from "./entry.ts";
import { readTree } from "./store.ts";

export type FollowedEntry = Pick<
  AuditEntry,
  "id" | "at" | "type" | "object" | "outcome" | "before" | "after" | "details"
>;
export type Followed = Readonly<{
  entries: readonly FollowedEntry[];
  /** Everything before it was looked at: where the reader's cursor goes once it is done. */
  position: number;
}>;

/** How many entries have their place in the log. */
export async function logLength(db: ReadDatabase): Promise<number> {
  return (await readTree(db))?.size ?? 0;
}

/**
 * Entries of some types in the order of the log, for a reader with a cursor: places are given by one transaction at a time and
 * without gaps, so nothing appears behind it. Personal values are withheld.
 *
 * @param from how many entries the reader is done with
 * @param since older ones are passed over
 */
export async function followEntries(
  db: ReadDatabase,
  { from, since, types, limit }: Readonly<{ from: number; since: Date; types: readonly AuditEvent[]; limit: number }>,
): Promise<Followed> {
  // Before the rows: what gets its place in between is not passed over.
  const size = await logLength(db);
  if (from >= size) return { entries: [], position: from };
  const rows = await db
    .selectFrom("audit_leaf")
    .select(["index", "id", "bytes", "leaf_hash"])
    .where("index", ">=", from)
    .where("index", "<", size)
    .where("type", "in", [...types])
    .where("at", ">=", since)
    .orderBy("index")
    .limit(limit)
    .execute();
  const entries = rows.map(({ id, index, bytes, leaf_hash: leafHash }) => entryView(bytes, { id, index, leafHash }));
  const last = rows.at(-1);
  return { entries, position: last !== undefined && rows.length === limit ? last.index + 1 : size };
}
