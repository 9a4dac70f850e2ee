import { ACTION_TYPE_FACTS, NOTIFICATION_KINDS, type NotificationId, type NotificationKind } from "@tyr/contract";
import type { Happening } from "./happenings.ts";
import { code, escaped, plain } from "./plain.ts";
import type { ActionNow } from "./ports.ts";

/** What stands in front of what it is about. Keys are events of the log, and their state after it where that says more. */
const HEADLINES: Readonly<Record<string, string>> = {
  "action.submitted": "Waits for approval",
  "action.reopened": "Waits for approval again",
  "action.approval_withdrawn": "Waits for approval again",
  deadline: "Soon expires without a decision",
  "action.break_glass": "Break-glass was used, and a review by somebody else is owed",
  review: "A review by somebody else is owed still: break-glass was used",
  "action.own_approval_counted": "Single-person mode let somebody's own approval count",
  "single_person.changed": "Single-person mode was changed",
  "single_person.changed on": "Single-person mode was turned on: one's own approval counts, later",
  "single_person.changed off": "Single-person mode ended",
  "action.approval_recorded": "Somebody approved",
  "action.approval_recorded approved": "Approved",
  "action.rejected": "Rejected",
  "action.expired": "Expired without a decision",
  "action.cancelled": "Cancelled",
  "action.executed": "Executed",
  "action.reverted": "Reverted",
  "action.failed": "Failed",
  "action.lost": "Its outcome is not known yet",
  "action.revert_failed": "Could not be reverted yet",
};

const COUNTED: Readonly<Record<NotificationKind, string>> = {
  waiting: "began to wait for approval",
  deadline: "came near their deadline",
  break_glass: "went without the approvals of others",
  decided: "were decided or expired",
  done: "were executed or reverted",
  failed: "failed",
};

/** Minutes are enough for people; seconds stand in `tyr`. */
const minute = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

function headlineOf({ event, after }: Happening): string {
  return HEADLINES[`${event} ${after ?? ""}`] ?? HEADLINES[event] ?? "Something happened";
}

/** What is still asked of people. */
function asked({ state, approvalsMissing, deadlineAt, risk }: ActionNow): string {
  if (state !== "pending") return "";
  const missing = approvalsMissing === 1 ? "1 approval is missing" : `${approvalsMissing} approvals are missing`;
  const until = deadlineAt === null ? "" : `, until ${minute(deadlineAt)}`;
  return ` ${missing}${until}.${risk === null ? "" : ` Risk ${risk} of 100.`}`;
}

function aboutAction(action: ActionNow | undefined): string {
  return action === undefined ? "" : `: ${ACTION_TYPE_FACTS[action.type].verb} ${code(action.target)}`;
}

export type Made = Readonly<{ id: NotificationId; publicUrl: string }>;

/**
 * The bytes of a message: what Slack and Mattermost take at an incoming webhook, and the same for programs under `tyr`. It has one
 * link and nothing to press: whoever follows the link signs in there, and signs there.
 */
function bodyOf({ lines, url, tyr }: Readonly<{ lines: readonly string[]; url: string; tyr: object }>): string {
  return JSON.stringify({
    text: [...lines.map(escaped), url].join("\n"),
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    tyr: { v: 1, ...tyr, url },
  });
}

/** One thing that happened. `action` is as it is now. */
export function tellOne(happening: Happening, action: ActionNow | undefined, { id, publicUrl }: Made): string {
  const { kind, event, at, statementDigest } = happening;
  const about = action && {
    id: action.id,
    type: action.type,
    target: plain(action.target),
    state: action.state,
    approvalsMissing: action.approvalsMissing,
    deadlineAt: action.deadlineAt,
    risk: action.risk,
  };
  const signed = statementDigest === null ? [] : [`What was signed has the SHA-256 ${code(statementDigest)}.`];
  const first = `${headlineOf(happening)}${aboutAction(action)}.${action === undefined ? "" : asked(action)}`;
  return bodyOf({
    lines: [first, ...signed],
    url: action === undefined ? `${publicUrl}/approvals` : `${publicUrl}/approvals/${action.id}`,
    tyr: { id, kind, event, at: at.toISOString(), action: about ?? null, statementDigest },
  });
}

/** Many things, counted. `waiting`: how many actions wait for approvals now. */
export function tellMany(happenings: readonly Happening[], waiting: number, { id, publicUrl }: Made): string {
  const counts = NOTIFICATION_KINDS.flatMap((kind) => {
    const count = happenings.filter((one) => one.kind === kind).length;
    return count === 0 ? [] : [[kind, count] as const];
  });
  const times = happenings.map(({ at }) => at.getTime());
  const [from, to] = [new Date(Math.min(...times)).toISOString(), new Date(Math.max(...times)).toISOString()];
  const said = counts.map(([kind, count]) => `${count} ${COUNTED[kind]}`).join(", ");
  return bodyOf({
    lines: [`${happenings.length} things happened since ${minute(from)}: ${said}. ${waiting} wait for approval now.`],
    url: `${publicUrl}/approvals`,
    tyr: { id, kind: "digest", from, to, counts: Object.fromEntries(counts), waiting },
  });
}

/** What somebody asked for to see whether it arrives. */
export function tellTest(at: Date, { id, publicUrl }: Made): string {
  return bodyOf({
    lines: ["A test: notifications of Tyr arrive here."],
    url: `${publicUrl}/approvals`,
    tyr: { id, kind: "test", at: at.toISOString() },
  });
}
