import { isCustomRole, permissionsOf, ROLE_PERMISSIONS, type Permission, type Role } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { listCustomRoles } from "./store.ts";

/** What every custom role holds besides: the account of whoever holds it is theirs. */
const ALWAYS = ["session:own", "key:own"] as const satisfies readonly Permission[];

/** What a custom role gives: never more than roles can, whatever an older version or somebody's hand stored. */
export function permissionsOfCustom(stored: readonly Permission[]): readonly Permission[] {
  return [...ALWAYS, ...stored.filter((one) => ROLE_PERMISSIONS.includes(one))];
}

/**
 * The union of what these roles hold now. Built-in roles cost no look-up; a custom role that was deleted gives nothing,
 * and one that was changed gives what it holds from this moment.
 */
export async function heldPermissions(db: ReadDatabase, roles: readonly Role[]): Promise<ReadonlySet<Permission>> {
  const builtIn = permissionsOf(roles);
  if (!roles.some(isCustomRole)) return builtIn;
  const custom = (await listCustomRoles(db)).filter(({ name }) => roles.includes(name));
  return new Set([...builtIn, ...custom.flatMap(({ permissions }) => permissionsOfCustom(permissions))]);
}
