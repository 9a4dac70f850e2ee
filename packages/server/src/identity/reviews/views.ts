import type { Review, ReviewDecision, ReviewItem, ReviewProgress } from "@tyr/contract";
import { digestOf, type Holding } from "./holdings.ts";
import type { ItemRow, NamedItem, NamedReview } from "./store.ts";

const DAY_MS = 86_400_000;

/** How an item stands: its decision counts only for exactly what was decided about. Closing settles it for good. */
export type Standing = "undecided" | "decided" | "stale" | "gone";

export function standingOf(item: Pick<ItemRow, "decision" | "decided_digest">, now: Holding | undefined): Standing {
  if (now === undefined) return "gone";
  if (item.decision === null) return "undecided";
  return item.decided_digest === now.digest ? "decided" : "stale";
}

export type Seen = Readonly<{
  holdings: ReadonlyMap<string, Holding>;
  names: ReadonlyMap<string, string>;
  /** Who looks. */
  caller: string;
  closed: boolean;
}>;

function decisionView(item: NamedItem, standing: Standing): ReviewDecision | null {
  const { decision, reason, roles, decided_by, decided_by_name, decided_at } = item;
  if (decision === null || decided_by === null || decided_at === null) return null;
  return {
    decision,
    reason: reason ?? "",
    roles: [...(roles ?? [])],
    by: { id: decided_by, name: decided_by_name ?? "" },
    at: decided_at.toISOString(),
    stale: standing === "stale",
  };
}

/** Deciding about one's own account, one's own key or a program one answers for is deciding about oneself. */
export function isOwn({ target_id, held }: Pick<ItemRow, "target_id" | "held">, caller: string): boolean {
  return target_id === caller || held.owner?.id === caller;
}

type Facing = Pick<ReviewItem, "now" | "digest" | "changed" | "own"> & Readonly<{ standing: Standing }>;

function asItIs(item: NamedItem, { holdings, caller }: Seen): Facing {
  const current = holdings.get(item.target_id);
  return {
    now: current?.held ?? null,
    digest: current?.digest ?? item.digest,
    changed: current?.digest !== item.digest,
    own: isOwn(item, caller) || current?.held.owner?.id === caller,
    standing: standingOf(item, current),
  };
}

function asItWasClosed(item: NamedItem, { caller }: Seen): Facing {
  const digest = item.found === null ? item.digest : digestOf(item.found);
  const stale = item.outcome === "left" && item.decision !== null;
  const own = isOwn(item, caller) || item.found?.owner?.id === caller;
  return { now: item.found, digest, changed: digest !== item.digest, own, standing: stale ? "stale" : "decided" };
}

export function itemView(item: NamedItem, seen: Seen): ReviewItem {
  const { standing, ...facing } = seen.closed ? asItWasClosed(item, seen) : asItIs(item, seen);
  return {
    id: item.id,
    kind: item.kind,
    target: { id: item.target_id, name: seen.names.get(item.target_id) ?? item.target_id },
    held: item.held,
    ...facing,
    lastUsedAt: item.last_used_at?.toISOString() ?? null,
    decision: decisionView(item, standing),
    outcome: item.outcome,
    note: item.note,
  };
}

export function progressOf(items: readonly NamedItem[], holdings: ReadonlyMap<string, Holding>): ReviewProgress {
  const counts = { items: items.length, decided: 0, stale: 0, gone: 0 };
  for (const item of items) {
    const standing = standingOf(item, holdings.get(item.target_id));
    if (standing !== "undecided") counts[standing] += 1;
  }
  return counts;
}

/** Of a closed campaign nothing changes any more: what had a decision was decided. */
export function closedProgress(items: readonly NamedItem[]): ReviewProgress {
  const gone = items.filter(({ outcome }) => outcome === "gone").length;
  const stale = items.filter(({ outcome, decision }) => outcome === "left" && decision !== null).length;
  const decided = items.filter(({ decision, outcome }) => decision !== null && outcome !== "gone").length - stale;
  return { items: items.length, decided, stale, gone };
}

function stateOf({ closed_at, due_at }: NamedReview, now: Date): Review["state"] {
  if (closed_at !== null) return "closed";
  return due_at <= now ? "overdue" : "open";
}

export function reviewView(row: NamedReview, progress: ReviewProgress, now: Date): Review {
  const { id, name, scope, role, undecided, due_at, every_days, created_at, closed_at, closed_by } = row;
  return {
    id,
    name,
    scope,
    role,
    undecided,
    reviewers: [...row.reviewers],
    state: stateOf(row, now),
    createdAt: created_at.toISOString(),
    createdBy: { id: row.created_by, name: row.created_by_name },
    dueAt: due_at.toISOString(),
    everyDays: every_days,
    nextDueAt: every_days === null ? null : new Date(due_at.getTime() + every_days * DAY_MS).toISOString(),
    closedAt: closed_at?.toISOString() ?? null,
    closedBy: closed_by === null ? null : { id: closed_by, name: row.closed_by_name ?? "" },
    progress,
  };
}
