import { createHash } from "node:crypto";
import type { Batch } from "./line-batcher.ts";

export type BatchTarget = Readonly<{ sensorId: string; format: string; year: number | undefined }>;

/**
 * The idempotency key of one batch: 64 hex digits of SHA-256.
 *
 * It covers the digest of the source up to the end of the batch, the number of its first line, the sensor, and how the
 * lines are to be read. The prefix instead of the whole file, so that one pass is enough, stdin has one too, and a log
 * that has grown since the last import still replays its old batches. The reading, so that importing again with the
 * right year is not answered with the receipt of the wrong one.
 */
export function batchKey(batch: Batch, target: BatchTarget): string {
  const parts = [batch.prefixDigest, batch.firstLine, target.sensorId, target.format, target.year ?? ""];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
