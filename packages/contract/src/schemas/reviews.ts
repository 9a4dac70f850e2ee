import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import type { Role } from "../permissions.ts";
import { Instant, LineText, Name, NullableInstant, NullableString } from "./basics.ts";
import { RoleName } from "./trust.ts";

/** Items of one campaign: more people or keys than this are reviewed role by role. */
export const REVIEW_ITEMS_MAX = 2_000;
/** Items decided by one request. */
export const REVIEW_DECISIONS_MAX = 200;

/** `people`: everybody who may sign in; `role`: the holders of one role; `programs`: service accounts and all API keys. */
export const REVIEW_SCOPES = ["people", "role", "programs"] as const;
/** What happens on closing, after the due date, to what nobody decided: it is left and reported, or revoked. */
export const REVIEW_UNDECIDED = ["leave", "revoke"] as const;
export const REVIEW_DECISIONS = ["keep", "revoke", "change"] as const;
/**
 * What closing did: `gone` was not there any more, `left` had no decision that counted, or could not be revoked.
 */
export const REVIEW_OUTCOMES = ["kept", "revoked", "changed", "left", "gone"] as const;

const Who = Type.Object({ id: Type.String(), name: Type.String() });

/** What somebody or something holds: of a person roles and what they give, of a key or service account its scopes. */
export const ReviewHeld = Type.Object({
  roles: Type.Array(Type.Unsafe<Role>(Type.String())),
  permissions: Type.Array(Type.String()),
  active: Type.Boolean(),
  /** Who answers for it; null for people. */
  owner: Type.Union([Who, Type.Null()]),
  expiresAt: NullableInstant,
});
export type ReviewHeld = Static<typeof ReviewHeld>;

export const ReviewProgress = Type.Object({
  items: Type.Integer({ minimum: 0 }),
  /** With a decision that still fits what is held. */
  decided: Type.Integer({ minimum: 0 }),
  /** Changed since they were decided: to be decided again. */
  stale: Type.Integer({ minimum: 0 }),
  /** Not there any more: nothing is left to decide. */
  gone: Type.Integer({ minimum: 0 }),
});
export type ReviewProgress = Static<typeof ReviewProgress>;

export const Review = Type.Object({
  id: IdSchema("review"),
  name: Name,
  scope: Type.Enum([...REVIEW_SCOPES]),
  role: NullableString,
  undecided: Type.Enum([...REVIEW_UNDECIDED]),
  reviewers: Type.Array(Who),
  state: Type.Enum(["open", "overdue", "closed"]),
  createdAt: Instant,
  createdBy: Who,
  dueAt: Instant,
  everyDays: Type.Union([Type.Integer(), Type.Null()]),
  /** When the next campaign of this kind is due; null without a recurrence. */
  nextDueAt: NullableInstant,
  closedAt: NullableInstant,
  closedBy: Type.Union([Who, Type.Null()]),
  progress: ReviewProgress,
});
export type Review = Static<typeof Review>;
export const ReviewList = Type.Object({ items: Type.Array(Review) });

export const ReviewDecision = Type.Object({
  decision: Type.Enum([...REVIEW_DECISIONS]),
  reason: Type.String(),
  /** Of `change`: the roles that stay. */
  roles: Type.Array(Type.Unsafe<Role>(Type.String())),
  by: Who,
  at: Instant,
  /** What is held changed since: it does not count. */
  stale: Type.Boolean(),
});
export type ReviewDecision = Static<typeof ReviewDecision>;

export const ReviewItem = Type.Object({
  id: IdSchema("reviewItem"),
  kind: Type.Enum(["person", "service", "key"]),
  target: Who,
  /** As it was when the campaign began. */
  held: ReviewHeld,
  /** As it is: while the campaign is open, now; afterwards, as closing found it. Null: it is gone. */
  now: Type.Union([ReviewHeld, Type.Null()]),
  /** Names what is held now: a decision is about exactly this. */
  digest: Type.String(),
  /** What is held is not what it was when the campaign began. */
  changed: Type.Boolean(),
  /** Evidence of the beginning: last seen signed in, or last used. */
  lastUsedAt: NullableInstant,
  /** It is the caller's own access, which they do not decide about. */
  own: Type.Boolean(),
  decision: Type.Union([ReviewDecision, Type.Null()]),
  outcome: Type.Union([Type.Enum([...REVIEW_OUTCOMES]), Type.Null()]),
  /** Why it was left although it should have been revoked, or what undoes the change unless somebody sees to it. */
  note: NullableString,
});
export type ReviewItem = Static<typeof ReviewItem>;
export const ReviewWithItems = Type.Object({ review: Review, items: Type.Array(ReviewItem) });
export type ReviewWithItems = Static<typeof ReviewWithItems>;

export const ReviewCreate = Type.Object(
  {
    name: Name,
    scope: Type.Enum([...REVIEW_SCOPES]),
    /** Asked for by the scope `role`, and by no other. */
    role: Type.Optional(RoleName),
    reviewers: Type.Array(IdSchema("subject"), { minItems: 1, maxItems: 50, uniqueItems: true }),
    dueAt: Instant,
    undecided: Type.Enum([...REVIEW_UNDECIDED]),
    everyDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 730 })),
  },
  { additionalProperties: false },
);
export type ReviewCreate = Static<typeof ReviewCreate>;

export const ReviewDecide = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id: IdSchema("reviewItem"),
          digest: Type.String({ pattern: "^[0-9a-f]{64}$", description: "the digest of the item as it was shown" }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: REVIEW_DECISIONS_MAX, uniqueItems: true },
    ),
    decision: Type.Enum([...REVIEW_DECISIONS]),
    /** Asked for by `change`, and by no other. */
    roles: Type.Optional(Type.Array(RoleName, { minItems: 1, maxItems: 50, uniqueItems: true })),
    reason: LineText(300),
  },
  { additionalProperties: false },
);
export type ReviewDecide = Static<typeof ReviewDecide>;

/** Places in the audit log; null: not sequenced yet, or there is none. */
const Place = Type.Union([Type.Integer(), Type.Null()]);
export const ReviewReport = Type.Object({
  review: Review,
  generatedAt: Instant,
  /** SHA-256 over the items in canonical JSON (RFC 8785): two reports of a closed campaign have the same. */
  itemsSha256: Type.String(),
  entries: Type.Object({ created: Place, closed: Place }),
  items: Type.Array(
    Type.Object({
      ...ReviewItem.properties,
      entries: Type.Object({ decided: Place, executed: Place }),
    }),
  ),
});
export type ReviewReport = Static<typeof ReviewReport>;
