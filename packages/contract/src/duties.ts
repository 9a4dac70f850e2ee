import type { BuiltInRole, Permission, Role } from "./permissions.ts";
import { ROLES } from "./permissions.ts";

/** One half of a pair: a permission (`action:approve`) or a role (`analyst`). Permissions have a colon, roles never do. */
export type DutySide = Permission | Role;
/** Two things one person must not hold together, why, and which controls ask for it. */
export type DutyPair = Readonly<{
  id: string;
  sides: readonly [DutySide, DutySide];
  reason: string;
  controls: readonly string[];
}>;

/** SOC 2, ISO/IEC 27001:2022 and the general IT controls under SOX all ask for segregation of duties by these ids. */
const SEGREGATION = ["SOC 2 CC6.3", "ISO 27001 5.3", "ITGC-AC-5"] as const;

/** What nobody may hold together anywhere; own pairs come beside them. */
export const DUTY_PAIRS = [
  {
    id: "request-approve",
    sides: ["action:request", "action:approve"],
    reason: "Whoever asks for a response and whoever approves it are two people: a quorum counts people, not accounts.",
    controls: SEGREGATION,
  },
  {
    id: "users-approve",
    sides: ["user:write", "action:approve"],
    reason: "Whoever makes accounts could make the second person whose approval a response waits for.",
    controls: [...SEGREGATION, "ITGC-AC-4"],
  },
  {
    id: "provision-approve",
    sides: ["scim:provision", "action:approve"],
    reason: "Whoever provisions accounts and groups could make the second person whose approval a response waits for.",
    controls: [...SEGREGATION, "ITGC-AC-4"],
  },
  {
    id: "mode-approve",
    sides: ["mode:write", "action:approve"],
    reason: "Whoever sets when a response runs unasked would also be the one who is asked.",
    controls: [...SEGREGATION, "SOC 2 CC8.1"],
  },
  {
    id: "users-retention",
    sides: ["user:write", "retention:run"],
    reason: "Whoever administers accounts could remove the records of what those accounts did.",
    controls: [...SEGREGATION, "ITGC-OP-4", "ISO 27001 5.33"],
  },
  {
    id: "users-erase",
    sides: ["user:write", "privacy:erase"],
    reason: "Whoever administers accounts could make it unknown who one of them belonged to.",
    controls: [...SEGREGATION, "ITGC-OP-4", "ISO 27001 5.34"],
  },
  {
    id: "hold-erase",
    sides: ["privacy:hold", "privacy:erase"],
    reason: "Whoever lifts a legal hold could erase at once what it kept.",
    controls: [...SEGREGATION, "ISO 27001 5.33"],
  },
] as const satisfies readonly DutyPair[];
export type BuiltInPair = (typeof DUTY_PAIRS)[number]["id"];

/** Built-in roles that hold both sides of a pair by themselves, and why they may: shown wherever somebody has such a role. */
export const ROLE_EXCEPTIONS = [
  {
    role: "security_manager",
    pair: "request-approve",
    reason: "One person leads a small team: they ask and they approve, never the same response.",
  },
  {
    role: "security_manager",
    pair: "mode-approve",
    reason: "Whoever answers for the response sets the mode; each change of it is logged and ends by itself.",
  },
  {
    role: "admin",
    pair: "users-retention",
    reason:
      "Removing what is due follows terms set where the server is started; entries of the log are archived first, and their hashes stay.",
  },
  {
    role: "admin",
    pair: "users-erase",
    reason: "Only a disabled account can be erased, the erasure is logged, and every proof still verifies.",
  },
  {
    role: "compliance_officer",
    pair: "hold-erase",
    reason: "Both are the same office; placing, lifting and erasing each leave an entry with its reason.",
  },
] as const satisfies readonly { role: BuiltInRole; pair: BuiltInPair; reason: string }[];

/** What somebody holds: their roles with what each gives, and what programs that act for them may do. */
export type Held = Readonly<{
  roles: readonly Readonly<{ name: Role; permissions: readonly Permission[] }>[];
  /** Scopes of the usable keys of service accounts they own. */
  programs: readonly Permission[];
}>;

/** A pair somebody holds both sides of. `byRole` names the built-in role that holds both by design. */
export type HeldPair = Readonly<{ pair: string; byRole: BuiltInRole | null; reason: string | null }>;

function isPermission(side: DutySide): side is Permission {
  return side.includes(":");
}

function holds({ roles, programs }: Held, side: DutySide): boolean {
  if (!isPermission(side)) return roles.some(({ name }) => name === side);
  return programs.includes(side) || roles.some(({ permissions }) => permissions.includes(side));
}

/** What the built-in roles hold, in the shape `heldPairs` reads. */
export function builtInHeld(name: BuiltInRole): Held["roles"][number] {
  return { name, permissions: ROLES[name] };
}

/** The pairs somebody holds both sides of, in the order of `pairs`. Pure: no exception but those of built-in roles is known here. */
export function heldPairs(held: Held, pairs: readonly DutyPair[]): readonly HeldPair[] {
  const both = pairs.filter(({ sides }) => sides.every((side) => holds(held, side)));
  return both.map(({ id }) => {
    const excepted = ROLE_EXCEPTIONS.find(
      ({ role, pair }) => pair === id && held.roles.some((one) => one.name === role),
    );
    return { pair: id, byRole: excepted?.role ?? null, reason: excepted?.reason ?? null };
  });
}
