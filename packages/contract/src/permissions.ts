/** What a principal may do. A route names exactly one; a role is a set of them. */
export const PERMISSIONS = {
  "overview:read": "see the overview, the dashboard, the status and the live feed",
  "event:read": "read and search events and the quarantine",
  "event:write": "send events (sensors write only to their own stream)",
  "event:import": "import log files into a named sensor",
  "detection:read": "read detections, tags and rules",
  "attack:load": "load another ATT&CK release",
  "intel:load": "load lists of indicators: addresses, hashes, fingerprints",
  "rule:write": "disable, clip, mute and enable rules",
  "rule:backtest": "try rules on stored events, without storing what they find",
  "rule:backfill": "let a rule find in older events, and store what it finds",
  "actor:read": "read attackers, identities and campaigns",
  "actor:write": "merge and unmerge identities and campaigns",
  "incident:read": "read incidents and their timelines",
  "incident:write": "move incidents through their states, assign them, write notes",
  "action:read": "read actions, decisions, dry runs and approvals",
  "action:request": "request an action and run its dry run",
  "action:approve": "approve or reject actions requested by somebody else",
  "action:break_glass":
    "let an action run for an hour without the approvals it asks for; others review it. In no built-in role",
  "action:revert": "revert an executed action before its expiry",
  "block:read": "read blocks and the allow-list",
  "block:enforce": "pull blocks as an enforcement point",
  "allow:write": "change the allow-list",
  "asset:read": "see the inventory of assets",
  "asset:write": "change the inventory of assets and its groups",
  "enforcer:read": "see enforcement points and when they last pulled",
  "enforcer:write": "register enforcement points and end their keys",
  "policy:read": "read policy bundles, and why something was decided",
  "policy:write": "try policy bundles, and ask for another one to come into force",
  "mode:write": "change the operating mode",
  "notification:read": "see which notifications went out, and which did not",
  "notification:write": "send a test notification, and send again what was given up",
  "settings:write": "change limits, thresholds and when modes change by themselves",
  "audit:read": "read the audit log, its checkpoints and proofs",
  "personal:read": "see personal values in the audit log, and disclose them with an export",
  "privacy:erase": "erase the personal values of somebody",
  "privacy:hold": "see, place and lift legal holds",
  "retention:run": "see what is due under retention, and remove it",
  "audit:verify": "run a verification of the stored log",
  "single_person:write": "let one's own approval count, later, where nobody else can approve",
  "sensor:read": "see sensors and their counters",
  "sensor:write": "register sensors, rotate their keys, deactivate them",
  "user:read": "see users and their roles",
  "user:write": "create and disable users, change roles",
  "role:write": "make, change and delete custom roles",
  "duty:write": "name what nobody may hold together, and allow somebody else an exception",
  "review:read": "see access reviews, their decisions and their reports",
  "review:decide": "decide in an access review one is a reviewer of, never about oneself",
  "review:write": "begin and close access reviews",
  "scim:provision": "provision users and groups for an identity provider (SCIM)",
  "secret:read": "see the key-encryption keys by name and what is under them",
  "secret:rotate": "put another key-encryption key in force",
  "session:own": "see and end the sessions of oneself",
  "key:own": "make, rotate and revoke API keys that act as oneself",
  "key:read": "see service accounts and everybody's API keys",
  "key:write": "make service accounts and their keys, revoke anybody's keys",
} as const;
export type Permission = keyof typeof PERMISSIONS;
export const PERMISSION_NAMES = Object.keys(PERMISSIONS) as readonly Permission[];

const reading = [
  "overview:read",
  "event:read",
  "detection:read",
  "actor:read",
  "incident:read",
  "action:read",
  "block:read",
  "asset:read",
  "enforcer:read",
  "policy:read",
  "sensor:read",
  "session:own",
  "key:own",
] as const satisfies readonly Permission[];
const responding = [
  "actor:write",
  "incident:write",
  "action:request",
  "event:import",
  "rule:backtest",
] as const satisfies readonly Permission[];

/** Roles people can hold, as permission sets. Somebody with several roles has the union. */
export const ROLES = {
  viewer: reading,
  analyst: [...reading, ...responding, "audit:read"],
  approver: [...reading, "action:approve", "audit:read", "incident:write"],
  executor: [...reading, "action:revert", "enforcer:write"],
  compliance_officer: [
    ...reading,
    "privacy:erase",
    "privacy:hold",
    "retention:run",
    "personal:read",
    "secret:read",
    "audit:read",
    "audit:verify",
    "user:read",
    "key:read",
    "duty:write",
    "review:read",
    "review:decide",
    "review:write",
  ],
  security_manager: [
    ...reading,
    ...responding,
    "action:approve",
    "action:revert",
    "allow:write",
    "asset:write",
    "mode:write",
    "settings:write",
    "notification:read",
    "notification:write",
    "policy:write",
    "attack:load",
    "intel:load",
    "rule:write",
    "rule:backfill",
    "enforcer:write",
    "sensor:write",
    "personal:read",
    "audit:read",
    "audit:verify",
    "user:read",
    "key:read",
    "review:read",
    "review:decide",
  ],
  admin: [
    ...reading,
    ...responding,
    "sensor:write",
    "enforcer:write",
    "allow:write",
    "asset:write",
    "mode:write",
    "settings:write",
    "notification:read",
    "notification:write",
    "policy:write",
    "attack:load",
    "intel:load",
    "rule:write",
    "rule:backfill",
    "user:read",
    "user:write",
    "role:write",
    "single_person:write",
    "duty:write",
    "review:read",
    "review:decide",
    "review:write",
    "scim:provision",
    "secret:read",
    "secret:rotate",
    "privacy:erase",
    "retention:run",
    "personal:read",
    "key:read",
    "key:write",
    "audit:read",
    "audit:verify",
  ],
} as const satisfies Record<string, readonly Permission[]>;
export type BuiltInRole = keyof typeof ROLES;
/** A role made in this installation; its prefix keeps it apart from those that later versions build in. */
export type CustomRole = `custom_${string}`;
export type Role = BuiltInRole | CustomRole;
export const ROLE_NAMES = Object.keys(ROLES) as readonly BuiltInRole[];

export function isCustomRole(role: string): role is CustomRole {
  return role.startsWith("custom_");
}

/**
 * What no custom role can hold: policies name the built-in roles that approve, people and roles stay with administrators
 * (of whom there is always one), and sensors and enforcement points are no people.
 */
export const NEVER_BY_ROLE = [
  "action:approve",
  "user:write",
  "role:write",
  "single_person:write",
  "duty:write",
  "review:decide",
  "review:write",
  "scim:provision",
  "event:write",
  "block:enforce",
] as const satisfies readonly Permission[];

/** In no built-in role: whoever makes roles gives these without holding them. */
export const ONLY_BY_CUSTOM_ROLE = ["action:break_glass"] as const satisfies readonly Permission[];

/** What whoever uses the set-up link gets: enough to run an installation of one. They still cannot approve what they ask for. */
export const FIRST_ROLES: readonly Role[] = ["admin", "approver"];

/** Principals that are not people. None of them may approve anything. */
export const SERVICE_PRINCIPALS = {
  sensor: ["event:write"],
  enforcer: ["block:enforce"],
  automation: ["action:request"],
} as const satisfies Record<string, readonly Permission[]>;
export type ServicePrincipal = keyof typeof SERVICE_PRINCIPALS;

/** What built-in roles hold; what custom ones hold only the server knows. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role): readonly Permission[] => (isCustomRole(role) ? [] : ROLES[role])));
}
