import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Actor, Instant, NullableInstant, PageOf, PageQuery, StorableText } from "./basics.ts";
import { SignedText, StatementSignature } from "./signatures.ts";

/** What runs without approvals lasts an hour at most: whoever wants more asks the others meanwhile. */
export const BREAK_GLASS_TTL_MAX_SECONDS = 3600;
/** Both digests say what was shown, as for an approval. */
export const BreakGlassBody = Type.Object(
  {
    requestDigest: StorableText(128),
    dryRunDigest: StorableText(128),
    reason: SignedText,
    signature: Type.Optional(StatementSignature),
  },
  { additionalProperties: false },
);
export type BreakGlassBody = Static<typeof BreakGlassBody>;

export const BREAK_GLASS_VERDICTS = ["justified", "not_justified"] as const;
export const BreakGlassVerdict = Type.Enum(BREAK_GLASS_VERDICTS);
export type BreakGlassVerdict = Static<typeof BreakGlassVerdict>;
const BreakGlassReview = Type.Object({ by: Actor, at: Instant, verdict: BreakGlassVerdict, text: Type.String() });
/** One time somebody let an action run without the approvals it asked for. Without a review it is owed one. */
export const BreakGlass = Type.Object({
  id: IdSchema("breakGlass"),
  actionId: IdSchema("action"),
  by: Actor,
  at: Instant,
  reason: Type.String(),
  review: Type.Union([BreakGlassReview, Type.Null()]),
});
export type BreakGlass = Static<typeof BreakGlass>;
/** With the action as it is now. */
export const BreakGlassUse = Type.Object({
  ...BreakGlass.properties,
  action: Type.Object({ type: Type.String(), target: Type.String(), state: Type.String() }),
});
export type BreakGlassUse = Static<typeof BreakGlassUse>;
export const BreakGlassQuery = Type.Object({
  ...PageQuery,
  owed: Type.Optional(Type.Boolean({ description: "only those without a review" })),
});
export const BreakGlassPage = PageOf(BreakGlassUse);
export const BreakGlassReviewBody = Type.Object(
  { verdict: BreakGlassVerdict, text: SignedText },
  { additionalProperties: false },
);
export type BreakGlassReviewBody = Static<typeof BreakGlassReviewBody>;

/** How long one's own approval waits before it counts, in minutes. */
export const SINGLE_PERSON_DELAY_MINUTES = { min: 10, usual: 30, max: 120 } as const;
/** So long two people who may approve have been there, in hours, when the mode ends by itself. */
export const SINGLE_PERSON_ENDS_AFTER_HOURS = 24;
/** Whether somebody's own approval may count, later, for a gate that asks for one person. */
export const SinglePersonView = Type.Object({
  on: Type.Boolean(),
  /** Null while it is off. */
  delayMinutes: Type.Union([Type.Integer(), Type.Null()]),
  /** The change that made it so; null while it never changed. */
  change: Type.Union([Type.Object({ at: Instant, by: Actor, reason: Type.String() }), Type.Null()]),
  /** When it ends by itself, because somebody else may approve by now. */
  endsAt: NullableInstant,
});
export type SinglePersonView = Static<typeof SinglePersonView>;
export const SinglePersonSet = Type.Object(
  {
    on: Type.Boolean(),
    reason: SignedText,
    delayMinutes: Type.Optional(
      Type.Integer({ minimum: SINGLE_PERSON_DELAY_MINUTES.min, maximum: SINGLE_PERSON_DELAY_MINUTES.max }),
    ),
  },
  { additionalProperties: false },
);
export type SinglePersonSet = Static<typeof SinglePersonSet>;
