import { DUTY_PAIRS, type DutyConflicts, type Review, type ReviewItem, type User } from "@tyr/contract";

const AT = "2026-10-02T08:00:00.000Z";
const YEAR = "2027-10-02T08:00:00.000Z";
const uuid = (last: number): string => `00000000-0000-7000-8000-${String(last).padStart(12, "0")}`;

function itemOf(user: User, at: number): ReviewItem {
  const held = { roles: [...user.roles], permissions: ["event:read"], active: true, owner: null, expiresAt: null };
  const decision = {
    decision: "keep" as const,
    reason: "still on the night shift",
    roles: [],
    at: AT,
    stale: at === 2,
  };
  return {
    id: `rvi_${uuid(at)}` as ReviewItem["id"],
    kind: "person",
    target: { id: user.id, name: user.name },
    held,
    now: held,
    digest: "0".repeat(64),
    changed: at === 2,
    lastUsedAt: user.lastSeenAt,
    own: at === 0,
    decision: at === 1 || at === 2 ? { ...decision, by: { id: user.id, name: "rex" } } : null,
    outcome: null,
    note: null,
  };
}

export function makeReview(users: readonly User[]): { review: Review; items: ReviewItem[] } {
  const items = users.map(itemOf);
  const who = { id: users[0]?.id ?? "", name: users[0]?.name ?? "" };
  const review: Review = {
    id: `rvw_${uuid(1)}` as Review["id"],
    name: "Everybody, fourth quarter",
    scope: "people",
    role: null,
    undecided: "leave",
    reviewers: [who],
    state: "overdue",
    createdAt: AT,
    createdBy: who,
    dueAt: "2026-10-16T08:00:00.000Z",
    everyDays: 90,
    nextDueAt: "2027-01-14T08:00:00.000Z",
    closedAt: null,
    closedBy: null,
    progress: { items: items.length, decided: 1, stale: 1, gone: 0 },
  };
  return { review, items };
}

export function makeConflicts(users: readonly User[]): DutyConflicts {
  const [first, second] = users;
  const pairs = DUTY_PAIRS.map((pair) => ({
    ...pair,
    sides: [...pair.sides],
    controls: [...pair.controls],
    builtIn: true,
    addedAt: null,
    addedBy: null,
  }));
  if (first === undefined || second === undefined) return { items: [], open: 0, pairs, exceptions: [], programs: [] };
  const exception = {
    id: `exc_${uuid(1)}` as DutyConflicts["exceptions"][number]["id"],
    subject: { id: first.id, name: first.name },
    pair: "request-approve",
    reason: "Single-person mode: the first administrator was alone at set-up.",
    grantedBy: null,
    grantedAt: AT,
    until: YEAR,
  };
  const of = ({ id, name, roles }: User) => ({ id, name, roles: [...roles] });
  return {
    items: [
      { subject: of(second), pair: "users-approve", state: "open", reason: null, role: null, exception: null },
      {
        subject: of(first),
        pair: "request-approve",
        state: "excepted",
        reason: exception.reason,
        role: null,
        exception,
      },
    ],
    open: 1,
    pairs,
    exceptions: [exception],
    programs: [],
  };
}
