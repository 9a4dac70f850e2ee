export { createAudit, type Audit, type AuditDeps, type AuditReader } from "./create-audit.ts";
export { encodeEntry } from "./entry.ts";
export { retainedPersonal } from "./retention/personal-retained-store.ts";
export type { Keeper, Pruning } from "./pruning/pruning.ts";
export { createRetention, type Retention } from "./retention/retention.ts";
export { createPrivacy, type Privacy } from "./personal/erasure.ts";
export { createPersonalValues, type PersonalValues } from "./personal/personal-values.ts";
/** For rooms that check what people sign: refuses keys of low order, which the engine takes. */
export { verifyEd25519 } from "@tyr/ledger";
export { AuditDiverged, AuditFactRefused } from "./errors.ts";
export type { KeyChange, ReplacedKey } from "./rotate-key.ts";
export type { SignedTexts } from "./signed-texts.ts";
export type { Answer, WitnessClient } from "./witness-client.ts";
export { parseWitnessPolicy, readWitnessPolicy, type WitnessPolicy } from "./witness-policy.ts";
export { followEntries, logLength, type Followed, type FollowedEntry } from "./follow-store.ts";
export type { EntryPage, EntryQuery } from "./list-entries.ts";
