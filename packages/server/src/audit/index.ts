export { createAudit, type Audit, type AuditDeps, type AuditReader } from "./create-audit.ts";
export { encodeEntry } from "./entry.ts";
export { createPrivacy, type Privacy } from "./personal/erasure.ts";
export { createPersonalValues, type PersonalValues } from "./personal/personal-values.ts";
export { AuditDiverged, AuditFactRefused } from "./errors.ts";
export type { KeyChange, ReplacedKey } from "./rotate-key.ts";
export type { Answer, WitnessClient } from "./witness-client.ts";
export { parseWitnessPolicy, readWitnessPolicy, type WitnessPolicy } from "./witness-policy.ts";
export type { EntryPage, EntryQuery } from "./list-entries.ts";
