import { isId, type ActionId, type AuditEvent, type NotificationKind } from "@tyr/contract";
import type { FollowedEntry } from "#audit";
import type { NearDeadline, OwedReview } from "#govern";

/** Something people are told of: what the log says happened, or a deadline that nears. */
export type Happening = Readonly<{
  /** The same thing has the same key, however often it is read. */
  key: string;
  kind: NotificationKind;
  event: string;
  actionId: ActionId | null;
  after: string | null;
  /** Of what was signed: whoever approves too compares it with what they were shown. */
  statementDigest: string | null;
  at: Date;
}>;

type States = Pick<FollowedEntry, "before" | "after">;
type Telling = (states: States) => NotificationKind | undefined;

const ONCE_SUBMITTED: ReadonlySet<string | null> = new Set(["pending", "approved"]);
const beginsToWait: Telling = ({ before, after }) =>
  after === "pending" && before !== "pending" ? "waiting" : undefined;
const always =
  (kind: NotificationKind): Telling =>
  () =>
    kind;

/** What of the log is told, and as what. Anything else is not: drafts, edits, dry runs, and what programs do besides. */
const TELLINGS = {
  "action.submitted": beginsToWait,
  "action.reopened": beginsToWait,
  "action.approval_withdrawn": beginsToWait,
  "action.break_glass": always("break_glass"),
  "action.own_approval_counted": always("break_glass"),
  "single_person.changed": always("break_glass"),
  "action.approval_recorded": always("decided"),
  "action.rejected": always("decided"),
  "action.expired": always("decided"),
  // A draft that is thrown away was nobody's business but its author's.
  "action.cancelled": ({ before }) => (ONCE_SUBMITTED.has(before) ? "decided" : undefined),
  "action.executed": always("done"),
  "action.reverted": always("done"),
  "action.failed": always("failed"),
  "action.lost": always("failed"),
  "action.revert_failed": always("failed"),
} as const satisfies Partial<Record<AuditEvent, Telling>>;
export const TOLD_EVENTS = Object.keys(TELLINGS) as readonly (keyof typeof TELLINGS)[];
const BY_EVENT: ReadonlyMap<string, Telling> = new Map(Object.entries(TELLINGS));

const DIGEST = /^[0-9a-f]{64}$/;

/** What an entry is told as; undefined: not at all. */
export function happeningOf(entry: FollowedEntry): Happening | undefined {
  const { id, at, type, object, outcome, after, details } = entry;
  // What was refused did not happen.
  if (outcome === "refused") return undefined;
  const kind = BY_EVENT.get(type)?.(entry);
  if (kind === undefined) return undefined;
  const digest = details["statement_digest"];
  return {
    key: id,
    kind,
    event: type,
    actionId: isId("action", object.id) ? object.id : null,
    after,
    statementDigest: typeof digest === "string" && DIGEST.test(digest) ? digest : null,
    at: new Date(at),
  };
}

/** A deadline that nears is told once; another deadline of the same action is another. */
export function deadlineNears({ id, deadlineAt }: NearDeadline, now: Date): Happening {
  return {
    key: `deadline:${id}:${deadlineAt.getTime()}`,
    kind: "deadline",
    event: "deadline",
    actionId: id,
    after: "pending",
    statementDigest: null,
    at: now,
  };
}

const DAY_MS = 86_400_000;
/** Who has not reviewed by then will not be moved by another message; it stays in the list. */
const REMINDED_DAYS = 7;

/** A review that is owed is asked for again each day, for a week. */
export function reviewOwed({ id, actionId, at }: OwedReview, now: Date): Happening | undefined {
  const day = Math.floor((now.getTime() - at.getTime()) / DAY_MS);
  if (day < 1 || day > REMINDED_DAYS) return undefined;
  const key = `review:${id}:${day}`;
  return { key, kind: "break_glass", event: "review", actionId, after: null, statementDigest: null, at: now };
}
