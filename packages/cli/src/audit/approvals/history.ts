import { textOf, type Entry } from "./entries.ts";

/** By which kinds of entry an action goes from which states to which: the machine of docs/architecture.md, as an auditor reads it. */
const DRAFTED = ["draft", "dry_run_ok", "dry_run_failed"];
const OPEN = [...DRAFTED, "pending", "approved"];
const MOVES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "action.created": { "": ["draft"] },
  "action.edited": Object.fromEntries([...DRAFTED, "pending"].map((from) => [from, ["draft"]])),
  "action.dry_run": {
    ...Object.fromEntries(DRAFTED.map((from) => [from, ["dry_run_ok", "dry_run_failed"]])),
    pending: ["pending", "approved", "dry_run_failed"],
  },
  "action.submitted": { dry_run_ok: ["pending", "approved"], pending: ["approved"] },
  "action.approval_recorded": { pending: ["pending", "approved"] },
  "action.own_approval_counted": { pending: ["approved"] },
  "action.break_glass": { dry_run_ok: ["approved"], pending: ["approved"] },
  "action.rejected": { pending: ["rejected"] },
  "action.approval_withdrawn": {
    ...Object.fromEntries(DRAFTED.map((from) => [from, [from]])),
    pending: ["pending"],
    approved: ["approved", "pending"],
  },
  "action.expired": Object.fromEntries(OPEN.map((from) => [from, ["expired"]])),
  "action.cancelled": Object.fromEntries(OPEN.map((from) => [from, ["cancelled"]])),
  "action.executing": { approved: ["executing"] },
  "action.reopened": { approved: ["pending", "approved"] },
  "action.executed": { executing: ["executed"], unknown: ["executed"] },
  "action.failed": { approved: ["failed"], executing: ["failed"], unknown: ["failed"] },
  "action.lost": { executing: ["unknown"] },
  "action.reverting": { executed: ["reverting"], revert_failed: ["reverting"] },
  "action.reverted": { reverting: ["reverted"] },
  "action.revert_failed": { reverting: ["revert_failed"] },
};

type Told = Pick<Entry, "type" | "before" | "after" | "details">;

export const isMove = (type: string): boolean => Object.hasOwn(MOVES, type);

/**
 * Why an action cannot have gone this way from the state the log left it in; undefined when it can.
 *
 * @param state undefined: the log says nothing of it before this
 */
export function faultOfMove(
  { type, before, after }: Omit<Told, "details">,
  state: string | undefined,
): string | undefined {
  if (state !== undefined && state !== before) return `it was ${state || "not there"}, not ${before || "new"}`;
  const moves = MOVES[type] ?? {};
  const to = Object.hasOwn(moves, before) ? moves[before] : [];
  return to?.includes(after) === true
    ? undefined
    : `nothing leads from ${before || "nowhere"} to ${after || "nowhere"}`;
}

/** A state without people is there only where policy asked for nobody. */
export function faultOfDecision({ type, after, details }: Told): string | undefined {
  const decision = textOf(details["decision"]);
  const isToPeople = type === "action.submitted" && after === "pending" && decision === "allow";
  const isPast = ["action.submitted", "action.dry_run", "action.reopened"].includes(type) && after === "approved";
  return isToPeople || (isPast && decision !== "allow")
    ? `policy answered ${decision || "nothing"}, which does not lead to ${after}`
    : undefined;
}

const REQUEST = ["revision", "target", "request_digest"] as const;
type Request = Readonly<Record<string, unknown>>;

/** After these the request, or the dry run of it, is another. */
export const REQUEST_CHANGES: ReadonlySet<string> = new Set([
  "action.created",
  "action.edited",
  "action.dry_run",
  "action.reopened",
]);

export function requestOf({ details }: Pick<Entry, "details">): Request {
  return Object.fromEntries([...REQUEST, "dry_run_digest"].map((name) => [name, details[name] ?? null]));
}

/** Why an entry is not about the request as the one before left it: its revision, target, digest and dry run. */
export function faultOfRequest({ type, details }: Told, request: Request): string | undefined {
  if (type === "action.created") return undefined;
  if (type === "action.edited")
    return details["revision"] === Number(request["revision"]) + 1 ? undefined : "it is not the next revision";
  const same: readonly string[] = REQUEST_CHANGES.has(type) ? REQUEST : [...REQUEST, "dry_run_digest"];
  const other = same.find((name) => (details[name] ?? null) !== request[name]);
  return other === undefined ? undefined : `it has another ${other} than the entries before`;
}
