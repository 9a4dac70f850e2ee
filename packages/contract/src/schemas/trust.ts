import { ManagedBy } from "./scim.ts";
import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { ROLE_NAMES, type Permission, type Role } from "../permissions.ts";
import { Actor, Facts, Instant, NullableInstant, NullableString, PageOf, StorableText } from "./basics.ts";
import { PasskeyProof } from "./passkeys.ts";
import { Cosigning } from "./witness.ts";
import { CustomRoleName } from "./roles.ts";

export const RoleName = Type.Unsafe<Role>(
  Type.Union([Type.Enum([...ROLE_NAMES]), CustomRoleName], { description: "a built-in role, or one of role.list" }),
);
/** At most 256 characters; at least 15, or 8 beside a second factor. Every character counts, none is required. */
export const Password = StorableText(256, { minLength: 1 });
export const LoginName = Type.String({
  minLength: 1,
  maxLength: 80,
  pattern: "^[a-zA-Z0-9][a-zA-Z0-9._@-]*$",
  description: "a login name: letters, digits and . _ @ -, first a letter or a digit",
});

/** What somebody signs in with besides a password; told to whoever reads the list of users. */
export const UserMeans = Type.Object({
  /** An authenticator application that was confirmed. */
  authenticator: Type.Boolean(),
  /** Those that count; one that may have been copied does not. */
  passkeys: Type.Integer({ minimum: 0 }),
  /** Identity providers the account is linked to. */
  providers: Type.Integer({ minimum: 0 }),
  /** After 100 failures in a row no password counts any more, until somebody unlocks it or a passkey is used. */
  locked: Type.Boolean(),
});
export type UserMeans = Static<typeof UserMeans>;

export const User = Type.Object({
  id: IdSchema("subject"),
  name: LoginName,
  roles: Type.Array(RoleName),
  active: Type.Boolean(),
  createdAt: Instant,
  lastSeenAt: NullableInstant,
  managedBy: Type.Optional(ManagedBy),
  means: Type.Optional(UserMeans),
  /** true: the person was erased; what is left is the id under which the log says what they did. */
  erased: Type.Optional(Type.Boolean()),
});
export type User = Static<typeof User>;
export const UserList = Type.Object({ items: Type.Array(User) });
export const UserCreate = Type.Object(
  { name: LoginName, password: Password, roles: Type.Array(RoleName, { minItems: 1 }) },
  { additionalProperties: false },
);
export type UserCreate = Static<typeof UserCreate>;
export const UserChange = Type.Object(
  { roles: Type.Optional(Type.Array(RoleName, { minItems: 1 })), active: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);
export type UserChange = Static<typeof UserChange>;

export const SetupState = Type.Object({ needed: Type.Boolean() });
export const SetupBody = Type.Object(
  { token: StorableText(200), name: LoginName, password: Password },
  { additionalProperties: false },
);
export const LoginBody = Type.Object(
  {
    name: StorableText(80),
    password: Password,
    /** Where the account has a second factor: six digits of the authenticator, or a recovery code. */
    code: Type.Optional(StorableText(60, { minLength: 1 })),
    /** Instead of a code: one of the account's passkeys, asked for with `passkey.beginSignIn`. */
    passkey: Type.Optional(PasskeyProof),
    /** true: answer the session token in the body instead of a cookie (command line). */
    token: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export const Session = Type.Object({
  user: User,
  permissions: Type.Array(Type.Unsafe<Permission>(Type.String())),
  expiresAt: Instant,
  /** true: good for nothing but adding the second factor that this installation asks for. */
  lacksSecondFactor: Type.Optional(Type.Boolean()),
  /** true: good for nothing but choosing a password of one's own instead of the one somebody gave. */
  mustChangePassword: Type.Optional(Type.Boolean()),
  token: Type.Optional(Type.String()),
});
export type Session = Static<typeof Session>;

/**
 * By what a change was asked for, as the request showed it. `cli` says so of itself; `program` is any other that holds a
 * token, or nothing; `several`: one entry for a batch of requests; `system`: no request, the server's own doing.
 */
export const AUDIT_CLIENTS = [
  "browser",
  "cli",
  "api_key",
  "sensor",
  "enforcer",
  "program",
  "several",
  "system",
] as const;
export const AuditOrigin = Type.Object({
  client: Type.Enum([...AUDIT_CLIENTS]),
  address: NullableString,
});
export type AuditOrigin = Static<typeof AuditOrigin>;

export const AuditEntry = Type.Object({
  index: Type.Union([Type.Integer(), Type.Null()], {
    description: "place in the tree; null until sequenced (under a second)",
  }),
  id: IdSchema("auditEntry"),
  at: Instant,
  type: Type.String(),
  actor: Actor,
  object: Type.Object({ kind: Type.String(), id: Type.String() }),
  outcome: Type.Enum(["success", "refused", "failure"]),
  before: NullableString,
  after: NullableString,
  requestId: NullableString,
  origin: Type.Union([AuditOrigin, Type.Null()], {
    description: "where it was asked for; null in entries of versions that did not keep it",
  }),
  details: Facts,
  personal: Type.Optional(
    Type.Array(
      Type.Object({
        field: Type.String({ description: "where the value belongs, such as actor.name" }),
        commitment: Type.String({
          description: "base64 of SHA-256 over 32 bytes of salt and the value's canonical JSON",
        }),
        state: Type.Enum(["opened", "withheld", "erased", "altered"]),
      }),
      { description: "what the entry only commits to; absent when there is nothing personal in it" },
    ),
  ),
  leafHash: NullableString,
});
export type AuditEntry = Static<typeof AuditEntry>;
export const AuditPage = PageOf(AuditEntry);
export const AuditHead = Type.Object({
  origin: Type.String(),
  vkey: Type.String(),
  size: Type.Integer(),
  root: Type.String(),
  checkpoint: Type.String(),
  checkpointAt: Instant,
  waiting: Type.Integer({ description: "entries written but not yet in a checkpoint" }),
  cosigning: Type.Optional(Cosigning),
  pruned: Type.Optional(
    Type.Object(
      { entries: Type.Integer(), declaredAt: Type.Integer({ description: "index of the entry that says so" }) },
      { description: "the first entries, declared pruned: their hashes stay, their bodies are in the archive" },
    ),
  ),
});
export type AuditHead = Static<typeof AuditHead>;
export const AuditProblem = Type.Object({
  code: Type.String(),
  index: Type.Union([Type.Integer(), Type.Null()]),
  message: Type.String(),
});
export const AuditVerification = Type.Object({
  ok: Type.Boolean(),
  size: Type.Integer(),
  root: Type.String(),
  entriesRead: Type.Integer(),
  pruned: Type.Optional(Type.Integer({ description: "entries known by their hashes alone, as the log declares" })),
  durationMs: Type.Number(),
  checkpointAt: Instant,
  problems: Type.Array(AuditProblem),
});
export type AuditVerification = Static<typeof AuditVerification>;

/** One of somebody's own sessions. `address` and `userAgent` are what the sign-in came with. */
export const SessionInfo = Type.Object({
  id: IdSchema("session"),
  createdAt: Instant,
  lastSeenAt: Instant,
  /** It is over then, however much it is used. */
  expiresAt: Instant,
  current: Type.Boolean(),
  userAgent: NullableString,
  address: NullableString,
  /** How whoever holds it last proved who they are, e.g. `password+totp`. */
  factor: Type.String(),
});
export type SessionInfo = Static<typeof SessionInfo>;
export const SessionList = Type.Object({ items: Type.Array(SessionInfo) });
