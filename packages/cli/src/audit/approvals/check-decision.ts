import { checkSigned, type Said } from "./check-signed.ts";
import { inPlaceOf } from "./delegations.ts";
import { fieldsOf, instantOf, listOf, textsOf, type Entry } from "./entries.ts";
import { find, storyOf, type Approval, type Gate, type Reading } from "./reading.ts";

const SAYS: Readonly<Record<string, string>> = {
  "action.approval_recorded": "approve",
  "action.rejected": "reject",
  "action.approval_withdrawn": "withdraw",
  "action.break_glass": "break_glass",
};

/** In the place of whom the entry names. */
function isSamePlace(said: Said, details: Said): boolean {
  const { delegation, of } = inPlaceOf(said) ?? {};
  return delegation === details["delegation"] && of === details["on_behalf_of"];
}

/** About this action as it was asked for. */
function isAbout(reading: Reading, entry: Entry, said: Said): boolean {
  const { details } = entry;
  const { isBegun, type, ttlSeconds } = storyOf(reading, entry.object);
  return (
    said["statement"] === SAYS[entry.type] &&
    said["action_id"] === entry.object &&
    ["revision", "target", "request_digest"].every((name) => said[name] === details[name]) &&
    said["dry_run_digest"] === (details["dry_run_digest"] ?? null) &&
    (!isBegun || (said["type"] === type && said["ttl_seconds"] === ttlSeconds)) &&
    isSamePlace(said, details)
  );
}

function checkPlace(reading: Reading, entry: Entry, said: Said): boolean {
  const inPlace = inPlaceOf(said);
  const at = { signer: entry.actor, instant: instantOf(entry.at) };
  const fault = inPlace === undefined ? undefined : reading.delegations.faultOf(inPlace, at);
  if (fault !== undefined) find(reading, { ...fault, at: entry });
  return fault === undefined;
}

export function gatesOf(requirements: unknown): readonly Gate[] {
  return listOf(requirements).map((one) => {
    const { approvals, roles } = fieldsOf(one);
    return { approvals: typeof approvals === "number" ? approvals : Infinity, roles: textsOf(roles) };
  });
}

/**
 * Of a statement: when it is over itself, and when what it lets run had to be decided: a no, or an approval taken back, comes
 * too late for nothing. A draft that is broken open has no deadline yet.
 */
function endsOf(entry: Entry, said: Said): readonly number[] {
  const end = instantOf(said["expires_at"]);
  if (entry.type === "action.rejected" || entry.type === "action.approval_withdrawn") return [end];
  const isUndated = said["deadline_at"] === null && entry.type === "action.break_glass";
  return [end, instantOf(isUndated ? entry.details["deadline_at"] : said["deadline_at"])];
}

/** One signed decision, by itself. @returns what it counts for, undefined where it counts for nothing */
export function checkDecision(reading: Reading, entry: Entry): Approval | undefined {
  const isSaid = (said: Said): boolean => isAbout(reading, entry, said);
  const said = checkSigned(reading, entry, { isSaid, endsOf: (one) => endsOf(entry, one) });
  if (said === undefined || !checkPlace(reading, entry, said)) return undefined;
  const from = instantOf(entry.details["not_before"]);
  const inPlace = inPlaceOf(said);
  return {
    entry,
    signer: entry.actor,
    roles: textsOf(inPlace === undefined ? said["signer_roles"] : fieldsOf(said["on_behalf_of"])["roles"]),
    inPlace,
    gates: gatesOf(said["requirements"]),
    deadline: instantOf(said["deadline_at"]),
    ownFrom: Number.isNaN(from) ? undefined : from,
  };
}

/** Exactly what ran is what it names. */
export function covers({ entry: { details } }: Approval, ran: Entry): boolean {
  return ["revision", "target", "request_digest", "dry_run_digest"].every(
    (name) => details[name] === ran.details[name],
  );
}
