import type { AuditClass } from "@tyr/contract";

/** By the noun of the type, the part before the dot. What is not listed is a `security_event`. */
const CLASS_OF: Readonly<Record<string, AuditClass>> = {
  session: "authentication",
  setup: "authentication",
  password: "authentication",
  totp: "authentication",
  passkey: "authentication",
  recovery: "authentication",
  access: "authorization",
  user: "authorization",
  role: "authorization",
  key: "authorization",
  token: "authentication",
  service: "authorization",
  audit: "data_access",
  event: "data_modification",
  detection: "data_modification",
  incident: "data_modification",
  policy: "configuration_change",
  mode: "configuration_change",
  rule: "configuration_change",
  allow: "configuration_change",
  sensor: "configuration_change",
  enforcer: "configuration_change",
  secret: "configuration_change",
  system: "system_access",
};

export function classOf(type: string): AuditClass {
  const noun = type.split(".", 1)[0] ?? "";
  return Object.hasOwn(CLASS_OF, noun) ? (CLASS_OF[noun] ?? "security_event") : "security_event";
}

/** Nouns of a class; for `security_event` those of every other class, which it is not. */
export function nounsOf(wanted: AuditClass): Readonly<{ nouns: readonly string[]; listed: boolean }> {
  const listed = wanted !== "security_event";
  const nouns = Object.entries(CLASS_OF).flatMap(([noun, its]) => (!listed || its === wanted ? [noun] : []));
  return { nouns, listed };
}

/** Nouns whose change widens what somebody may do or narrows what is protected, and two acts of this kind. */
export const PRIVILEGED_NOUNS = [
  "policy",
  "mode",
  "user",
  "role",
  "allow",
  "sensor",
  "enforcer",
  "key",
  "service",
  "secret",
] as const;
export const PRIVILEGED_TYPES = ["audit.exported", "action.approval_recorded", "token.key_rotated"] as const;
/** What is written only when a credential was in two hands. */
export const COPIED_TYPES = ["token.reused", "passkey.suspected"] as const;
