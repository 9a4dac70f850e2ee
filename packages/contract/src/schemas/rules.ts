import { Type, type Static } from "typebox";
import { Actor, Instant, LineText, NullableInstant, NullableString } from "./basics.ts";
import { RuleView } from "./detect.ts";

/**
 * What a rule may do. `disabled`: it is not asked, and feeds no correlation. `clipped`: its tags are at most as sure as
 * `confidenceMax`. `muted`: it is asked and feeds correlations, its own findings are only counted. A rule nobody set is enabled.
 */
export const RuleStateName = Type.Enum(["enabled", "disabled", "clipped", "muted"]);
export type RuleStateName = Static<typeof RuleStateName>;

/** A state may last a year at most: whoever still wants it says why again. */
export const RULE_STATE_DAYS_MAX = 366;

export const RuleId = Type.String({
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
  description: "the id of a Sigma document: a UUID in lower case",
});

/** The state somebody set; all null but `state` for a rule nobody touched. */
export const RuleState = Type.Object({
  state: RuleStateName,
  confidenceMax: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: "ceiling of the confidence of its tags; of a clipped rule only",
  }),
  expiresAt: NullableInstant,
  reason: NullableString,
  setBy: Type.Union([Actor, Type.Null()]),
  setAt: NullableInstant,
});
export type RuleState = Static<typeof RuleState>;

export const RuleWithState = Type.Object({
  ...RuleView.properties,
  /** Changes with every edit that may change what it finds. */
  version: Type.String(),
  ...RuleState.properties,
  /** Findings that were counted and not stored while it was muted. */
  suppressed: Type.Integer({ minimum: 0 }),
  lastSuppressedAt: NullableInstant,
});
export type RuleWithState = Static<typeof RuleWithState>;

export const RuleStateList = Type.Object({ packDigest: Type.String(), items: Type.Array(RuleWithState) });
export type RuleStateList = Static<typeof RuleStateList>;

export const RuleDetail = Type.Object({
  ...RuleWithState.properties,
  /** The Sigma document as it is in force. */
  yaml: Type.String(),
  author: NullableString,
  references: Type.Array(Type.String()),
  falsePositives: Type.Array(Type.String()),
  /** Rules a correlation refers to. */
  refersTo: Type.Array(RuleId),
  /** Correlations that refer to it. */
  referredBy: Type.Array(RuleId),
});
export type RuleDetail = Static<typeof RuleDetail>;

/** What belongs to which state is checked by the server, which says it in words. */
export const RuleStateSet = Type.Object(
  {
    state: RuleStateName,
    reason: LineText(300),
    confidenceMax: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: "ceiling of the confidence of its tags; for clipped, and only there",
      }),
    ),
    expiresAt: Type.Optional(
      Type.Unsafe<string>({
        ...Instant,
        description:
          "when it is enabled again by itself, at most a year ahead; a muted rule has to have one, an enabled one has none",
      }),
    ),
  },
  { additionalProperties: false },
);
export type RuleStateSet = Static<typeof RuleStateSet>;
