import { Type, type Static } from "typebox";
import { Instant, NullableInstant, NullableString, StorableText } from "./basics.ts";

/** How far others vouch for the audit log. Absent where no witness is configured. */
export const Cosigning = Type.Object({
  size: Type.Union([Type.Integer(), Type.Null()], {
    description: "entries in the newest checkpoint that enough witnesses cosigned; null before the first",
  }),
  at: Type.Union([Instant, Type.Null()], { description: "when the last of them answered" }),
  quorum: Type.String({ description: "what the policy asks for: a witness, a group, or none" }),
  alarm: NullableString,
  witnesses: Type.Array(
    Type.Object({
      name: Type.String(),
      size: Type.Union([Type.Integer(), Type.Null()]),
      at: NullableInstant,
      problem: NullableString,
    }),
  ),
});
export type Cosigning = Static<typeof Cosigning>;

/** Why the log's signing key is replaced, and how long the old one signs along. */
export const LogKeyChange = Type.Object(
  {
    reason: StorableText(500, { minLength: 1 }),
    overlapDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 366, description: "default 30" })),
  },
  { additionalProperties: false },
);
export const LogKeyChanged = Type.Object({
  vkey: Type.String({ description: "the verifier key in force" }),
  replaced: Type.String(),
  signsUntil: Instant,
});
