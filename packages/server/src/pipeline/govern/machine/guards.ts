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
import type { Behalf } from "../delegations/standing.ts";
import { sayShort, type ShortGate } from "../satisfiable.ts";
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
  /** In whose place whoever asks says they act; left out: in their own. */
  behalf?: Behalf;
  /** Gates that too few people could ever pass. */
  short?: readonly ShortGate[];
}>;

export type Guard = (situation: Situation) => Refused | undefined;

/** Older than this, a dry run says too little about the target as it is now. */
const DRY_RUN_AGE_MAX_MS = 15 * 60_000;
/** Clocks of two servers differ by less; a dry run from later than this was made by a clock nobody should believe. */
const CLOCK_SKEW_MAX_MS = 60_000;

const holds = ({ roles, permissions }: By, permission: Permission): boolean =>
  (permissions ?? permissionsOf(roles)).has(permission);
const notPermitted = (detail: string, permission: Permission): Refused =>
  refuse("NOT_PERMITTED", detail, { permission });

/** On every path: the requester, the people behind a program that asked, and whoever changed it; and who stands in for one of them. */
export function hasAsked({ action, by, authors, behalf }: Asker): boolean {
  const had = (id: string): boolean => isRequester(action, id) || authors.has(id);
  return had(by.actor.id) || (behalf?.standing !== undefined && had(behalf.standing.from));
}
type Asker = Pick<Situation, "action" | "by" | "authors" | "behalf">;
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

  mayDecide({ by, behalf }) {
    const isPerson = by.actor.kind === "person";
    if (isPerson && (behalf === undefined ? holds(by, "action:approve") : behalf.standing !== undefined))
      return undefined;
    return behalf === undefined
      ? notPermitted(
          "only people with a role that may approve, or who stand in for one of them, decide",
          "action:approve",
        )
      : notPermitted(`${behalf.id} is no delegation to you that is in force`, "action:approve");
  },

  /** Whoever may ask for it; and whoever decides about what waits for them looks again first. */
  mayTry: ({ action, by }) =>
    holds(by, "action:request") ||
    (action.state === "pending" && by.actor.kind === "person" && holds(by, "action:approve"))
      ? undefined
      : notPermitted("you may neither ask for actions nor decide about this one", "action:request"),

  didNotAsk: (situation) => (hasAsked(situation) ? DECIDES_NOT : undefined),

  /** As `didNotAsk`, but where nobody else can approve and that was said openly: then their approval counts later, as their own. */
  othersApprove: (situation) =>
    hasAsked(situation) && (situation.ownApprovalDelayMs === undefined || situation.behalf !== undefined)
      ? DECIDES_NOT
      : undefined,

  sawWhatIsThere: ({ action, shown }) =>
    shown?.requestDigest === action.request_digest && shown.dryRunDigest === action.dry_run?.digest
      ? undefined
      : refuse("APPROVAL_STALE", "the request or its dry run changed since it was shown"),

  holdsAskedRole({ action, by, behalf }) {
    const asked = new Set((action.decision?.requirements ?? []).flatMap(({ roles }) => roles));
    if ((behalf?.standing ?? by).roles.some((role) => asked.has(role))) return undefined;
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

  dryRunIsFresh({ action: { dry_run_at: at }, now }) {
    const ageMs = at === null ? Infinity : now.getTime() - at.getTime();
    if (ageMs > DRY_RUN_AGE_MAX_MS)
      return refuse("DRY_RUN_STALE", "the dry run is older than 15 minutes: run it again");
    return ageMs < -CLOCK_SKEW_MAX_MS
      ? refuse("DRY_RUN_STALE", "the dry run is from later than now: a clock was wrong, run it again")
      : undefined;
  },

  policyTakesIt({ decision }) {
    if (decision?.outcome === "allow" || decision?.outcome === "require_approval") return undefined;
    const reasons = decision?.reasons ?? [];
    return refuse("ACTION_DENIED", reasons.map(({ text }) => text).join(" "), { reasons });
  },

  /** A program's request is kept where a person's is refused: nobody would ask for it again. */
  somebodyCanApprove({ by, decision, short }) {
    if (by.actor.kind !== "person" || decision?.outcome !== "require_approval") return undefined;
    // What was not looked up is short: the guard must not open because somebody forgot to read.
    if (short?.length === 0) return undefined;
    return refuse("NOBODY_CAN_APPROVE", (short ?? []).map(sayShort).join("; "), { gates: short ?? [] });
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
