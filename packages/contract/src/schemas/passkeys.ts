import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Instant, Name, NullableInstant, NullableString, StorableText } from "./basics.ts";

/** Bytes as base64url without padding (RFC 4648, section 5), as browsers write them. */
function Bytes(maxLength: number) {
  return Type.String({
    minLength: 1,
    maxLength,
    pattern: "^[A-Za-z0-9_-]+$",
    description: "bytes in base64url, without padding",
  });
}

/** 1,023 bytes at most (WebAuthn Level 3, section 5.1). */
const CredentialId = Bytes(1364);
const Handle = Bytes(64);
const Transport = StorableText(30, { minLength: 1 });
const Credential = Type.Object({
  id: Type.String(),
  type: Type.Literal("public-key"),
  transports: Type.Array(Type.String()),
});

export const Passkey = Type.Object({
  id: IdSchema("passkey"),
  name: Type.String(),
  createdAt: Instant,
  lastUsedAt: NullableInstant,
  /** It is kept in several devices, by whoever synchronizes them. */
  synced: Type.Boolean(),
  /** Since when it counts no more: its counter went backwards, so that a copy of it may exist. */
  refusedSince: NullableInstant,
});
export type Passkey = Static<typeof Passkey>;
export const PasskeyList = Type.Object({
  items: Type.Array(Passkey),
  /** The origin passkeys work at; null where the server's address allows none (neither https nor localhost). */
  origin: NullableString,
});
export type PasskeyList = Static<typeof PasskeyList>;

/** For `navigator.credentials.create`; `handle` comes back with the answer, once, within five minutes. */
export const PasskeyCreation = Type.Object({
  handle: Type.String(),
  options: Type.Object({
    challenge: Type.String(),
    rp: Type.Object({ id: Type.String(), name: Type.String() }),
    user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
    pubKeyCredParams: Type.Array(Type.Object({ type: Type.Literal("public-key"), alg: Type.Integer() })),
    timeout: Type.Integer(),
    attestation: Type.Literal("none"),
    authenticatorSelection: Type.Object({
      residentKey: Type.Literal("required"),
      requireResidentKey: Type.Literal(true),
      userVerification: Type.Literal("required"),
    }),
    excludeCredentials: Type.Array(Credential),
  }),
});
export type PasskeyCreation = Static<typeof PasskeyCreation>;

/** For `navigator.credentials.get`. */
export const PasskeyRequest = Type.Object({
  handle: Type.String(),
  options: Type.Object({
    challenge: Type.String(),
    rpId: Type.String(),
    timeout: Type.Integer(),
    userVerification: Type.Literal("required"),
    /** Empty at sign-in: the authenticator names the account, so that nobody can ask who has one. */
    allowCredentials: Type.Array(Credential),
  }),
});
export type PasskeyRequest = Static<typeof PasskeyRequest>;

/** What the authenticator signed (WebAuthn Level 3, section 5.2.2). */
export const PasskeyProof = Type.Object(
  {
    handle: Handle,
    id: CredentialId,
    clientDataJSON: Bytes(8192),
    authenticatorData: Bytes(8192),
    signature: Bytes(8192),
    /** Whom the authenticator takes the credential's owner for. */
    userHandle: Type.Optional(Bytes(86)),
  },
  { additionalProperties: false },
);
export type PasskeyProof = Static<typeof PasskeyProof>;

export const PasskeySignIn = Type.Object(
  {
    passkey: PasskeyProof,
    /** true: answer the session token in the body instead of a cookie. */
    token: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type PasskeySignIn = Static<typeof PasskeySignIn>;

/** A new credential (WebAuthn Level 3, section 5.2.1) and what its owner calls it. */
export const PasskeyAdd = Type.Object(
  {
    handle: Handle,
    name: Name,
    id: CredentialId,
    clientDataJSON: Bytes(8192),
    attestationObject: Bytes(32_768),
    transports: Type.Optional(Type.Array(Transport, { maxItems: 10 })),
  },
  { additionalProperties: false },
);
export type PasskeyAdd = Static<typeof PasskeyAdd>;
export const PasskeyAdded = Type.Object({
  passkey: Passkey,
  /** With the first second factor of an account, shown this once; null: those before count on. */
  recoveryCodes: Type.Union([Type.Array(Type.String()), Type.Null()]),
});
export type PasskeyAdded = Static<typeof PasskeyAdded>;
export const PasskeyRename = Type.Object({ name: Name }, { additionalProperties: false });
