import { digestOfText, faultOfSignature, readStatement, type SignedDetails } from "./check-signature.ts";
import { inPlaceOf } from "./delegations.ts";
import { fieldsOf, instantOf, listOf, textOf, textsOf, type Entry } from "./entries.ts";
import { find, storyOf, type Approval, type Gate, type Reading } from "./reading.ts";

type Said = Readonly<Record<string, unknown>>;

const SAYS: Readonly<Record<string, string>> = {
  "action.approval_recorded": "approve",
  "action.rejected": "reject",
  "action.approval_withdrawn": "withdraw",
  "action.break_glass": "break_glass",
};

/** Of this installation, and in the place of whom the entry names. */
function isSamePlace({ installation }: Reading, said: Said, details: Said): boolean {
  const { delegation, of } = inPlaceOf(said) ?? {};
  const isHere = installation === undefined || said["installation"] === installation;
  return isHere && delegation === details["delegation"] && of === details["on_behalf_of"];
}

/** Statement and entry say the same, under the name the log gives the statement; and what was asked for is what it says. */
function isSameAsSaid(reading: Reading, entry: Entry, said: Said): boolean {
  const { details } = entry;
  const { isBegun, type, ttlSeconds } = storyOf(reading, entry.object);
  return (
    digestOfText(textOf(details["statement"])) === details["statement_digest"] &&
    said["statement"] === SAYS[entry.type] &&
    said["action_id"] === entry.object &&
    said["signer"] === entry.actor &&
    ["revision", "target", "request_digest"].every((name) => said[name] === details[name]) &&
    said["dry_run_digest"] === (details["dry_run_digest"] ?? null) &&
    (!isBegun || (said["type"] === type && said["ttl_seconds"] === ttlSeconds)) &&
    isSamePlace(reading, said, details)
  );
}

function checkKeyOf(reading: Reading, entry: Entry): boolean {
  const code = reading.keys.faultOf(entry);
  if (code !== undefined) find(reading, { code, at: entry, more: textOf(entry.details["key_id"]) });
  return code === undefined;
}

function checkPlace(reading: Reading, entry: Entry, said: Said): boolean {
  const inPlace = inPlaceOf(said);
  const at = { signer: entry.actor, instant: instantOf(entry.at) };
  const more = inPlace === undefined ? undefined : reading.delegations.faultOf(inPlace, at);
  if (more !== undefined) find(reading, { code: "DELEGATION_UNKNOWN", at: entry, more });
  return more === undefined;
}

function checkOnce(reading: Reading, entry: Entry, nonce: string): void {
  const before = reading.nonces.get(nonce);
  if (before !== undefined) find(reading, { code: "REPLAYED", at: entry, more: `first in entry ${before}` });
  reading.nonces.set(nonce, entry.index);
}

export function gatesOf(requirements: unknown): readonly Gate[] {
  return listOf(requirements).map((one) => {
    const { approvals, roles } = fieldsOf(one);
    return { approvals: typeof approvals === "number" ? approvals : Infinity, roles: textsOf(roles) };
  });
}

/** Of a statement: when it is over itself, and when the decision is. A draft that is broken open has no deadline yet. */
function endsOf(entry: Entry, said: Said) {
  const isUndated = said["deadline_at"] === null && entry.type === "action.break_glass";
  const deadline = instantOf(isUndated ? entry.details["deadline_at"] : said["deadline_at"]);
  return { statement: instantOf(said["expires_at"]), deadline };
}

/** What was signed, where it is signed at all and says what the entry says; else what is wrong is found. */
function saidIn(reading: Reading, entry: Entry): Said | undefined {
  const { statement, signature } = entry.details;
  if (textOf(statement) === "" || textOf(signature) === "") {
    find(reading, { code: "UNSIGNED", at: entry });
    return undefined;
  }
  reading.counted.signatures += 1;
  const said = readStatement(textOf(statement));
  if (said !== undefined && isSameAsSaid(reading, entry, said)) {
    const ends = endsOf(entry, said);
    if (!Number.isNaN(ends.statement + ends.deadline)) return said;
  }
  find(reading, { code: "STATEMENT_ALTERED", at: entry });
  return undefined;
}

/** Whether a person signed it with a key of theirs, once and in time. */
function isSigned(reading: Reading, entry: Entry, said: Said): boolean {
  const fault = faultOfSignature(entry.details as SignedDetails);
  const isPerson = entry.actorKind === "person";
  if (fault !== undefined) find(reading, { code: "SIGNATURE_WRONG", at: entry, more: fault });
  if (!isPerson) find(reading, { code: "NOT_A_PERSON", at: entry });
  const isTheirKey = checkKeyOf(reading, entry);
  const isTheirPlace = checkPlace(reading, entry, said);
  checkOnce(reading, entry, textOf(said["nonce"]));
  const { statement, deadline } = endsOf(entry, said);
  if (Math.min(statement, deadline) < instantOf(entry.at)) find(reading, { code: "LATE", at: entry });
  return fault === undefined && isPerson && isTheirKey && isTheirPlace;
}

/** One signed decision, by itself. @returns what it counts for, undefined where it counts for nothing */
export function checkDecision(reading: Reading, entry: Entry): Approval | undefined {
  const said = saidIn(reading, entry);
  if (said === undefined || !isSigned(reading, entry, said)) return undefined;
  const from = instantOf(entry.details["not_before"]);
  const inPlace = inPlaceOf(said);
  return {
    entry,
    signer: entry.actor,
    roles: textsOf(inPlace === undefined ? said["signer_roles"] : fieldsOf(said["on_behalf_of"])["roles"]),
    inPlace,
    gates: gatesOf(said["requirements"]),
    deadline: endsOf(entry, said).deadline,
    ownFrom: Number.isNaN(from) ? undefined : from,
  };
}
