import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Instant, Name, NullableInstant, StorableText } from "./basics.ts";
import { PasskeyRequest } from "./passkeys.ts";

/** What people say about an action under their own signature. */
export const STATEMENTS = ["approve", "reject", "withdraw", "break_glass"] as const;
export const StatementKind = Type.Enum(STATEMENTS);
export type StatementKind = Static<typeof StatementKind>;

/**
 * Words that are signed and kept with their signature in one entry of the log, which holds 16 KiB. What changes how its
 * neighbours read (control characters but line breaks, bidirectional controls) is nothing to put one's name under.
 */
export const SignedText = Type.String({
  minLength: 1,
  maxLength: 1000,
  pattern:
    "^(?!\\s*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]+$",
  description: "text that is not blank, at most 1,000 characters, without control characters but line breaks",
});

/** SHA-256 in hex. */
const Digest = Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256, 64 lower-case hexadecimal digits" });

/** Bytes as base64url without padding (RFC 4648, section 5). */
function Bytes(minLength: number, maxLength: number) {
  return Type.String({
    minLength,
    maxLength,
    pattern: "^[A-Za-z0-9_-]+$",
    description: "bytes in base64url, without padding",
  });
}

/** Asks for the text to sign. The digests say what was shown; whatever else is in force by then is refused as stale. */
export const StatementRequest = Type.Object(
  {
    statement: StatementKind,
    requestDigest: StorableText(128),
    dryRunDigest: Type.Optional(StorableText(128)),
    /** Of rejecting, breaking the glass and perhaps withdrawing. */
    reason: Type.Optional(SignedText),
    /** Of approving. */
    comment: Type.Optional(SignedText),
    /** Of approving or rejecting in somebody's place. */
    delegation: Type.Optional(IdSchema("delegation")),
  },
  { additionalProperties: false },
);
export type StatementRequest = Static<typeof StatementRequest>;

/** A personal Ed25519 key: its owner signs with it where no browser is. */
export const ApprovalKey = Type.Object({
  id: IdSchema("approvalKey"),
  name: Type.String(),
  /** SubjectPublicKeyInfo (RFC 8410), DER in base64url. */
  publicKey: Type.String(),
  /** SHA-256 over those bytes, in hex. */
  fingerprint: Type.String(),
  state: Type.Enum(["active", "expired", "revoked"]),
  createdAt: Instant,
  expiresAt: Instant,
  revokedAt: NullableInstant,
});
export type ApprovalKey = Static<typeof ApprovalKey>;
/** With when it last signed an approval; null: never. */
export const UsedApprovalKey = Type.Object({ ...ApprovalKey.properties, lastApprovedAt: NullableInstant });
export type UsedApprovalKey = Static<typeof UsedApprovalKey>;
export const ApprovalKeyList = Type.Object({ items: Type.Array(UsedApprovalKey) });

/** Longest life of a personal key: then its owner makes another. */
export const APPROVAL_KEY_DAYS_MAX = 365;
/** What is signed with a new key to show that one holds it: this, one's subject id, a line feed, the key in base64url. */
export const APPROVAL_KEY_DOMAIN = "tyr-approval-key-v1\n";
/** What an Ed25519 signature of a statement is over: this, then the text of the statement in UTF-8. */
export const APPROVAL_DOMAIN = "tyr-approval-v1\n";

export const ApprovalKeyAdd = Type.Object(
  {
    name: Name,
    /** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): 44 bytes. */
    publicKey: Bytes(59, 59),
    /** Ed25519 over `APPROVAL_KEY_DOMAIN`, one's subject id, a line feed, `publicKey`. */
    proof: Bytes(86, 86),
    lifeDays: Type.Optional(Type.Integer({ minimum: 1, maximum: APPROVAL_KEY_DAYS_MAX })),
  },
  { additionalProperties: false },
);
export type ApprovalKeyAdd = Static<typeof ApprovalKeyAdd>;

/** A text somebody signs, once, until `expiresAt`, and what they can sign it with. */
export const Signable = Type.Object({
  /** Canonical JSON (RFC 8785): exactly these bytes are signed. */
  text: Type.String(),
  /** SHA-256 over `text`. As bytes it is the challenge of a passkey. */
  digest: Digest,
  expiresAt: Instant,
  /** For `navigator.credentials.get`; its `handle` is the digest. Null where the signer has no passkey that counts. */
  passkey: Type.Union([PasskeyRequest, Type.Null()]),
  /** The signer's personal keys that count now. */
  keys: Type.Array(ApprovalKey),
});
export type Signable = Static<typeof Signable>;
export const ActionStatement = Type.Object({ statement: StatementKind, ...Signable.properties });
export type ActionStatement = Static<typeof ActionStatement>;

/** What an authenticator made of the digest (WebAuthn Level 3, section 5.2.2), shorter than elsewhere: it is kept in the log. */
const PasskeySignature = Type.Object(
  {
    kind: Type.Literal("passkey"),
    /** The statement's digest. */
    statement: Digest,
    id: Bytes(1, 1364),
    clientDataJSON: Bytes(1, 2048),
    authenticatorData: Bytes(1, 512),
    signature: Bytes(1, 1024),
    userHandle: Type.Optional(Bytes(1, 86)),
  },
  { additionalProperties: false },
);
const KeySignature = Type.Object(
  {
    kind: Type.Literal("ed25519"),
    /** The statement's digest. */
    statement: Digest,
    keyId: IdSchema("approvalKey"),
    /** Over `APPROVAL_DOMAIN` and the statement's text: 64 bytes. */
    signature: Bytes(86, 86),
  },
  { additionalProperties: false },
);
export const StatementSignature = Type.Union([PasskeySignature, KeySignature]);
export type StatementSignature = Static<typeof StatementSignature>;
