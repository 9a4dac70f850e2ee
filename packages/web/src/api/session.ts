import { ROLES, ROLE_NAMES, type Permission, type Role, type Session } from "@tyr/contract";
import { useSuspenseQuery } from "@tanstack/react-query";
import { sessionQuery } from "./queries.ts";

/** Who is signed in. Only used below the route that makes sure somebody is. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Hides what would be refused anyway; the server decides every time. */
export function useCan(): (permission: Permission) => boolean {
  const { permissions } = useSession();
  return (permission) => permissions.includes(permission);
}

export function rolesWith(permission: Permission): readonly Role[] {
  return ROLE_NAMES.filter((role) => (ROLES[role] as readonly Permission[]).includes(permission));
}

export const roleTitle = (role: string): string => role.replaceAll("_", " ");
