import { Type, type Static } from "typebox";
import { StorableText } from "./basics.ts";

/** A message between stages that must arrive. Its topic is what it was sent under, whatever its payload says. */
export const Message = Type.Object({
  v: Type.Literal(1),
  id: Type.String({ description: "the same message delivered twice has the same id" }),
  topic: Type.String({ description: "e.g. attacker.session.ended, ttp.rule.state.RULE" }),
  type: Type.String(),
  ts: Type.Number({ description: "seconds since 1970, with a fraction" }),
  payload: Type.Record(Type.String(), Type.Unknown()),
  position: Type.String(),
});
export type Message = Static<typeof Message>;

export const MessageQuery = Type.Object(
  {
    after: Type.Optional(
      StorableText(20, { description: "the `next` of the answer before; left out: the oldest kept" }),
    ),
    topic: Type.Optional(StorableText(200, { description: "`*` stands for one segment, `>` at the end for the rest" })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  },
  { additionalProperties: false },
);

/**
 * Oldest first. A reader that asks with `next` only once it is done with these sees every message at least once; fewer than
 * asked for, even none, does not mean the end: `end` does.
 */
export const MessagesAfter = Type.Object({
  items: Type.Array(Message),
  next: Type.String(),
  end: Type.Boolean(),
  missed: Type.Integer({ description: "messages the reader had not read that are no longer kept" }),
});
