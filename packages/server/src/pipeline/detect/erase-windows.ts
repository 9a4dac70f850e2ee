import { sql } from "kysely";
import { cursorOf, moveCursor } from "#platform/bus";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import "./tables.ts";

/** Counts erasures from windows of correlations: whoever holds windows in memory reads them again when it has risen. */
const ERASED = "detect-erased";
/** One erasure at a time counts. Any constant does. */
const ERASURES_LOCK = 8_970_088;

export async function windowErasures(db: ReadDatabase): Promise<number> {
  return await cursorOf(db, ERASED);
}

/**
 * Belongs in the transaction that saves windows: what was erased since must not come back with them.
 *
 * @throws {Error} when something was
 */
export async function keepErased(
  tx: WriteTransaction,
  { erased, now }: Readonly<{ erased: number; now: Date }>,
): Promise<void> {
  await moveCursor(tx, { consumer: ERASED, from: erased, position: erased, now });
}

/**
 * Takes windows that are about an address, or that it is counted in as one of several: they begin anew.
 *
 * @returns windows removed
 */
export async function eraseWindows(tx: WriteTransaction, address: string, now: Date): Promise<number> {
  await sql`select pg_advisory_xact_lock(${sql.lit(ERASURES_LOCK)})`.execute(tx);
  const count = await windowErasures(tx);
  await moveCursor(tx, { consumer: ERASED, from: count, position: count + 1, now });
  // Keys and states are JSON: with its quotes an address is no part of another one.
  const named = JSON.stringify(address);
  const { numAffectedRows } = await sql`
    delete from correlation_group where position(${named} in group_key) > 0 or position(${named} in state) > 0
  `.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
