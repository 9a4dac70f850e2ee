import { Type, type Static } from "typebox";
import { Instant, NullableInstant, NullableString } from "./basics.ts";

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
