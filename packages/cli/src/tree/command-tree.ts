import { ACCOUNT_COMMANDS } from "./account-commands.ts";
import { ACTOR_COMMANDS } from "./actor-commands.ts";
import { APPROVAL_KEY_COMMANDS } from "./approval-key-commands.ts";
import { ATTACK_COMMANDS } from "./attack-commands.ts";
import { BREAK_GLASS_COMMANDS } from "./break-glass-commands.ts";
import { COLLECT_COMMANDS } from "./collect-commands.ts";
import type { CommandSpec } from "./command-spec.ts";
import { DELEGATION_COMMANDS } from "./delegation-commands.ts";
import { DUTY_COMMANDS } from "./duty-commands.ts";
import { GOVERN_COMMANDS } from "./govern-commands.ts";
import { INTEL_COMMANDS } from "./intel-commands.ts";
import { KEY_COMMANDS } from "./key-commands.ts";
import { NOTIFY_COMMANDS } from "./notify-commands.ts";
import { POLICY_COMMANDS } from "./policy-commands.ts";
import { PRIVACY_COMMANDS } from "./privacy-commands.ts";
import { RESPOND_COMMANDS } from "./respond-commands.ts";
import { REVIEW_COMMANDS } from "./review-commands.ts";
import { SCIM_COMMANDS } from "./scim-commands.ts";
import { SECRET_COMMANDS } from "./secret-commands.ts";
import { SERVER_COMMANDS } from "./server-commands.ts";
import { TOKEN_COMMANDS } from "./token-commands.ts";
import { TRUST_COMMANDS } from "./trust-commands.ts";
import { WITNESS_COMMANDS } from "./witness-commands.ts";

/** Every command of `tyr`, in the order of its help. */
export const COMMANDS: readonly CommandSpec[] = [
  ...SERVER_COMMANDS,
  ...COLLECT_COMMANDS,
  ...ATTACK_COMMANDS,
  ...INTEL_COMMANDS,
  ...TRUST_COMMANDS,
  ...ACCOUNT_COMMANDS,
  ...APPROVAL_KEY_COMMANDS,
  ...DUTY_COMMANDS,
  ...REVIEW_COMMANDS,
  ...KEY_COMMANDS,
  ...TOKEN_COMMANDS,
  ...SCIM_COMMANDS,
  ...WITNESS_COMMANDS,
  ...ACTOR_COMMANDS,
  ...RESPOND_COMMANDS,
  ...GOVERN_COMMANDS,
  ...BREAK_GLASS_COMMANDS,
  ...DELEGATION_COMMANDS,
  ...POLICY_COMMANDS,
  ...NOTIFY_COMMANDS,
  ...SECRET_COMMANDS,
  ...PRIVACY_COMMANDS,
];

export const GROUPS: Readonly<Record<string, string>> = {
  sensor: "Sensors and their keys",
  incident: "Incidents and their timelines",
  attacker: "Source addresses and what they did",
  identity: "Who is who behind source addresses",
  audit: "The tamper-evident log",
  rule: "Detection rules",
  attack: "MITRE ATT&CK: releases in force, and what was seen in its words",
  intel: "What others know of attackers",
  witness: "A witness of other machines' logs",
  account: "Your own account",
  "approval-key": "Keys your decisions are signed with",
  user: "Users and their roles",
  role: "Roles, and what nobody may hold together",
  "access-review": "Access reviews: who decides who keeps what",
  key: "API keys",
  service: "Service accounts, for programs",
  token: "Tokens of API clients, and the keys that sign them",
  scim: "Identity providers that provision users",
  block: "Blocks",
  allow: "What is never blocked",
  action: "Actions and their decisions",
  "single-person": "Approving what one asked for, where nobody else can",
  delegation: "Approving in somebody's place, for a while",
  "break-glass": "What ran without approvals, and its reviews",
  policy: "Policies: what is decided, and how they change",
  mode: "The operating mode",
  notify: "Telling people outside of Tyr",
  settings: "Limits, thresholds and modes by themselves",
  asset: "The inventory: what is ours, and what is never touched",
  enforcer: "Enforcement points",
  privacy: "Personal values",
  secrets: "Keys of what is encrypted at rest",
};
