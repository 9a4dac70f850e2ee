import type { Enforcement, EnforcerId } from "@tyr/contract";
import { express, type Silence } from "./express.ts";
import type { BlockRow } from "./block-store.ts";
import { clientOf, type EnforcerRow } from "./enforcer-store.ts";

/** A client that has not pulled for so long enforces nothing new, and perhaps nothing at all. */
const STALE_AFTER_MS = { crowdsec: 2 * 60_000, feed: 2 * 3_600_000 } as const;

export type Receipt = Readonly<{ enforcer_id: EnforcerId; position: number; at: Date }>;
type Seen = Pick<EnforcerRow, "id" | "name" | "position" | "protocol" | "last_pull_at" | "user_agent" | "takes">;
type Changed = Pick<BlockRow, "value" | "position" | "state">;

export function isStale({ protocol, last_pull_at: last }: Pick<Seen, "protocol" | "last_pull_at">, now: Date): boolean {
  return last === null || now.getTime() - last.getTime() > STALE_AFTER_MS[protocol ?? "crowdsec"];
}

function whyNot(silence: Silence, { user_agent: userAgent }: Seen): string {
  const client = userAgent ?? "this client";
  return silence === "left_out_by_filter"
    ? `${client} asks with a filter that leaves blocks like this one out, so it is not told`
    : `${client} would block one address of this range only, so it is not told`;
}

/**
 * Where one block stands at one enforcement point, from what it has received: `acknowledged` means a response that
 * held this change was sent to it as a whole. That packets are dropped is only known by reading back (not here).
 */
export function enforcementAt(
  block: Changed,
  enforcer: Seen,
  { receipts, now }: Readonly<{ receipts: readonly Receipt[]; now: Date }>,
): Enforcement {
  const { id: enforcerId, name } = enforcer;
  if (enforcer.last_pull_at === null)
    return { enforcerId, name, state: "requested", at: null, detail: "has never pulled" };
  const sent = express(clientOf(enforcer), block.value);
  if (typeof sent === "string")
    return { enforcerId, name, state: "not_expressible", at: null, detail: whyNot(sent, enforcer) };
  const receipt = receipts
    .filter((one) => one.enforcer_id === enforcerId && one.position >= block.position)
    .toSorted((a, b) => a.position - b.position)
    .at(0);
  const received = enforcer.position >= block.position;
  const at = received ? (receipt?.at.toISOString() ?? null) : null;
  const last = enforcer.last_pull_at.toISOString();
  if (isStale(enforcer, now)) return { enforcerId, name, state: "stale", at, detail: `has not pulled since ${last}` };
  if (!received) return { enforcerId, name, state: "requested", at, detail: `last pulled ${last}, before this change` };
  const what = block.state === "active" ? "received this block" : "received its end";
  return { enforcerId, name, state: "acknowledged", at, detail: what };
}
