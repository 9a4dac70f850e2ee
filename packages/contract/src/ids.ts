import { Type } from "typebox";

/** Every id is `prefix_` + a lower-case UUID; the prefix names the noun, the UUID sorts by time (v7) or is derived (v5). */
export const ID_PREFIXES = {
  event: "evt",
  detection: "det",
  tag: "tag",
  observation: "atk",
  identity: "idn",
  campaign: "cmp",
  incident: "inc",
  action: "act",
  approval: "apr",
  approvalKey: "apk",
  breakGlass: "bgl",
  delegation: "dlg",
  outcome: "out",
  block: "blk",
  sensor: "snr",
  enforcer: "enf",
  subject: "usr",
  key: "key",
  serviceAccount: "svc",
  tokenFamily: "tkf",
  group: "grp",
  session: "ssn",
  passkey: "psk",
  hold: "hld",
  retentionRun: "ret",
  auditEntry: "aud",
  quarantine: "qtn",
  note: "nte",
  notification: "ntf",
  allow: "alw",
  asset: "ast",
  dutyPair: "dty",
  dutyException: "exc",
  review: "rvw",
  reviewItem: "rvi",
  backtest: "bkt",
  backfill: "bkf",
  policyBacktest: "pbt",
} as const;

export type Noun = keyof typeof ID_PREFIXES;
/** A branded id: `Id<"event">` never fits where an `Id<"incident">` is asked for. */
export type Id<N extends Noun> = `${(typeof ID_PREFIXES)[N]}_${string}` & { readonly __noun?: N };

export type EventId = Id<"event">;
export type DetectionId = Id<"detection">;
export type ObservationId = Id<"observation">;
export type IdentityId = Id<"identity">;
export type CampaignId = Id<"campaign">;
export type IncidentId = Id<"incident">;
export type ActionId = Id<"action">;
export type ApprovalKeyId = Id<"approvalKey">;
export type BreakGlassId = Id<"breakGlass">;
export type DelegationId = Id<"delegation">;
export type BlockId = Id<"block">;
export type AssetId = Id<"asset">;
export type SensorId = Id<"sensor">;
export type EnforcerId = Id<"enforcer">;
export type SubjectId = Id<"subject">;
export type KeyId = Id<"key">;
export type ServiceAccountId = Id<"serviceAccount">;
export type DutyExceptionId = Id<"dutyException">;
export type ReviewId = Id<"review">;
export type ReviewItemId = Id<"reviewItem">;
export type TokenFamilyId = Id<"tokenFamily">;
export type GroupId = Id<"group">;
export type SessionId = Id<"session">;
export type PasskeyId = Id<"passkey">;
export type NotificationId = Id<"notification">;

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/** JSON Schema of an id of one noun. */
export function IdSchema<N extends Noun>(noun: N) {
  return Type.Unsafe<Id<N>>(
    Type.String({
      pattern: `^${ID_PREFIXES[noun]}_${UUID}$`,
      description: `an id such as ${ID_PREFIXES[noun]}_01234567-89ab-7cde-8f01-23456789abcd`,
    }),
  );
}

/** True when the text has the shape of an id of this noun; says nothing about whether such a thing exists. */
export function isId<N extends Noun>(noun: N, text: string): text is Id<N> {
  return new RegExp(`^${ID_PREFIXES[noun]}_${UUID}$`).test(text);
}
