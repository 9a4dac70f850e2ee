import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { PERMISSION_NAMES, type Permission } from "../permissions.ts";
import { Actor, Instant, Name, NullableInstant, NullableString, StorableText } from "./basics.ts";

/**
 * What no API key can do, whoever made it: deciding about actions, administering people and their roles, making keys,
 * reading personal values, and one's own sessions ask for a person who is there; sensors and enforcement points have keys of their own kind.
 */
export const NEVER_BY_KEY = [
  "action:approve",
  "user:write",
  "role:write",
  "duty:write",
  "review:decide",
  "review:write",
  "key:own",
  "key:write",
  "session:own",
  "personal:read",
  "event:write",
  "block:enforce",
] as const satisfies readonly Permission[];

/** Permissions an API key can hold. */
export const KEY_SCOPES: readonly Permission[] = PERMISSION_NAMES.filter(
  (name) => !(NEVER_BY_KEY as readonly Permission[]).includes(name),
);
/** Longest life of a key; it may be rotated as often as wanted. */
export const KEY_LIFE_DAYS_MAX = 365;
/** For so long, at most, the secret before a rotation still counts: 7 days. */
export const KEY_OVERLAP_SECONDS_MAX = 7 * 86_400;

export const KeyScope = Type.Unsafe<Permission>(Type.Enum([...KEY_SCOPES]));
const Scopes = Type.Array(KeyScope, { minItems: 1, maxItems: KEY_SCOPES.length, uniqueItems: true });
const Networks = Type.Array(
  StorableText(64, { minLength: 2, description: "an address or a network, e.g. 192.0.2.0/24" }),
  {
    maxItems: 32,
    uniqueItems: true,
    description: "where the key counts; empty: anywhere",
  },
);
const LifeDays = Type.Integer({ minimum: 1, maximum: KEY_LIFE_DAYS_MAX });

export const ApiKey = Type.Object({
  id: IdSchema("key"),
  name: Name,
  /** The person or the service account it acts as. */
  owner: Actor,
  scopes: Type.Array(Type.Unsafe<Permission>(Type.String())),
  networks: Type.Array(Type.String()),
  /** The readable start of the newest secret, to recognise it in a configuration file. */
  hint: Type.String(),
  state: Type.Enum(["active", "expired", "revoked"]),
  createdAt: Instant,
  expiresAt: Instant,
  rotatedAt: NullableInstant,
  /** Until then the secret before the last rotation counts too. */
  overlapEndsAt: NullableInstant,
  revokedAt: NullableInstant,
  /** To the minute. */
  lastUsedAt: NullableInstant,
  lastUsedFrom: NullableString,
});
export type ApiKey = Static<typeof ApiKey>;
export const ApiKeyList = Type.Object({ items: Type.Array(ApiKey) });
/** `secret` is shown this once. */
export const ApiKeyMade = Type.Object({ key: ApiKey, secret: Type.String() });
export type ApiKeyMade = Static<typeof ApiKeyMade>;

export const KeyCreate = Type.Object(
  { name: Name, scopes: Scopes, networks: Type.Optional(Networks), lifeDays: LifeDays },
  { additionalProperties: false },
);
export type KeyCreate = Static<typeof KeyCreate>;
export const KeyRotate = Type.Object(
  {
    /** How long the secret before counts beside the new one; 0 ends it at once. */
    overlapSeconds: Type.Integer({ minimum: 0, maximum: KEY_OVERLAP_SECONDS_MAX }),
    lifeDays: LifeDays,
  },
  { additionalProperties: false },
);
export type KeyRotate = Static<typeof KeyRotate>;

/** A principal that is not a person: it acts by its keys alone, never approves, and counts only while its owner may sign in. */
export const ServiceAccount = Type.Object({
  id: IdSchema("serviceAccount"),
  name: Name,
  about: Type.String(),
  owner: Type.Object({ id: IdSchema("subject"), name: Type.String(), active: Type.Boolean() }),
  active: Type.Boolean(),
  createdAt: Instant,
});
export type ServiceAccount = Static<typeof ServiceAccount>;
export const ServiceAccountList = Type.Object({ items: Type.Array(ServiceAccount) });
export const ServiceAccountCreate = Type.Object(
  { name: Name, about: Type.Optional(StorableText(400)), ownerId: Type.Optional(IdSchema("subject")) },
  { additionalProperties: false },
);
export type ServiceAccountCreate = Static<typeof ServiceAccountCreate>;
export const ServiceAccountChange = Type.Object(
  { ownerId: Type.Optional(IdSchema("subject")), active: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);
export type ServiceAccountChange = Static<typeof ServiceAccountChange>;
