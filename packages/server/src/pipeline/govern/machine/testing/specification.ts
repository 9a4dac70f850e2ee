import { permissionsOf, type ActionState, type ErrorCode } from "@tyr/contract";
import type { MoveName } from "../moves.ts";
import type { ActionEvent } from "../transitions.ts";
import { lender } from "./model-loans.ts";
import type { Account, Asking } from "./model-world.ts";

/**
 * For tests: what the machine must do, said a second time and in another form: by state and in words, from what people
 * did and not from the product's tables. A difference between the two is a mistake in one of them.
 */
const SPECIFIED: Readonly<Record<ActionState, string>> = {
  draft: "edit>draft dry_run_ok>dry_run_ok dry_run_failed>dry_run_failed cancel>cancelled",
  dry_run_ok:
    "edit>draft dry_run_ok>dry_run_ok dry_run_failed>dry_run_failed submit>pending submit_allowed>approved break_glass>approved cancel>cancelled",
  dry_run_failed: "edit>draft dry_run_ok>dry_run_ok dry_run_failed>dry_run_failed cancel>cancelled",
  pending:
    "edit>draft dry_run_ok>pending dry_run_failed>dry_run_failed dry_run_allowed>approved approve>pending approve_last>approved approve_due>approved break_glass>approved reject>rejected withdraw>pending pass_deadline>expired cancel>cancelled",
  approved:
    "withdraw>approved withdraw_needed>pending pass_deadline>expired cancel>cancelled execute>executing reopen>pending reopen_allowed>approved deny>failed",
  executing: "succeed>executed fail>failed lose>unknown",
  unknown: "settle_executed>executed settle_failed>failed",
  executed: "revert>reverting",
  reverting: "revert_done>reverted revert_failed>revert_failed",
  revert_failed: "revert>reverting",
  rejected: "",
  expired: "",
  cancelled: "",
  failed: "",
  reverted: "",
};

const MATRIX: ReadonlyMap<string, string> = new Map(
  Object.entries(SPECIFIED).flatMap(([state, moves]) =>
    moves
      .split(" ")
      .filter((one) => one !== "")
      .map((one): [string, string] => {
        const [event = "", to = ""] = one.split(">");
        return [`${state} ${event}`, to];
      }),
  ),
);

export const specifiedNext = (state: ActionState, event: ActionEvent): string | undefined =>
  MATRIX.get(`${state} ${event}`);

/** Each row as `state event`. */
export const SPECIFIED_PAIRS: readonly string[] = [...MATRIX.keys()];

const can = (states: string, { action }: Asking): boolean => states.split(" ").includes(action.row.state);
type Asks = "action:request" | "action:approve" | "action:revert" | "action:break_glass";
const may = ({ roles, permissions }: Account, permission: Asks) =>
  permissions?.has(permission) ?? permissionsOf(roles).has(permission);
const isPersonWho = (who: Account, permission: "action:approve" | "action:break_glass") =>
  who.kind === "person" && may(who, permission);
/** Whom they stand in for. */
const inPlaceOf = (asking: Asking): Account | undefined => lender(asking.behalf?.lent, asking);
const asked = (asking: Asking): boolean => {
  const { action, who } = asking;
  const other = inPlaceOf(asking);
  return action.wrote.has(who.id) || (other !== undefined && action.wrote.has(other.id));
};
const decides = (asking: Asking): boolean =>
  asking.behalf === undefined
    ? isPersonWho(asking.who, "action:approve")
    : asking.who.kind === "person" && inPlaceOf(asking) !== undefined;
const isRequester = ({ action, who }: Asking): boolean => action.row.requester_id === who.id;
const sawRequest = ({ action, shown }: Asking): boolean => shown?.requestDigest === action.row.request_digest;
const sawDryRun = ({ action, shown }: Asking): boolean => shown?.dryRunDigest === action.row.dry_run?.digest;
const hasGateRole = (asking: Asking): boolean =>
  (asking.action.row.decision?.requirements ?? []).some(({ roles }) =>
    (inPlaceOf(asking) ?? asking.who).roles.some((role) => roles.includes(role)),
  );
function given({ action: { given: statements, row }, who }: Asking): boolean {
  const statement = statements.get(who.id);
  return (
    statement?.revision === row.revision &&
    statement.requestDigest === row.request_digest &&
    statement.dryRunDigest === row.dry_run?.digest
  );
}
const minutes = ({ action, now }: Asking): number =>
  action.row.dry_run_at === null ? Infinity : (now - action.row.dry_run_at.getTime()) / 60_000;

/** Older than a quarter of an hour, or from more than a minute ahead. */
const isStale = (one: Asking): boolean => minutes(one) > 15 || minutes(one) < -1;

const isForAnHour = ({ action: { row } }: Asking): boolean => row.ttl_seconds !== null && row.ttl_seconds <= 3_600;

type Reason = readonly [ErrorCode, (asking: Asking) => boolean];
type Specified = Readonly<{ states: string; reasons: readonly Reason[]; offered: (asking: Asking) => boolean }>;

const BEFORE_APPROVAL = "draft dry_run_ok dry_run_failed pending";
const DECIDES: Reason = ["NOT_PERMITTED", (one) => !decides(one)];
const mayTry = ({ action, who }: Asking): boolean =>
  may(who, "action:request") || (action.row.state === "pending" && isPersonWho(who, "action:approve"));

/** Some gate asks for more people than there are who had no part in it and can sign; alone, one's own is one. */
function tooFew({ action, accounts, keyless, alone, decision, who }: Asking): boolean {
  const submits = new Set([who.id, ...who.behind] as readonly string[]);
  return (decision?.requirements ?? []).some(({ approvals, roles }) => {
    const fit = accounts.filter(
      ({ kind, active, roles: held }) => kind === "person" && active && held.some((role) => roles.includes(role)),
    );
    const others = keyless ? 0 : fit.filter(({ id }) => !action.wrote.has(id) && !submits.has(id)).length;
    const own = alone && !keyless && others === 0 && fit.length > 0 ? 1 : 0;
    return others + own < approvals;
  });
}
const DID_NOT_ASK: Reason = ["APPROVAL_BY_REQUESTER", asked];
const mayChange = (asking: Asking): boolean =>
  (isRequester(asking) && may(asking.who, "action:request")) || isPersonWho(asking.who, "action:approve");
const mayEnd = (asking: Asking): boolean =>
  isRequester(asking) || asking.who.roles.some((role) => role === "security_manager" || role === "admin");

/** Of each move: from where, everything for which it is refused, and to whom a screen offers it. */
export const SPECIFIED_MOVES: Readonly<Partial<Record<MoveName, Specified>>> = {
  edit: {
    states: BEFORE_APPROVAL,
    reasons: [
      ["NOT_PERMITTED", (one) => !mayChange(one)],
      ["APPROVAL_STALE", (one) => !sawRequest(one)],
    ],
    offered: mayChange,
  },
  dryRun: { states: BEFORE_APPROVAL, reasons: [["NOT_PERMITTED", (one) => !mayTry(one)]], offered: mayTry },
  submit: {
    states: "dry_run_ok",
    reasons: [
      ["DRY_RUN_STALE", isStale],
      ["ACTION_DENIED", ({ decision }) => decision?.outcome !== "allow" && decision?.outcome !== "require_approval"],
      [
        "NOBODY_CAN_APPROVE",
        (one) => one.who.kind === "person" && one.decision?.outcome === "require_approval" && tooFew(one),
      ],
    ],
    offered: ({ who }) => may(who, "action:request"),
  },
  approve: {
    states: "pending",
    reasons: [
      DECIDES,
      // Where nobody else can approve and that was said openly, their approval is taken, and counts later.
      ["APPROVAL_BY_REQUESTER", (one) => asked(one) && (!one.alone || one.behalf !== undefined)],
      ["APPROVAL_STALE", (one) => !sawRequest(one) || !sawDryRun(one)],
      // Looked at again at its turn, its target may be such that it would fail.
      ["DRY_RUN_STALE", ({ action }) => action.row.dry_run?.ok !== true],
      ["NOT_PERMITTED", (one) => !hasGateRole(one)],
    ],
    offered: (one) =>
      decides(one) &&
      (!asked(one) || (one.alone && one.behalf === undefined)) &&
      !given(one) &&
      one.action.row.dry_run?.ok === true,
  },
  breakGlass: {
    states: "dry_run_ok pending",
    reasons: [
      ["NOT_PERMITTED", ({ who }) => !isPersonWho(who, "action:break_glass")],
      ["BREAK_GLASS_REVIEW_OWED", ({ who }) => who.owes],
      ["APPROVAL_STALE", (one) => !sawRequest(one) || !sawDryRun(one)],
      ["DRY_RUN_STALE", (one) => one.action.row.dry_run?.ok !== true || isStale(one)],
      ["VALIDATION_FAILED", (one) => !isForAnHour(one)],
      ["ACTION_DENIED", ({ decision }) => decision?.outcome !== "allow"],
    ],
    offered: (one) =>
      isPersonWho(one.who, "action:break_glass") && one.action.row.dry_run?.ok === true && isForAnHour(one),
  },
  reject: {
    states: "pending",
    reasons: [DECIDES, DID_NOT_ASK],
    offered: (one) => decides(one) && !asked(one),
  },
  withdraw: {
    states: "pending approved",
    reasons: [["NOT_FOUND", ({ action, who }) => !action.everGiven.has(who.id)]],
    offered: (one) => one.action.everGiven.has(one.who.id),
  },
  cancel: {
    states: `${BEFORE_APPROVAL} approved`,
    reasons: [["NOT_PERMITTED", (one) => !mayEnd(one)]],
    offered: (one) => mayEnd(one) && may(one.who, "action:request"),
  },
  revert: {
    states: "executed revert_failed",
    reasons: [["ACTION_TRANSITION_REFUSED", ({ action }) => action.row.type !== "block_ip"]],
    offered: ({ action, who }) => may(who, "action:revert") && action.row.type === "block_ip",
  },
};

/** Every code with which it may be refused; none: it is made. */
export function specifiedRefusals(move: MoveName, asking: Asking): readonly ErrorCode[] | undefined {
  const specified = SPECIFIED_MOVES[move];
  if (specified === undefined) return undefined;
  if (!can(specified.states, asking)) return ["ACTION_TRANSITION_REFUSED"];
  return specified.reasons.flatMap(([code, fails]) => (fails(asking) ? [code] : []));
}

export function specifiedOffer(move: MoveName, asking: Asking): boolean | undefined {
  const specified = SPECIFIED_MOVES[move];
  return specified === undefined ? undefined : can(specified.states, asking) && specified.offered(asking);
}
