import type { Decision } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { allowedPrefixes } from "./allow-list.ts";
import { kindsOf } from "./address-class.ts";
import { knownPrefix, parsePrefix, type Prefix } from "./address.ts";
import { modeInForce } from "./mode.ts";
import { decide, describeTarget, type ApprovalCounts, type DecisionInput } from "./policy/decide.ts";
import type { Room } from "./room.ts";
import type { ActionRow } from "./store.ts";

export type Weighed = Readonly<{ input: DecisionInput; decision: Decision }>;
export type Weighable = Pick<
  ActionRow,
  "type" | "target" | "requester_id" | "requester_kind" | "ttl_seconds" | "risk" | "dry_run"
>;

/** Loopback and link-local addresses are nobody's in particular and have policies of their own. */
function reachable(addresses: readonly string[]): readonly Prefix[] {
  return addresses.flatMap((text) => {
    const parsed = parsePrefix(text);
    if (!parsed.ok) return [];
    const kinds = kindsOf(parsed.value);
    return kinds.includes("loopback") || kinds.includes("linkLocal") ? [] : [parsed.value];
  });
}

/** Asks policy about an action as things are now: allow-list, mode and the approvals that count. */
export async function weigh(
  room: Room,
  db: ReadDatabase,
  { action, approvals }: Readonly<{ action: Weighable; approvals: ApprovalCounts }>,
): Promise<Weighed> {
  const now = room.clock.now();
  const allowed = await allowedPrefixes(db, now);
  const { host, enforcers, operators } = await room.ports.ours(db);
  const input: DecisionInput = {
    principal: { kind: action.requester_kind, id: action.requester_id },
    type: action.type,
    target: describeTarget(knownPrefix(action.target), {
      own: room.own,
      host: reachable(host),
      enforcers: reachable(enforcers),
      operators: reachable(operators),
      allowed,
    }),
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
