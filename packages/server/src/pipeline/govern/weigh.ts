import type { Decision } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { modeInForce } from "./mode.ts";
import { decide, type ApprovalCounts, type DecisionInput } from "./policy/decide.ts";
import type { Room } from "./room.ts";
import type { ActionRow } from "./store.ts";

export type Weighed = Readonly<{ input: DecisionInput; decision: Decision }>;
export type Weighable = Pick<
  ActionRow,
  "type" | "target" | "requester_id" | "requester_kind" | "ttl_seconds" | "risk" | "dry_run"
>;

export type Question = Readonly<{
  action: Weighable;
  approvals: ApprovalCounts;
  /** Asked for whoever takes it on themselves, under the name of its own. */
  brokenBy?: string;
}>;

/** Asks policy about an action as things are now: its target, the mode and the approvals that count. */
export async function weigh(room: Room, db: ReadDatabase, { action, approvals, brokenBy }: Question): Promise<Weighed> {
  const now = room.clock.now();
  const input: DecisionInput = {
    ...(await room.kinds[action.type].describe({ db, target: action.target, now })),
    ...(brokenBy === undefined
      ? { principal: { kind: action.requester_kind, id: action.requester_id } }
      : { asks: "break_glass" as const, principal: { kind: "person" as const, id: brokenBy } }),
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
