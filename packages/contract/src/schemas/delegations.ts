import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Actor, Instant, NullableInstant, PageOf, PageQuery, StorableText } from "./basics.ts";
import { Signable, SignedText, StatementSignature } from "./signatures.ts";

/** For so long somebody may hand their approving over at most; whoever is away for longer does it again. */
export const DELEGATION_DAYS_MAX = 30;

/**
 * Somebody's approving, handed to another person until an instant. It counts only while both may sign in and whoever
 * handed it over may approve; what was approved under it counts only as long as it does.
 */
export const Delegation = Type.Object({
  id: IdSchema("delegation"),
  from: Actor,
  to: Actor,
  reason: Type.String(),
  createdAt: Instant,
  endsAt: Instant,
  /** `ended`: its time is over, or somebody ended it. `void`: whoever handed it over may not approve now, or one of both may not sign in. */
  state: Type.Enum(["in_force", "ended", "void"]),
  /** What it lends now: the roles that approve of whoever handed it over. */
  roles: Type.Array(Type.String()),
  /** When somebody ended it before its time; null: nobody did. */
  endedAt: NullableInstant,
  endedBy: Type.Union([Actor, Type.Null()]),
  /** Whether whoever reads may end it now. */
  mayEnd: Type.Boolean(),
});
export type Delegation = Static<typeof Delegation>;
export const DelegationQuery = Type.Object({
  ...PageQuery,
  inForce: Type.Optional(Type.Boolean({ description: "only those in force now" })),
  mine: Type.Optional(Type.Boolean({ description: "only those from or to whoever asks" })),
});
export const DelegationPage = PageOf(Delegation);
const HANDED = {
  /** The name or the id of an account; whoever approves need not be able to list accounts. */
  to: StorableText(128, { minLength: 1, description: "the name or the id of the account it is handed to" }),
  /** After now, in 30 days at most. */
  endsAt: Instant,
  reason: SignedText,
};
/** Asks for the text to sign. */
export const DelegationWish = Type.Object(HANDED, { additionalProperties: false });
export type DelegationWish = Static<typeof DelegationWish>;
/** Handing it over is signed as approving is: whoever has it approves in one's place. */
export const DelegationStatement = Type.Object({
  statement: Type.Literal("delegate"),
  /** The id it will have. */
  delegation: IdSchema("delegation"),
  /** The account that was found; the text names its id. */
  to: Actor,
  ...Signable.properties,
});
export type DelegationStatement = Static<typeof DelegationStatement>;
export const DelegationCreate = Type.Object(
  { ...HANDED, signature: Type.Optional(StatementSignature) },
  { additionalProperties: false },
);
export type DelegationCreate = Static<typeof DelegationCreate>;
export const DelegationEnd = Type.Object({ reason: Type.Optional(SignedText) }, { additionalProperties: false });
export type DelegationEnd = Static<typeof DelegationEnd>;

/** As an action names it: by which somebody who reads could decide about it now, or by which somebody did. */
export const DelegationRef = Type.Object({ id: IdSchema("delegation"), from: Actor, endsAt: Instant });
export type DelegationRef = Static<typeof DelegationRef>;
