import { sql } from "kysely";
import { cursorOf, moveCursor } from "#platform/bus";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { StreamEvent } from "#collect";
import { CONSUMER } from "./evaluation-store.ts";
import "./tables.ts";
import { toJson } from "./to-json.ts";

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

/** Addresses erased since windows were saved, each with the last position that was evaluated by then. */
export type Erasures = ReadonlyMap<string, number>;

export async function erasuresSince(db: ReadDatabase): Promise<Erasures> {
  const rows = await db.selectFrom("window_erasure").selectAll().execute();
  return new Map(rows.map(({ address, position }) => [address, position]));
}

/** Windows are saved as of a position: nothing up to it is fed again, so nobody needs to know who was erased by then. */
export async function forgetErasures(tx: WriteTransaction, position: number): Promise<void> {
  await tx.deleteFrom("window_erasure").where("position", "<=", position).execute();
}

/** An event that names somebody who was erased after it was evaluated: feeding it again would bring the window back. */
export function isFromBeforeErasure(event: StreamEvent, erasures: Erasures): boolean {
  const { position, src, user, fields, ecs } = event;
  const later = [...erasures].filter(([, erasedAt]) => position <= erasedAt);
  if (later.length === 0) return false;
  const values = toJson([{ user, fields, ecs }]);
  return later.some(([address]) => src?.ip === address || values.includes(JSON.stringify(address)));
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
  // What the stage has evaluated since it saved windows is fed again when it reads them: not of this address.
  const evaluated = await cursorOf(tx, CONSUMER);
  await sql`
    insert into window_erasure (address, position)
    select ${address}::text, ${evaluated}::int8
    where ${evaluated}::int8 > coalesce((select position from correlation_checkpoint where consumer = ${CONSUMER}), 0)
    on conflict (address) do update set position = excluded.position
  `.execute(tx);
  // Keys and states are JSON: with its quotes an address is no part of another one.
  const named = JSON.stringify(address);
  const { numAffectedRows } = await sql`
    delete from correlation_group where position(${named} in group_key) > 0 or position(${named} in state) > 0
  `.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
