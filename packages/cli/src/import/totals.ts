import type { Receipt } from "./send-batch.ts";

export type Totals = {
  files: number;
  lines: number;
  bytes: number;
  received: number;
  stored: number;
  duplicate: number;
  rejected: number;
  late: number;
  /** Batches the server had taken before: their counts are in none of the numbers above but `lines` and `bytes`. */
  replayedBatches: number;
  replayedLines: number;
  /** Lines longer than a batch, sent cut. */
  cutLines: number;
  durationMs: number;
};

export function noTotals(): Totals {
  return {
    files: 0,
    lines: 0,
    bytes: 0,
    received: 0,
    stored: 0,
    duplicate: 0,
    rejected: 0,
    late: 0,
    replayedBatches: 0,
    replayedLines: 0,
    cutLines: 0,
    durationMs: 0,
  };
}

export function addReceipt(
  totals: Totals,
  receipt: Receipt,
  batch: Readonly<{ lines: number; bytes: Uint8Array }>,
): void {
  totals.lines += batch.lines;
  totals.bytes += batch.bytes.length;
  if (receipt.replayed) {
    totals.replayedBatches += 1;
    totals.replayedLines += batch.lines;
    return;
  }
  totals.received += receipt.received;
  totals.stored += receipt.stored;
  totals.duplicate += receipt.duplicate;
  totals.rejected += receipt.rejected;
  totals.late += receipt.late;
}
