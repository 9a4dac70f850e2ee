import { ROLE_NAMES, ROLES, type RoleView, type User } from "@tyr/contract";

/** Built-in roles with their holders, and one that was made here. */
export function makeRoles(users: readonly User[]): RoleView[] {
  const holders = (name: string): number => users.filter(({ roles }) => roles.some((role) => role === name)).length;
  const builtIn = ROLE_NAMES.map((name) => ({
    name,
    about: "",
    builtIn: true,
    permissions: [...ROLES[name]],
    holders: holders(name),
    changedAt: null,
  }));
  const triage: RoleView = {
    name: "custom_triage",
    about: "first look at night",
    builtIn: false,
    permissions: ["session:own", "key:own", "incident:read", "incident:write", "event:read"],
    holders: 0,
    changedAt: "2026-10-02T08:00:00.000Z",
  };
  return [...builtIn, triage];
}
