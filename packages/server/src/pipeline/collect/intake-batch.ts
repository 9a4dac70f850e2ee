import type { IntakeReceipt } from "@tyr/contract";
import type { Bookmark, EventRow, QuarantineRow } from "./intake-store.ts";
import { prepare, refusedRow, type Reading } from "./prepare.ts";
import type { Item } from "./split-body.ts";

export type Tally = Readonly<Omit<IntakeReceipt, "replayed">>;
export const NOTHING: Tally = { received: 0, stored: 0, duplicate: 0, rejected: 0, late: 0 };

/** One sender's bytes on their way to the disk. */
export type Job = {
  readonly reading: Reading;
  readonly items: Iterator<Item>;
  /** Kept with the answer, so that sending again gets the same. */
  readonly receipt: Readonly<{ key: string; digest: string }> | undefined;
  /** Moved when the last line is stored. */
  readonly bookmark: Bookmark | undefined;
  readonly resolve: (tally: Tally) => void;
  readonly reject: (error: unknown) => void;
  /** What is on disk so far. */
  tally: Tally;
  failed: boolean;
};

/** What one batch holds of one job. */
export type Part = Readonly<{
  job: Job;
  rows: readonly EventRow[];
  rejected: readonly QuarantineRow[];
  /** Lines whose id another line of the same batch has. */
  twins: number;
  /** Characters of all these lines. */
  chars: number;
  /** The job ends with it. */
  last: boolean;
}>;
export type Batch = readonly Part[];

export function receivedOf(part: Part): number {
  return part.rows.length + part.rejected.length + part.twins;
}

/** How much there is, or how much there is room for. */
export type Size = Readonly<{ lines: number; chars: number }>;

export function sizeOf(batch: Batch): Size {
  let lines = 0;
  let chars = 0;
  for (const part of batch) {
    lines += receivedOf(part);
    chars += part.chars;
  }
  return { lines, chars };
}

/** The next lines of a job as rows, until the room is filled. `seen` are the ids of the batch so far. */
export function takePart(job: Job, room: Size, { seen, now }: { seen: Set<string>; now: Date }): Part {
  const rows: EventRow[] = [];
  const rejected: QuarantineRow[] = [];
  let twins = 0;
  let chars = 0;
  for (let taken = 0; taken < room.lines && chars < room.chars; taken += 1) {
    const next = job.items.next();
    if (next.done === true) return { job, rows, rejected, twins, chars, last: true };
    chars += next.value.text.length;
    const prepared = prepare(next.value, job.reading, now);
    if ("rejected" in prepared) rejected.push(prepared.rejected);
    else if (seen.has(prepared.row.id)) twins += 1;
    else {
      seen.add(prepared.row.id);
      rows.push(prepared.row);
    }
  }
  return { job, rows, rejected, twins, chars, last: false };
}

/** Two batches that together are this one: receipts and bookmarks stay with the second. Needs two rows at least. */
export function halves(batch: Batch): readonly [Batch, Batch] {
  const all = batch.reduce((sum, part) => sum + part.rows.length, 0);
  let left = Math.floor(all / 2);
  const first: Part[] = [];
  const second: Part[] = [];
  for (const part of batch) {
    const cut = Math.min(left, part.rows.length);
    left -= cut;
    first.push({ ...part, rows: part.rows.slice(0, cut), last: false });
    second.push({ ...part, rows: part.rows.slice(cut), rejected: [], twins: 0 });
  }
  return [first, second];
}

/** The same batch with its rows kept aside as input the database refuses. */
export function aside(batch: Batch, reason: string, now: Date): Batch {
  return batch.map((part) => ({
    ...part,
    rows: [],
    rejected: [...part.rejected, ...part.rows.map((row) => refusedRow(row, reason, now))],
  }));
}
