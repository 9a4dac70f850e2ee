import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../packages/server/src/platform/clock/index.ts";
import { openDatabase, type Database } from "../../packages/server/src/platform/database/index.ts";

/** Where a benchmark of the stage runs: PGlite in a folder of its own, or a PostgreSQL database that is empty at the beginning. */
export type BenchPlace = Readonly<{ rules: string; folder: string; postgres?: string }>;

export function dataDirIn({ folder }: BenchPlace): string {
  return mkdtempSync(join(folder, "data-"));
}

export async function openBenchDatabase({ postgres }: BenchPlace, dataDir: string): Promise<Database> {
  const encode = (record: object) => new TextEncoder().encode(JSON.stringify(record));
  return await openDatabase({ url: postgres, dataDir, clock: systemClock, encode });
}

export function percentiles(values: readonly number[]): Readonly<Record<"p50" | "p95" | "p99" | "max", number>> {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(3));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
