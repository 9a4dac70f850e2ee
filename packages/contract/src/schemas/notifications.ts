import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Instant, NullableInstant, NullableString } from "./basics.ts";

/**
 * What people are told of outside of Tyr. `waiting`: an action waits for approvals. `deadline`: it soon waits no more.
 * `break_glass`: approvals of others were, or will be, done without. `decided`: approved, rejected, expired or cancelled.
 * `done`: executed or reverted. `failed`: neither, though it was to be.
 */
export const NOTIFICATION_KINDS = ["waiting", "deadline", "break_glass", "decided", "done", "failed"] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];
/** Kinds of messages: one thing that happened, many counted, or the one somebody asked for. */
export const MESSAGE_KINDS = [...NOTIFICATION_KINDS, "digest", "test"] as const;
export type NotificationMessageKind = (typeof MESSAGE_KINDS)[number];

export const Notification = Type.Object({
  id: IdSchema("notification"),
  kind: Type.Enum([...MESSAGE_KINDS]),
  state: Type.Enum(["waiting", "delivered", "given_up"]),
  /** How many things it tells of. */
  count: Type.Integer({ minimum: 1 }),
  madeAt: Instant,
  attempts: Type.Integer({ minimum: 0 }),
  /** Of the next attempt; null once it is delivered or given up. */
  nextAt: NullableInstant,
  deliveredAt: NullableInstant,
  failure: Type.Union([Type.String(), Type.Null()], {
    description: "why the last attempt failed: a word of ours and a status, never what the receiver answered",
  }),
});
export type Notification = Static<typeof Notification>;

/** How delivery is. `host` is the receiver's name alone: paths of webhooks are secrets. */
export const NotificationView = Type.Object({
  on: Type.Boolean({ description: "TYR_NOTIFY_URL is set" }),
  host: NullableString,
  about: Type.Array(Type.Enum([...NOTIFICATION_KINDS])),
  /** Happened, and in no message yet. */
  gathered: Type.Integer({ minimum: 0 }),
  waiting: Type.Integer({ minimum: 0 }),
  givenUp: Type.Integer({ minimum: 0 }),
  lastDeliveredAt: NullableInstant,
  items: Type.Array(Notification, { description: "the newest 50 messages, newest first" }),
});
export type NotificationView = Static<typeof NotificationView>;

/** For the status of a server: absent where nobody is told. */
export const NotificationHealth = Type.Object({
  gathered: Type.Integer({ minimum: 0 }),
  waiting: Type.Integer({ minimum: 0 }),
  givenUp: Type.Integer({ minimum: 0 }),
  lastDeliveredAt: NullableInstant,
  failure: NullableString,
});
export type NotificationHealth = Static<typeof NotificationHealth>;
