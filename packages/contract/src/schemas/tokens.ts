import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import type { Permission } from "../permissions.ts";
import { Actor, Instant, Name, NullableInstant, NullableString, Text } from "./basics.ts";

/** What access tokens can be signed with (RFC 7518). RS256 with at least 3,072 bits, for clients that know nothing else. */
export const TOKEN_ALGORITHMS = ["ES256", "RS256"] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];
/** The scope that asks for a refresh token beside the access token. */
export const OFFLINE_ACCESS = "offline_access";

const ClientParameters = {
  client_id: Type.Optional(Type.String({ description: "the id of an API key, unless Basic says it" })),
  client_secret: Type.Optional(Type.String({ description: "the key, unless Basic says it" })),
};
/** What is sent to the token endpoint. Parameters nobody knows are ignored, as RFC 6749 asks. */
export const TokenForm = Type.Object({
  grant_type: Type.Enum(["client_credentials", "refresh_token"]),
  scope: Type.Optional(Type.String({ description: "permissions separated by spaces, and offline_access" })),
  refresh_token: Type.Optional(Type.String()),
  ...ClientParameters,
});
/** What is sent to the revocation endpoint (RFC 7009). */
export const RevocationForm = Type.Object({ token: Type.String(), ...ClientParameters });
/** RFC 6749 section 5.2. */
export const OauthError = Type.Object({ error: Type.String(), error_description: Type.String() });

/** The answer of the token endpoint (RFC 6749 section 5.1). */
export const TokenAnswer = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal("Bearer"),
  /** Seconds. */
  expires_in: Type.Integer({ minimum: 1 }),
  scope: Type.String(),
  refresh_token: Type.Optional(Type.String()),
});
export type TokenAnswer = Static<typeof TokenAnswer>;

/** RFC 8414. */
export const TokenServer = Type.Object({
  issuer: Type.String(),
  token_endpoint: Type.String(),
  revocation_endpoint: Type.String(),
  jwks_uri: Type.String(),
  scopes_supported: Type.Array(Type.String()),
  response_types_supported: Type.Array(Type.String()),
  grant_types_supported: Type.Array(Type.String()),
  token_endpoint_auth_methods_supported: Type.Array(Type.String()),
  revocation_endpoint_auth_methods_supported: Type.Array(Type.String()),
});
export type TokenServer = Static<typeof TokenServer>;

/** A public key (RFC 7517); `kid` is its thumbprint (RFC 7638). */
export const PublicJwk = Type.Object({
  kty: Type.Enum(["EC", "RSA"]),
  kid: Type.String(),
  alg: Type.Enum([...TOKEN_ALGORITHMS]),
  use: Type.Literal("sig"),
  crv: Type.Optional(Type.String()),
  x: Type.Optional(Type.String()),
  y: Type.Optional(Type.String()),
  n: Type.Optional(Type.String()),
  e: Type.Optional(Type.String()),
});
export type PublicJwk = Static<typeof PublicJwk>;
export const PublicJwks = Type.Object({ keys: Type.Array(PublicJwk) });
export type PublicJwks = Static<typeof PublicJwks>;

/** All tokens that came from one use of an API key: ending it ends each of them. */
export const TokenFamily = Type.Object({
  id: IdSchema("tokenFamily"),
  keyId: IdSchema("key"),
  keyName: Name,
  /** The person or the service account they act as. */
  owner: Actor,
  scopes: Type.Array(Type.Unsafe<Permission>(Type.String())),
  state: Type.Enum(["active", "expired", "ended"]),
  /** Whether it has refresh tokens; without, it is over when its access token is. */
  renewable: Type.Boolean(),
  /** How often it was refreshed. */
  refreshes: Type.Integer({ minimum: 0 }),
  createdAt: Instant,
  refreshedAt: NullableInstant,
  /** Never later, however often it is refreshed. */
  expiresAt: Instant,
  endedAt: NullableInstant,
  endedWhy: NullableString,
});
export type TokenFamily = Static<typeof TokenFamily>;
export const TokenFamilyList = Type.Object({ items: Type.Array(TokenFamily) });

export const TokenKey = Type.Object({
  kid: Type.String(),
  algorithm: Type.Enum([...TOKEN_ALGORITHMS]),
  /** `next` is published and signs later, `leaving` signs no more and is published until its last token is over. */
  state: Type.Enum(["next", "signing", "leaving"]),
  createdAt: Instant,
  signsFrom: Instant,
  publishedUntil: NullableInstant,
});
export type TokenKey = Static<typeof TokenKey>;
export const TokenKeyList = Type.Object({ items: Type.Array(TokenKey) });

export const TokenKeyRotate = Type.Object(
  {
    reason: Text,
    /** Somebody else may have the key: the new one signs now, and every token signed before is refused. */
    compromised: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type TokenKeyRotate = Static<typeof TokenKeyRotate>;
