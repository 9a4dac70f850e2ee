import { entrySizeBytesMax, tileWidth } from "@tyr/ledger";
import { sql } from "kysely";
import type { ReadDatabase } from "#platform/database";
import type { EntryColumns } from "./entry.ts";

/** Two tiles at a time: some milliseconds of hashing between two turns of the event loop. */
const ROWS_MAX = 2 * tileWidth;
/** A page ends with the row that reaches it, so the rows of one tile full of the largest entries are several pages. */
const PAGE_BYTES = 256 * 1024;

/**
 * A stored entry as somebody may have left it. `bytes` is undefined where there are none, or more than an entry may have.
 * `columns`: the copies of what is in the bytes, as `columnsText` writes them.
 */
export type StoredLeaf = Readonly<{
  index: number;
  bytes: Uint8Array | undefined;
  leafHashHex: string;
  columns: string;
}>;

type PackedLeaf = readonly [index: string, sizeBytes: string | null, leafHashHex: string | null, columns: string];
type PackedPage = Readonly<{ packed: Uint8Array | null; leaves: readonly PackedLeaf[] | null }>;

/** One text for all columns of an entry, as the engine writes an array of texts: seven a row cost more than the entries. */
export function columnsText({ id, at, type, actor_id, object_id, outcome, request_id }: EntryColumns): string {
  return JSON.stringify([id, at.replace("Z", "000Z"), type, actor_id, object_id, outcome, request_id]);
}

/** Longer values cannot be in an entry; one character more than fits tells them apart. */
const text = (column: string) => sql`left(${sql.ref(column)}, ${sql.lit(entrySizeBytesMax + 1)})`;
/** ISO 8601 with microseconds, which no entry has unless somebody changed the column; null for `infinity`. */
const instant = sql`to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
const VARIABLE = ["bytes", "id", "type", "actor_id", "object_id", "outcome", "request_id"] as const;
const rowBytes = sql.join(
  VARIABLE.map((column) => sql`coalesce(octet_length(${sql.ref(column)}), 0)`),
  sql` + `,
);

function unpack({ packed, leaves }: PackedPage): readonly StoredLeaf[] {
  let end = 0;
  return (leaves ?? []).map(([index, size, leafHashHex, columns]) => {
    const start = end;
    const fits = size !== null && Number(size) <= entrySizeBytesMax;
    if (fits) end += Number(size);
    const bytes = fits ? packed?.subarray(start, end) : undefined;
    return { index: Number(index), bytes, leafHashHex: leafHashHex ?? "", columns };
  });
}

/**
 * Stored leaves from `from` on and before `to`, in order: at most 512 of them and about a quarter of a MiB. The engine packs them
 * into one row, because a buffer for each costs more memory than what is in them. Whatever somebody put into
 * the columns, no value is longer than an entry may be.
 */
export async function readLeafPage(db: ReadDatabase, from: number, to: number): Promise<readonly StoredLeaf[]> {
  const measured = db
    .selectFrom("audit_leaf")
    .selectAll()
    .select(sql<number>`sum(${rowBytes}) over (order by index) - (${rowBytes})`.as("bytes_before"))
    .where("index", ">=", from)
    .where("index", "<", Math.min(to, from + ROWS_MAX))
    .orderBy("index");
  const page = await db
    .selectFrom(measured.as("leaf"))
    .select([
      sql<Uint8Array | null>`string_agg(case when octet_length(bytes) <= ${sql.lit(entrySizeBytesMax)} then bytes end, ''::bytea)`.as(
        "packed",
      ),
      sql<
        readonly PackedLeaf[] | null
      >`json_agg(array[index::text, octet_length(bytes)::text, encode(substring(leaf_hash from 1 for 33), 'hex'),
        to_json(array[${text("id")}, ${instant}, ${text("type")}, ${text("actor_id")}, ${text("object_id")},
          ${text("outcome")}, ${text("request_id")}])::text])`.as("leaves"),
    ])
    .where(sql<boolean>`bytes_before < ${sql.lit(PAGE_BYTES)}`)
    .executeTakeFirstOrThrow();
  return unpack(page);
}

export type ReadLeaves = (from: number) => Promise<readonly StoredLeaf[]>;

/** Reads one page ahead: the engine packs it while the one before is hashed. */
export function leafPages(db: ReadDatabase, to: number): ReadLeaves {
  let ahead: Readonly<{ from: number; page: Promise<readonly StoredLeaf[]> }> | undefined;
  return async (from) => {
    const page = await (ahead?.from === from ? ahead.page : readLeafPage(db, from, to));
    const next = from + page.length;
    ahead = page.length === 0 || next >= to ? undefined : { from: next, page: readLeafPage(db, next, to) };
    // Thrown when it is asked for; nobody hears of a page that nobody wants.
    ahead?.page.catch(() => undefined);
    return page;
  };
}
