import { Type, type Static } from "typebox";
import { Instant, NullableInstant, NullableString, StorableText } from "./basics.ts";

export const ProviderId = Type.String({ pattern: "^[a-z][a-z0-9-]{0,29}$", description: "a provider's id" });
export const ProviderList = Type.Object({
  items: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
});
export const SsoBegin = Type.Object(
  {
    /** Asks the provider to have the person prove again who they are. */
    again: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export const SsoBegun = Type.Object({
  /** Where the browser goes next. */
  url: Type.String(),
});
export const SsoAnswer = Type.Object(
  {
    /** What stood behind the question mark when the browser came back. */
    query: StorableText(6_000, { minLength: 1 }),
  },
  { additionalProperties: false },
);
export const SsoEnd = Type.Object({
  /** Where the provider ends its own session; null when this session did not come from one that can. */
  url: NullableString,
});
export const IdentityLink = Type.Object({
  provider: Type.String({ description: "empty when the provider is no longer in the settings" }),
  issuer: Type.String(),
  subject: Type.String(),
  linkedAt: Instant,
  lastUsedAt: NullableInstant,
});
export type IdentityLink = Static<typeof IdentityLink>;
export const IdentityLinkList = Type.Object({ items: Type.Array(IdentityLink) });
export const IdentityLinkCreate = Type.Object(
  {
    provider: ProviderId,
    subject: StorableText(255, { minLength: 1, description: "who it is at the provider: the claim `sub`" }),
  },
  { additionalProperties: false },
);
