import { Type, type Static } from "typebox";
import { Facts, Instant, NullableInstant, NullableString, StorableText } from "./basics.ts";
import { ModeName } from "./govern.ts";
import { SignedText, StatementSignature } from "./signatures.ts";

/**
 * Names and shapes of the security API that Tyr's own follows (`/security/…`), for clients that speak it. What differs
 * stands in docs/reference/security-api.md.
 */
const nullable = <S extends Parameters<typeof Type.Optional>[0]>(schema: S) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
const perMinute = Type.Integer({ minimum: 1, maximum: 100_000 });

export const SecurityPolicy = Type.Object({
  id: Type.Literal(1),
  default_mode: ModeName,
  auto_elevate: Type.Boolean(),
  auto_lockdown: Type.Boolean(),
  max_failed_auth: Type.Integer(),
  max_scan_events: Type.Integer(),
  notes: NullableString,
  updated_at: NullableInstant,
});
export type SecurityPolicy = Static<typeof SecurityPolicy>;
/** null leaves what cannot be cleared, and clears the notes. */
export const SecurityPolicyEdit = Type.Object(
  {
    default_mode: nullable(ModeName),
    auto_elevate: nullable(Type.Boolean()),
    auto_lockdown: nullable(Type.Boolean()),
    max_failed_auth: nullable(perMinute),
    max_scan_events: nullable(perMinute),
    notes: nullable(StorableText(4_000)),
  },
  { additionalProperties: false },
);
export type SecurityPolicyEdit = Static<typeof SecurityPolicyEdit>;

export const SecurityBlock = Type.Object({
  id: Type.String({ description: "of the block; of the action while there is no block" }),
  entity_type: Type.Literal("ip"),
  value: Type.String(),
  reason: Type.String(),
  active: Type.Boolean(),
  created_at: Instant,
  expires_at: NullableInstant,
  /** The action that asked for it; null where it came from elsewhere. */
  action_id: NullableString,
  /** As our own: `pending` while it waits for somebody's approval. */
  state: Type.String(),
});
export type SecurityBlock = Static<typeof SecurityBlock>;
export const SecurityBlockCreate = Type.Object(
  {
    entity_type: Type.Enum(["ip", "user", "api_key"]),
    value: StorableText(64, { minLength: 1 }),
    reason: StorableText(4_000, { minLength: 1 }),
    expires_at: nullable(Instant),
  },
  { additionalProperties: false },
);
export type SecurityBlockCreate = Static<typeof SecurityBlockCreate>;
export const SecurityBlocks = Type.Object({
  total: Type.Integer(),
  active: Type.Integer(),
  items: Type.Array(SecurityBlock),
});

export const SECURITY_STATUSES = ["pending", "approved", "rejected", "executed"] as const;
export const SecurityStatus = Type.Enum(SECURITY_STATUSES);
export type SecurityStatus = Static<typeof SecurityStatus>;
export const SecurityAction = Type.Object({
  id: Type.String(),
  created_at: Instant,
  updated_at: Instant,
  requested_by: Type.String(),
  approved_by: NullableString,
  action_type: Type.String(),
  payload: Facts,
  status: SecurityStatus,
  executed_at: NullableInstant,
  resolution_notes: NullableString,
  /** As our own, which has more of them. */
  state: Type.String(),
});
export type SecurityAction = Static<typeof SecurityAction>;
export const SecurityActions = Type.Object({
  total: Type.Integer(),
  pending: Type.Integer(),
  items: Type.Array(SecurityAction),
});
export const SecurityActionCreate = Type.Object(
  {
    /** Who asks is who is signed in; this is not believed. */
    requested_by: Type.Optional(StorableText(200)),
    action_type: Type.Enum(["block_entity", "set_mode", "update_policy"]),
    payload: nullable(Type.Record(StorableText(64), Type.Unknown(), { maxProperties: 32 })),
  },
  { additionalProperties: false },
);
export type SecurityActionCreate = Static<typeof SecurityActionCreate>;
export const SecurityActionUpdate = Type.Object(
  {
    status: SecurityStatus,
    approved_by: nullable(StorableText(200)),
    resolution_notes: nullable(SignedText),
    /** Over a statement about the action as it is now; without one nothing is approved or rejected. */
    signature: Type.Optional(StatementSignature),
  },
  { additionalProperties: false },
);
export type SecurityActionUpdate = Static<typeof SecurityActionUpdate>;
