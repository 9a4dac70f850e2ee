import { permissionsOf } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { listSessionPlaces } from "./store.ts";

/** Where people who may request or approve actions are signed in from at this moment, each address once. */
export async function operatorAddresses(db: ReadDatabase, now: Date): Promise<readonly string[]> {
  const places = await listSessionPlaces(db, now);
  const deciding = places.filter(({ roles }) => {
    const permissions = permissionsOf(roles);
    return permissions.has("action:request") || permissions.has("action:approve");
  });
  return [...new Set(deciding.flatMap(({ address }) => (address === null ? [] : [address])))];
}
