import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import {
  Actor,
  Instant,
  KeyLifeDays,
  Name,
  NullableInstant,
  NullableString,
  PageOf,
  PageQuery,
  StorableText,
  Text,
} from "./basics.ts";

export const BLOCK_STATES = ["active", "expired", "lifted"] as const;
export const BlockState = Type.Enum(BLOCK_STATES);
export type BlockState = Static<typeof BlockState>;
export const EnforcementState = Type.Enum([
  "requested",
  "acknowledged",
  "effective",
  "not_expressible",
  "stale",
  "failed",
]);
export const Enforcement = Type.Object({
  enforcerId: IdSchema("enforcer"),
  name: Type.String(),
  state: EnforcementState,
  at: NullableInstant,
  detail: Type.String(),
});
export type Enforcement = Static<typeof Enforcement>;

export const Block = Type.Object({
  id: IdSchema("block"),
  scope: Type.Enum(["ip", "range"]),
  value: Type.String(),
  reason: Type.String(),
  origin: Type.String(),
  actionId: IdSchema("action"),
  state: BlockState,
  createdAt: Instant,
  expiresAt: Instant,
  endedAt: NullableInstant,
  enforcement: Type.Array(Enforcement),
});
export type Block = Static<typeof Block>;
export const BlockQuery = Type.Object({
  ...PageQuery,
  state: Type.Optional(BlockState),
  value: Type.Optional(StorableText(64)),
});
export const BlockPage = PageOf(Block);

export const AllowEntry = Type.Object({
  id: IdSchema("allow"),
  value: Type.String(),
  reason: Type.String(),
  by: Actor,
  createdAt: Instant,
  expiresAt: NullableInstant,
});
export type AllowEntry = Static<typeof AllowEntry>;
export const AllowCreate = Type.Object(
  { value: StorableText(64, { minLength: 1 }), reason: Text, expiresAt: Type.Optional(Instant) },
  { additionalProperties: false },
);

/** What an entry would do, before anybody adds it. */
export const AllowPreview = Type.Object({
  /** The canonical form of what was asked. */
  value: Type.String(),
  /** How many addresses, as decimal text. */
  addresses: Type.String(),
  /** How many active blocks it would lift. */
  lifts: Type.Integer({ minimum: 0 }),
  /** The first of them, in the order of their addresses. */
  blocks: Type.Array(Type.Object({ id: IdSchema("block"), value: Type.String(), expiresAt: Instant })),
});
export type AllowPreview = Static<typeof AllowPreview>;

export const Enforcer = Type.Object({
  id: IdSchema("enforcer"),
  name: Name,
  active: Type.Boolean(),
  keyHint: Type.String(),
  keyEndsAt: Instant,
  createdAt: Instant,
  lastPullAt: NullableInstant,
  userAgent: NullableString,
});
export type Enforcer = Static<typeof Enforcer>;
export const EnforcerCreate = Type.Object(
  { name: Name, keyLifeDays: Type.Optional(KeyLifeDays) },
  { additionalProperties: false },
);
export const EnforcerWithKey = Type.Object({ enforcer: Enforcer, key: Type.String() });

/** A decision as CrowdSec bouncers read it; `duration` is a Go duration of the time left. */
export const CrowdsecDecision = Type.Object({
  id: Type.Integer(),
  uuid: Type.String(),
  origin: Type.String(),
  type: Type.String(),
  scope: Type.String(),
  value: Type.String(),
  duration: Type.String(),
  scenario: Type.String(),
});
export type CrowdsecDecision = Static<typeof CrowdsecDecision>;
export const CrowdsecError = Type.Object({ message: Type.String() });
const NullableDecisions = Type.Union([Type.Array(CrowdsecDecision), Type.Null()]);
export const CrowdsecDecisions = NullableDecisions;
export const CrowdsecStream = Type.Object({ new: NullableDecisions, deleted: NullableDecisions });
