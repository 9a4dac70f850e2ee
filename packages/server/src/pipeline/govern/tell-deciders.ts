import type { Actor } from "@tyr/contract";
import { enqueue, type TopicPayloads } from "#platform/bus";
import type { WriteTransaction } from "#platform/database";
import type { ActionRow } from "./store.ts";

type Payload = TopicPayloads["approval.*"];

export type Told = Readonly<{
  kind: Payload["kind"];
  action: Pick<ActionRow, "id" | "type" | "target" | "decision" | "deadline_at"> | undefined;
  /** Whose doing it is. */
  by: Actor;
  text?: string;
  at: Date;
}>;

/** Reasons longer than this are read where the link leads. */
const TEXT_MAX = 1_000;

/** What of the action belongs in the message; nothing where it is about none. */
function aboutAction(action: Told["action"]) {
  if (action === undefined) return { action_id: null, action_type: null, target: null, reasons: [], deadline_at: null };
  const { id, type, target, decision, deadline_at: deadline } = action;
  return {
    action_id: id,
    action_type: type,
    target,
    reasons: (decision?.reasons ?? []).map((one) => one.text),
    deadline_at: deadline?.toISOString() ?? null,
  };
}

/**
 * Leaves a message for those who decide, in the transaction of what it tells of. The last thing a transaction does:
 * places in the stream of messages are taken after all others.
 */
export async function tellDeciders(tx: WriteTransaction, { kind, action, by, text, at }: Told): Promise<void> {
  const payload: Payload = {
    kind,
    by: by.name,
    text: text?.slice(0, TEXT_MAX) ?? null,
    ...aboutAction(action),
  };
  await enqueue(tx, [{ family: "approval.*", segments: [kind], payload }], at);
}
