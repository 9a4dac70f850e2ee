import { Type, type Static } from "typebox";
import { Instant } from "./basics.ts";

/** What is measured of an identity from session to session. */
export const PROFILE_PRIMITIVES = [
  "hassh",
  "ja3",
  "client_version",
  "credentials",
  "network",
  "active_hours",
  "keystroke_rhythm",
  "keystroke_interval",
] as const;
export const ProfilePrimitive = Type.Enum(PROFILE_PRIMITIVES);
export type ProfilePrimitive = Static<typeof ProfilePrimitive>;

/** `multi_actor`: it looks as if two took turns. */
export const PROFILE_STATES = ["unknown", "stable", "drifting", "conflicted", "multi_actor"] as const;
export const ProfileState = Type.Enum(PROFILE_STATES);
export type ProfileState = Static<typeof ProfileState>;

/** How stable one of them stays over the last five sessions that show it. */
export const ProfileEntry = Type.Object({
  primitive: ProfilePrimitive,
  state: ProfileState,
  observations: Type.Integer({ minimum: 1, maximum: 5, description: "below three the state is unknown" }),
  confidence: Type.Number({ minimum: 0, maximum: 1, description: "of multi_actor never above 0.6" }),
  value: Type.Union([Type.String(), Type.Null()], {
    description: "the newest; null where it is a hash of what somebody typed or tried",
  }),
  since: Instant,
});
export type ProfileEntry = Static<typeof ProfileEntry>;
