import { ok, refuse, type OutputOf } from "@tyr/contract";
import { headOf, isTopicPattern, readMessages, type StoredMessage } from "#platform/bus";
import type { Database } from "#platform/database";
import type { Handlers } from "./handler.ts";
import { beforeOf } from "./page-position.ts";

export type MessageDeps = Readonly<{ database: Pick<Database, "read"> }>;
type Item = OutputOf<"message.list">["items"][number];

/** For programs: each keeps its own place, and asks for more once it is done with what it got. */
export function messageHandlers({ database: { read } }: MessageDeps): Pick<Handlers, "message.list"> {
  return {
    "message.list": async ({ query: { after, topic = ">", limit = 100 } }) => {
      const place = beforeOf(after);
      if (!place.ok) return place;
      if (!isTopicPattern(topic))
        return refuse("VALIDATION_FAILED", "query/topic must be segments with dots between; `*` is one, `>` the rest");
      const found = await readMessages(read, { after: place.value ?? 0, limit, patterns: [topic] });
      return ok({
        items: found.messages.map(toItem),
        next: String(found.position),
        end: found.position >= (await headOf(read, "message")),
        // Whoever begins at the beginning has missed nothing of theirs.
        missed: after === undefined ? 0 : found.missed,
      });
    },
  };
}

function toItem({ position, payload, ...message }: StoredMessage): Item {
  return { ...message, payload: { ...payload }, position: String(position) };
}
