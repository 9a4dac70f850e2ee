import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Facts, Instant, NullableInstant, NullableString, StorableText } from "./basics.ts";

/** Tags less sure than this are hidden unless `confidence` asks for them; below 0.3 none is ever written. */
export const CONFIDENCE_SHOWN_MIN = 0.6;

export const TechniqueId = Type.String({
  pattern: "^T\\d{4}(\\.\\d{3})?$",
  description: "a technique or sub-technique of ATT&CK, e.g. T1110 or T1110.003",
});
export const AttackDomain = Type.String({
  pattern: "^[a-z]{1,20}-attack$",
  description: "a domain of ATT&CK: enterprise-attack, ics-attack, mobile-attack",
});
const ParentTechnique = Type.String({ pattern: "^T\\d{4}$", description: "an ATT&CK technique, e.g. T1110" });
const Release = Type.String({ pattern: "^\\d{1,3}(\\.\\d{1,3})?$", description: "an ATT&CK release, e.g. 18.1" });
const Count = Type.Integer({ minimum: 0 });

/** Time is that of the events, in whole hours: what was counted stands in the answer. */
export const TtpFilter = {
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  confidence: Type.Optional(
    Type.Number({ minimum: 0.3, maximum: 1, description: `floor; ${CONFIDENCE_SHOWN_MIN} when left out` }),
  ),
  domain: Type.Optional(AttackDomain),
};
export const TtpQuery = Type.Object(TtpFilter);

/** How often one technique was tagged under one tactic, and by what. */
export const TechniqueSeen = Type.Object({
  domain: AttackDomain,
  technique: ParentTechnique,
  subTechnique: NullableString,
  name: Type.Union([Type.String(), Type.Null()], { description: "null when the release in force does not have it" }),
  subTechniqueName: NullableString,
  tactic: Type.String({ description: "short name in the release, e.g. credential-access" }),
  tacticId: NullableString,
  tacticName: NullableString,
  phase: Type.Union([Type.String(), Type.Null()], { description: "phase of the Unified Kill Chain" }),
  count: Count,
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  confidenceMax: Type.Number({ minimum: 0, maximum: 1 }),
  rules: Type.Array(Type.String(), { description: "ids of the rules that tagged it" }),
  attackReleases: Type.Array(Release, { description: "releases the tags were made under" }),
  identityCount: Type.Optional(Type.Integer({ description: "of a campaign: how many of its identities did it" })),
  url: NullableString,
});
export type TechniqueSeen = Static<typeof TechniqueSeen>;
export const TechniquesSeen = Type.Object({
  items: Type.Array(TechniqueSeen),
  from: NullableInstant,
  to: NullableInstant,
  confidence: Type.Number({ description: "the floor that was applied" }),
  hidden: Type.Integer({ description: "tags below the floor, which `items` does not count" }),
});
export type TechniquesSeen = Static<typeof TechniquesSeen>;

/** An attacker by the id of the observation (`atk_…`) or by the address itself. */
export const AttackerParams = Type.Object({ id: StorableText(64, { minLength: 2 }) });
export const IdentityParams = Type.Object({ id: StorableText(64, { minLength: 1 }) });
export const CampaignParams = Type.Object({ id: StorableText(64, { minLength: 1 }) });
/** The session as the sensor named it (`session` of its events). */
export const SessionParams = Type.Object({ id: StorableText(200, { minLength: 1 }) });

export const TagsQuery = Type.Object({
  subTechnique: Type.Optional(
    Type.String({ pattern: "^T\\d{4}\\.\\d{3}$", description: "an ATT&CK sub-technique, e.g. T1110.001" }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
  confidence: TtpFilter.confidence,
  from: TtpFilter.from,
  to: TtpFilter.to,
});
const ofTechnique = { technique: ParentTechnique };
export const AttackerTagsParams = Type.Object({ ...AttackerParams.properties, ...ofTechnique });
export const IdentityTagsParams = Type.Object({ ...IdentityParams.properties, ...ofTechnique });
export const SessionTagsParams = Type.Object({ ...SessionParams.properties, ...ofTechnique });

/** One tag with its evidence: what one rule saw of one technique in one event. */
export const TagDetail = Type.Object({
  id: IdSchema("tag"),
  detectionId: IdSchema("detection"),
  sourceKind: Type.String(),
  sourceId: IdSchema("event"),
  ruleId: Type.String(),
  ruleTitle: Type.String(),
  ruleVersion: Type.String(),
  domain: AttackDomain,
  technique: Type.String(),
  subTechnique: NullableString,
  tactic: Type.String(),
  confidence: Type.Number(),
  evidence: Facts,
  attackRelease: Release,
  observation: Type.Union([Type.String(), Type.Null()], { description: "canonical source address" }),
  identity: NullableString,
  session: NullableString,
  seenAt: Type.Unsafe<string>({ ...Instant, description: "event time of what it is about" }),
  url: NullableString,
});
export type TagDetail = Static<typeof TagDetail>;
export const TagDetails = Type.Object({ items: Type.Array(TagDetail) });

export const TechniqueGroups = Type.Object({
  technique: TechniqueId,
  name: Type.String(),
  domain: AttackDomain,
  release: Release,
  notice: Type.String({ description: "what this list is not" }),
  items: Type.Array(
    Type.Object({
      id: Type.String({ description: "e.g. G0016" }),
      name: Type.String(),
      aliases: Type.Array(Type.String()),
      url: NullableString,
    }),
  ),
});
export type TechniqueGroups = Static<typeof TechniqueGroups>;

const cell = {
  id: TechniqueId,
  name: Type.String(),
  url: NullableString,
  rules: Type.Integer({ description: "rules that name exactly this technique under this tactic" }),
  enabled: Type.Integer({ description: "of those, how many are in force now" }),
  tested: Type.Integer({ description: "of those, how many a rule test expects to find something" }),
  seen: Type.Integer({ description: "tags at or above the floor" }),
  lastSeenAt: NullableInstant,
};
export const MatrixSubTechnique = Type.Object(cell);
export type MatrixSubTechnique = Static<typeof MatrixSubTechnique>;
export const MatrixTechnique = Type.Object({ ...cell, subTechniques: Type.Array(MatrixSubTechnique) });
export type MatrixTechnique = Static<typeof MatrixTechnique>;
export const MatrixTactic = Type.Object({
  id: Type.String({ description: "e.g. TA0006" }),
  shortName: Type.String(),
  name: Type.String(),
  phase: Type.Union([Type.String(), Type.Null()], { description: "phase of the Unified Kill Chain" }),
  techniques: Type.Array(MatrixTechnique),
});
export type MatrixTactic = Static<typeof MatrixTactic>;
/** The matrix of one domain as its release orders it; a technique of several tactics stands under each. */
export const AttackMatrix = Type.Object({
  domain: AttackDomain,
  domains: Type.Array(AttackDomain, { description: "all that are in force" }),
  release: Release,
  name: Type.String(),
  notice: Type.String({ description: "MITRE's copyright designation, to be shown" }),
  from: NullableInstant,
  to: NullableInstant,
  confidence: Type.Number(),
  tactics: Type.Array(MatrixTactic),
});
export type AttackMatrix = Static<typeof AttackMatrix>;

export const AttackBundle = Type.Object({
  domain: AttackDomain,
  name: Type.String(),
  release: Release,
  origin: Type.Enum(["built-in", "loaded"]),
  sha256: Type.Union([Type.String(), Type.Null()], {
    description: "of the file as it came; null for the built-in one",
  }),
  loadedAt: NullableInstant,
  loadedBy: NullableString,
  tactics: Count,
  techniques: Count,
  subTechniques: Count,
  deprecated: Count,
  revoked: Count,
  groups: Count,
  notice: Type.String(),
});
export type AttackBundle = Static<typeof AttackBundle>;
/** What a release made of the techniques a rule names. */
export const RuleNotice = Type.Object({ ruleId: Type.String(), title: Type.String(), message: Type.String() });
export type RuleNotice = Static<typeof RuleNotice>;
export const AttackInForce = Type.Object({
  items: Type.Array(AttackBundle),
  notices: Type.Array(RuleNotice, { description: "rules whose techniques were replaced by their successors" }),
  rejected: Type.Integer({ description: "rules left out because their techniques fit no release in force" }),
});
export type AttackInForce = Static<typeof AttackInForce>;
/** What would be lost has to be said aloud: a bundle without most of ATT&CK is an honest mistake away. */
const Accepting = {
  preview: Type.Optional(Type.Boolean({ description: "only say what would come of it; nothing is changed" })),
  acceptRefused: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 100_000,
      description: "rules in force that may be left out by it; without it none may",
    }),
  ),
};
export const AttackLoadQuery = Type.Object({
  ...Accepting,
  release: Type.Optional(
    Type.String({ ...Release, description: "for bundles that do not say which release they are, e.g. 18.1" }),
  ),
});
export const AttackUnloadParams = Type.Object({ domain: AttackDomain });
export const AttackUnloadQuery = Type.Object(Accepting);
/** How many of each an answer names; the counts are of all. */
export const EFFECTS_SHOWN = 20;
const shown = { maxItems: EFFECTS_SHOWN };
/** What another release makes of techniques and rules, against what is in force. */
export const AttackEffect = Type.Object({
  techniques: Type.Object({ added: Count, gone: Count, revoked: Count, renamed: Count }),
  gone: Type.Array(Type.Object({ id: Type.String(), name: Type.String() }), shown),
  renamed: Type.Array(Type.Object({ id: Type.String(), from: Type.String(), to: Type.String() }), shown),
  refused: Type.Integer({ minimum: 0, description: "rules in force that would be left out, or were" }),
  refusedRules: Type.Array(RuleNotice, shown),
});
export type AttackEffect = Static<typeof AttackEffect>;
export const AttackLoaded = Type.Object({
  done: Type.Boolean({ description: "false: a preview" }),
  bundle: Type.Union([AttackBundle, Type.Null()], { description: "null: none of this domain" }),
  before: Type.Union([Release, Type.Null()]),
  effect: AttackEffect,
  notices: Type.Integer({ description: "what was replaced in rules, as attack.get lists it" }),
  rejected: Type.Integer({ description: "rules left out because their techniques fit no release in force" }),
});
export type AttackLoaded = Static<typeof AttackLoaded>;

export const EXPORT_SCOPES = ["attacker", "identity", "campaign"] as const;
export const ExportParams = Type.Object({
  scope: Type.Enum(EXPORT_SCOPES),
  id: StorableText(64, { minLength: 1 }),
});
export const NAVIGATOR_SCORES = ["count", "normalised", "confidence", "rules", "recency"] as const;
export const NavigatorQuery = Type.Object({
  ...TtpFilter,
  release: Type.Optional(Type.String({ ...Release, description: "only tags made under this release" })),
  score: Type.Optional(Type.Enum(NAVIGATOR_SCORES)),
});
export const ExportQuery = Type.Object({
  ...TtpFilter,
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 2000,
      description: "pairs of technique and address, last seen first; the rest is counted",
    }),
  ),
});
