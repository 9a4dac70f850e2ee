import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Instant, PageOf, PageQuery, StorableText } from "./basics.ts";

const Count = Type.Integer({ minimum: 0 });

export const CREDENTIAL_OUTCOMES = ["success", "failure", "observed"] as const;

/** Credentials one source address tried at one target, with how often. The secret itself is nowhere here. */
export const TriedCredential = Type.Object({
  address: Type.String({ description: "canonical source address" }),
  attackerId: IdSchema("observation"),
  sensorId: IdSchema("sensor"),
  service: Type.String(),
  principal: Type.String({ description: "account, domain or DN, as it was tried; cut at 256 characters" }),
  secretKind: Type.String({ description: "`plaintext` unless the sensor said otherwise" }),
  secretHash: Type.String({
    description: "equal for equal secrets of this installation (HMAC-SHA-256, 32 hex digits)",
  }),
  common: Type.Boolean({ description: "a pair everybody tries: factory settings, the name in the secret" }),
  attemptCount: Count,
  outcome: Type.Enum(CREDENTIAL_OUTCOMES, { description: "success: it was let in at least once" }),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  targetCount: Type.Integer({ minimum: 1, description: "sensors and services this pair was tried at, by anybody" }),
  sourceCount: Type.Integer({ minimum: 1, description: "addresses this pair was tried by" }),
});
export type TriedCredential = Static<typeof TriedCredential>;

export const CredentialQuery = Type.Object(
  {
    ...PageQuery,
    attacker: Type.Optional(StorableText(64, { description: "atk_… or the address" })),
    principal: Type.Optional(StorableText(256)),
    secretHash: Type.Optional(
      Type.String({ pattern: "^[0-9a-f]{32}$", description: "the keyed hash of a secret, 32 hexadecimal digits" }),
    ),
    reused: Type.Optional(Type.Boolean({ description: "true: only pairs that were tried at two targets or more" })),
  },
  { additionalProperties: false },
);

/** Credentials first recorded last come first. */
export const TriedCredentialPage = PageOf(TriedCredential);
