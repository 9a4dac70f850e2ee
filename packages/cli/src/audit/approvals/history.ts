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

type Told = Readonly<{ type: string; before: string; after: string }>;

export const isMove = (type: string): boolean => Object.hasOwn(MOVES, type);

/**
 * Why an action cannot have gone this way from the state the log left it in; undefined when it can.
 *
 * @param state undefined: the log says nothing of it before this
 */
export function faultOfMove({ type, before, after }: Told, state: string | undefined): string | undefined {
  if (state !== undefined && state !== before) return `it was ${state || "not there"}, not ${before || "new"}`;
  const moves = MOVES[type] ?? {};
  const to = Object.hasOwn(moves, before) ? moves[before] : [];
  return to?.includes(after) === true
    ? undefined
    : `nothing leads from ${before || "nowhere"} to ${after || "nowhere"}`;
}
