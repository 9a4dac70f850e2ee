import type { AuditRecord, FactValue } from "#platform/database";

/** What the log alone says about an action: every field of its row that its entries carry. */
export type Replayed = Readonly<{
  state: string;
  revision: number;
  target: string;
  requesterId: string;
  justification: string | null;
  ttlSeconds: number | null;
  requestDigest: string;
  dryRunDigest: string | null;
  deadlineAt: string | null;
  effectEndsAt: string | null;
  blockId: string | null;
}>;

type Entry = Pick<AuditRecord, "type" | "actor"> &
  Partial<Pick<AuditRecord, "before" | "after" | "outcome" | "details">>;

const text = (value: FactValue | undefined): string | null => (typeof value === "string" ? value : null);
const whole = (value: FactValue | undefined): number | null => (typeof value === "number" ? value : null);

/** An entry that does not follow from those before it: one is missing, or was made up. */
export class HistoryBroken extends Error {
  override readonly name = "HistoryBroken";
}

function begun({ type, actor, after, details = {} }: Entry): Replayed {
  if (type !== "action.created") throw new HistoryBroken(`it begins with ${type}`);
  return {
    state: after ?? "",
    revision: whole(details["revision"]) ?? 0,
    target: text(details["target"]) ?? "",
    requesterId: actor.id,
    justification: text(details["justification"]),
    ttlSeconds: whole(details["ttl_seconds"]),
    requestDigest: text(details["request_digest"]) ?? "",
    dryRunDigest: null,
    deadlineAt: null,
    effectEndsAt: null,
    blockId: null,
  };
}

/** What only some moves change. */
function changed(type: Entry["type"], details: NonNullable<Entry["details"]>): Partial<Replayed> {
  if (type === "action.edited")
    return {
      justification: text(details["justification"]),
      ttlSeconds: whole(details["ttl_seconds"]),
      deadlineAt: null,
    };
  if (type === "action.submitted" || type === "action.break_glass") return { deadlineAt: text(details["deadline_at"]) };
  if (type === "action.executed")
    return { effectEndsAt: text(details["effect_ends_at"]), blockId: text(details["block_id"]) };
  return {};
}

/**
 * The next state of the row as the log tells it. A refusal changes nothing.
 *
 * @throws {HistoryBroken} when an entry does not begin where the last one ended
 */
export function replayEntry(reached: Replayed | undefined, entry: Entry): Replayed | undefined {
  const { type, before, after, outcome, details = {} } = entry;
  if (outcome === "refused") return reached;
  if (reached === undefined) return begun(entry);
  if (before !== reached.state)
    throw new HistoryBroken(`${type} begins at ${before ?? "nothing"}, not ${reached.state}`);
  return {
    ...reached,
    state: after ?? "",
    revision: whole(details["revision"]) ?? 0,
    target: text(details["target"]) ?? "",
    requestDigest: text(details["request_digest"]) ?? "",
    dryRunDigest: text(details["dry_run_digest"]),
    ...changed(type, details),
  };
}

/** The row of one action as its entries tell it, in the order of the log. */
export function replayAction(entries: readonly Entry[]): Replayed | undefined {
  return entries.reduce<Replayed | undefined>(replayEntry, undefined);
}
