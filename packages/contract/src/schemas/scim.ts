import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Instant, Name, NullableString, StorableText } from "./basics.ts";
import { ProviderId } from "./federation.ts";
import { KeyCreate } from "./keys.ts";

/** Longest filter or list of attributes that is looked at. */
const QUERY_CHARS_MAX = 2_000;
const text = (description: string) => Type.Optional(StorableText(QUERY_CHARS_MAX, { description }));

/** RFC 7644 section 3.9. Other parameters are ignored, as section 3.4.2 lets. */
export const ScimViewQuery = Type.Object({
  attributes: text("names of attributes to answer with, by commas"),
  excludedAttributes: text("names of attributes to leave out, by commas"),
});
/** RFC 7644 section 3.4.2; numbers are text here, since out of range they mean the nearest that is not. */
export const ScimListQuery = Type.Object({
  ...ScimViewQuery.properties,
  filter: text('such as userName eq "ada"'),
  startIndex: text("1-based position of the first resource"),
  count: text("most resources in the answer"),
  sortBy: text("an attribute"),
  sortOrder: text("ascending or descending"),
});
export type ScimListQuery = Static<typeof ScimListQuery>;
export type ScimViewQuery = Static<typeof ScimViewQuery>;

/** Whoever provisions: a service account bound to one identity provider. */
export const ScimClient = Type.Object({
  id: IdSchema("serviceAccount"),
  name: Type.String(),
  active: Type.Boolean(),
  owner: Type.Object({ id: IdSchema("subject"), name: Type.String(), active: Type.Boolean() }),
  /** The provider's id in the settings of sign-in; null when none is configured. */
  provider: NullableString,
  issuer: Type.String(),
  createdAt: Instant,
});
export type ScimClient = Static<typeof ScimClient>;
export const ScimClientList = Type.Object({ items: Type.Array(ScimClient) });
export const ScimClientCreate = Type.Object(
  {
    name: Name,
    /** Needed where sign-in through other systems is configured. */
    provider: Type.Optional(ProviderId),
    networks: KeyCreate.properties.networks,
    lifeDays: KeyCreate.properties.lifeDays,
  },
  { additionalProperties: false },
);
export type ScimClientCreate = Static<typeof ScimClientCreate>;
/** `secret`, the bearer token for the provider, is shown this once. */
export const ScimClientMade = Type.Object({
  client: ScimClient,
  secret: Type.String(),
  /** Where the provider sends its requests. */
  baseUrl: Type.String(),
});
export type ScimClientMade = Static<typeof ScimClientMade>;

/** Another system owns parts of an account: they are changed there. */
export const ManagedBy = Type.Object({
  /** Its name on the sign-in page, or its issuer. */
  name: Type.String(),
  issuer: Type.String(),
  /** Groups there give the roles here. */
  roles: Type.Boolean(),
  /** It says that the account is open; nobody here opens one it closed. */
  active: Type.Boolean(),
});
export type ManagedBy = Static<typeof ManagedBy>;
