import type { Decision } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { allowedPrefixes } from "./allow-list.ts";
import { knownPrefix } from "./address.ts";
import { modeInForce } from "./mode.ts";
import { decide, describeTarget, type ApprovalCounts, type DecisionInput } from "./policy/decide.ts";
import type { Room } from "./room.ts";
import type { ActionRow } from "./store.ts";

export type Weighed = Readonly<{ input: DecisionInput; decision: Decision }>;
export type Weighable = Pick<
  ActionRow,
  "type" | "target" | "requester_id" | "requester_kind" | "ttl_seconds" | "risk" | "dry_run"
>;

/** Asks policy about an action as things are now: allow-list, mode and the approvals that count. */
export async function weigh(
  room: Room,
  db: ReadDatabase,
  { action, approvals }: Readonly<{ action: Weighable; approvals: ApprovalCounts }>,
): Promise<Weighed> {
  const now = room.clock.now();
  const allowed = await allowedPrefixes(db, now);
  const input: DecisionInput = {
    principal: { kind: action.requester_kind, id: action.requester_id },
    type: action.type,
    target: describeTarget(knownPrefix(action.target), { own: room.own, allowed }),
    context: {
      mode: (await modeInForce(db, now)).mode,
      environment: room.environment,
      approvals,
      ttlSeconds: action.ttl_seconds,
      risk: action.risk,
      successfulLogins: action.dry_run?.reach.successfulLogins ?? null,
    },
  };
  return { input, decision: decide(room.engine, input, now) };
}
