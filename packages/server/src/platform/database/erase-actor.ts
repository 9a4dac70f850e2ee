import { sql } from "kysely";
import type { WriteTransaction } from "./audited.ts";
import type { Tables } from "./tables.ts";

/** What stands where the name of an erased person stood. */
export const ERASED_NAME = "(erased)";

/**
 * Takes somebody's name out of the actors a table holds; their id stays, so that what they did still belongs together.
 *
 * @param place a `jsonb` column that holds an actor
 * @returns rows changed; 0 when nobody's name was there any more
 */
export async function eraseActorName(
  tx: WriteTransaction,
  place: Readonly<{ table: keyof Tables; column: string }>,
  actorId: string,
): Promise<number> {
  const column = sql.ref(place.column);
  const { numAffectedRows } = await sql`
    update ${sql.table(place.table)} set ${column} = ${column} || ${JSON.stringify({ name: ERASED_NAME })}::jsonb
    where ${column} ->> 'id' = ${actorId} and ${column} ->> 'name' <> ${ERASED_NAME}`.execute(tx);
  return Number(numAffectedRows ?? 0n);
}
