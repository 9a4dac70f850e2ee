import type { ReadDatabase } from "#platform/database";
import { heldPermissions } from "./roles/held-permissions.ts";
import { listSessionPlaces } from "./store.ts";

/** Where people who may request or approve actions are signed in from at this moment, each address once. */
export async function operatorAddresses(db: ReadDatabase, now: Date): Promise<readonly string[]> {
  const places = await listSessionPlaces(db, now);
  const held = await Promise.all(places.map(async ({ roles }) => await heldPermissions(db, roles)));
  const deciding = places.filter(
    (_, at) => held[at]?.has("action:request") === true || held[at]?.has("action:approve") === true,
  );
  return [...new Set(deciding.flatMap(({ address }) => (address === null ? [] : [address])))];
}
