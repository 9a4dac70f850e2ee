import {
  ACTION_TYPE_FACTS,
  BREAK_GLASS_TTL_MAX_SECONDS,
  permissionsOf,
  refuse,
  type Decision,
  type Permission,
  type Refused,
} from "@tyr/contract";
import { givenFor, isRequester } from "../count-approvals.ts";
import type { By } from "../room.ts";
import type { ActionRow, ApprovalRow } from "../store.ts";

/** Everything a guard may look at: read before, so that guards are pure. What was not read is left out. */
export type Situation = Readonly<{
  action: ActionRow;
  by: By;
  now: Date;
  /** Not taken back, of any revision. */
  approvals: readonly ApprovalRow[];
  /** Everybody who wrote any revision of it. */
  authors: ReadonlySet<string>;
  /** What somebody who decides or edits says they saw. */
  shown?: Readonly<{ requestDigest: string; dryRunDigest?: string }>;
  /** What policy says now, with the approvals that count now. */
  decision?: Decision;
  /** Whether whoever asks has used break-glass and nobody reviewed that yet. */
  owesReview?: boolean;
  /** In single-person mode: after so long one's own approval counts. Left out: it never does. */
  ownApprovalDelayMs?: number;
}>;

export type Guard = (situation: Situation) => Refused | undefined;

/** Older than this, a dry run says too little about the target as it is now. */
const DRY_RUN_AGE_MAX_MS = 15 * 60_000;

const holds = ({ roles, permissions }: By, permission: Permission): boolean =>
  (permissions ?? permissionsOf(roles)).has(permission);
const notPermitted = (detail: string, permission: Permission): Refused =>
  refuse("NOT_PERMITTED", detail, { permission });

/** On every path: the requester, the people behind a program that asked, and whoever changed it. */
export function hasAsked({ action, by, authors }: Pick<Situation, "action" | "by" | "authors">): boolean {
  return isRequester(action, by.actor.id) || authors.has(by.actor.id);
}
const DECIDES_NOT = refuse(
  "APPROVAL_BY_REQUESTER",
  "whoever asked for an action or changed it does not decide about it",
);

/** Besides the requester. */
const MAY_CANCEL: ReadonlySet<string> = new Set(["security_manager", "admin"]);

/** What must be true for a move, by name. Each gives the refusal that says what is not. */
export const GUARDS = {
  mayRequest: ({ by }) =>
    holds(by, "action:request") ? undefined : notPermitted("you may not ask for actions", "action:request"),

  mayDecide: ({ by }) =>
    by.actor.kind === "person" && holds(by, "action:approve")
      ? undefined
      : notPermitted("only people with a role that may approve decide", "action:approve"),

  didNotAsk: (situation) => (hasAsked(situation) ? DECIDES_NOT : undefined),

  /** As `didNotAsk`, but where nobody else can approve and that was said openly: then their approval counts later. */
  othersApprove: (situation) =>
    hasAsked(situation) && situation.ownApprovalDelayMs === undefined ? DECIDES_NOT : undefined,

  sawWhatIsThere: ({ action, shown }) =>
    shown?.requestDigest === action.request_digest && shown.dryRunDigest === action.dry_run?.digest
      ? undefined
      : refuse("APPROVAL_STALE", "the request or its dry run changed since it was shown"),

  holdsAskedRole({ action, by }) {
    const asked = new Set((action.decision?.requirements ?? []).flatMap(({ roles }) => roles));
    if (by.roles.some((role) => asked.has(role))) return undefined;
    return notPermitted(`this asks for somebody with the role ${[...asked].join(" or ")}`, "action:approve");
  },

  approvedIt: ({ approvals, by }) =>
    approvals.some((one) => one.subject_id === by.actor.id && one.withdrawn_at === null)
      ? undefined
      : refuse("NOT_FOUND", "there is no approval of yours on this action"),

  /** Whoever asked, or decides; whoever does is an author from then on, and their approval never counts. */
  mayEdit: ({ action, by }) =>
    (by.actor.id === action.requester_id && holds(by, "action:request")) ||
    (by.actor.kind === "person" && holds(by, "action:approve"))
      ? undefined
      : notPermitted("only its requester or somebody who decides changes an action", "action:request"),

  editsWhatIsThere: ({ action, shown }) =>
    shown?.requestDigest === action.request_digest
      ? undefined
      : refuse("APPROVAL_STALE", "somebody changed the request since it was shown"),

  mayCancel: ({ action, by }) =>
    by.actor.id === action.requester_id || by.roles.some((role) => MAY_CANCEL.has(role))
      ? undefined
      : notPermitted("only its requester or a security manager cancels an action", "action:request"),

  dryRunIsFresh: ({ action: { dry_run_at: at }, now }) =>
    at !== null && now.getTime() - at.getTime() <= DRY_RUN_AGE_MAX_MS
      ? undefined
      : refuse("DRY_RUN_STALE", "the dry run is older than 15 minutes: run it again"),

  policyTakesIt({ decision }) {
    if (decision?.outcome === "allow" || decision?.outcome === "require_approval") return undefined;
    const reasons = decision?.reasons ?? [];
    return refuse("ACTION_DENIED", reasons.map(({ text }) => text).join(" "), { reasons });
  },

  mayBreakGlass: ({ by }) =>
    by.actor.kind === "person" && holds(by, "action:break_glass")
      ? undefined
      : notPermitted("only people who may break the glass let an action run without approvals", "action:break_glass"),

  // What was not looked up is owed: the guard must not open because somebody forgot to read.
  owesNoReview: ({ owesReview = true }) =>
    owesReview
      ? refuse("BREAK_GLASS_REVIEW_OWED", "your last use of break-glass has no review yet: somebody else closes it")
      : undefined,

  isShort: ({ action: { ttl_seconds: ttl } }) =>
    ttl !== null && ttl <= BREAK_GLASS_TTL_MAX_SECONDS
      ? undefined
      : refuse("VALIDATION_FAILED", "without approvals it lasts an hour at most: change its duration first", {
          ttlSecondsMax: BREAK_GLASS_TTL_MAX_SECONDS,
        }),

  policyAllowsIt({ decision }) {
    if (decision?.outcome === "allow") return undefined;
    const reasons = decision?.reasons ?? [];
    return refuse("ACTION_DENIED", reasons.map(({ text }) => text).join(" "), { reasons });
  },

  mayRevert: ({ by }) =>
    holds(by, "action:revert") ? undefined : notPermitted("you may not take executed actions back", "action:revert"),

  canBeReverted: ({ action: { type } }) =>
    ACTION_TYPE_FACTS[type].reversible
      ? undefined
      : refuse("ACTION_TRANSITION_REFUSED", `a ${type} is not taken back: ask for another one`, { legal: [] }),

  // Of what is offered to somebody who reads: an approval twice is no error, and no button.
  didNotApprove: ({ action, approvals, by }) =>
    givenFor(action, approvals).has(by.actor.id)
      ? refuse("ACTION_TRANSITION_REFUSED", "you approved it already", { legal: [] })
      : undefined,
  dryRunIsFine: ({ action }) =>
    action.dry_run?.ok === true ? undefined : refuse("DRY_RUN_STALE", "its last dry run failed"),
} as const satisfies Readonly<Record<string, Guard>>;

export type GuardName = keyof typeof GUARDS;
