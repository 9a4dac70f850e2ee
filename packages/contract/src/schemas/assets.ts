import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Actor, Instant, LineText, Name, NullableString, PageOf, PageQuery, StorableText, Text } from "./basics.ts";
import { Environment } from "./govern.ts";

/** How much depends on an asset, least first. Policies know it by its place: 1 to 4, and 0 where no asset is touched. */
export const CRITICALITIES = ["low", "medium", "high", "critical"] as const;
export const Criticality = Type.Enum(CRITICALITIES);
export type Criticality = Static<typeof Criticality>;

/** What policies call a set of assets. In the default policies `never-touch` is the one that nothing is ever done to. */
export const AssetGroupName = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
  description: "the name of a group: small letters, digits and single dashes, e.g. never-touch",
});
export const NEVER_TOUCH = "never-touch";
export const ASSET_ADDRESSES_MAX = 64;
export const ASSET_GROUPS_MAX = 32;
export const ASSETS_PER_IMPORT_MAX = 2_000;

const Addresses = Type.Array(StorableText(64, { minLength: 1, description: "an address or prefix" }), {
  minItems: 1,
  maxItems: ASSET_ADDRESSES_MAX,
});
const Groups = Type.Array(AssetGroupName, { maxItems: ASSET_GROUPS_MAX, uniqueItems: true });
const Owner = LineText(120);

/** Something of ours that actions may touch: addresses and prefixes, and what policies should know about them. */
export const Asset = Type.Object({
  id: IdSchema("asset"),
  name: Type.String(),
  addresses: Type.Array(Type.String({ description: "canonical: an address, or a prefix with zeroed host bits" })),
  groups: Type.Array(Type.String()),
  owner: NullableString,
  criticality: Criticality,
  environment: Environment,
  createdAt: Instant,
  updatedAt: Instant,
  updatedBy: Actor,
});
export type Asset = Static<typeof Asset>;
export const AssetQuery = Type.Object({
  ...PageQuery,
  group: Type.Optional(AssetGroupName),
  /** Overlapping this, in either direction. */
  address: Type.Optional(StorableText(64)),
});
export const AssetPage = PageOf(Asset);
export const AssetCreate = Type.Object(
  {
    name: Name,
    addresses: Addresses,
    groups: Type.Optional(Groups),
    owner: Type.Optional(Type.Union([Owner, Type.Null()])),
    criticality: Type.Optional(Criticality),
    environment: Type.Optional(Environment),
  },
  { additionalProperties: false },
);
export type AssetCreate = Static<typeof AssetCreate>;
/** What is left out stays; null takes the owner away. */
export const AssetEdit = Type.Object(
  {
    name: Type.Optional(Name),
    addresses: Type.Optional(Addresses),
    groups: Type.Optional(Groups),
    owner: Type.Optional(Type.Union([Owner, Type.Null()])),
    criticality: Type.Optional(Criticality),
    environment: Type.Optional(Environment),
    reason: Type.Optional(Text),
  },
  { additionalProperties: false },
);
export type AssetEdit = Static<typeof AssetEdit>;
/** All or nothing. An asset of the same name is replaced; what is not named stays. */
export const AssetImport = Type.Object(
  { items: Type.Array(AssetCreate, { minItems: 1, maxItems: ASSETS_PER_IMPORT_MAX }), reason: Text },
  { additionalProperties: false },
);
export type AssetImport = Static<typeof AssetImport>;
export const AssetImported = Type.Object({
  added: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
});
export type AssetImported = Static<typeof AssetImported>;
