import { digestOfText, faultOfSignature, readStatement, type SignedDetails } from "./check-signature.ts";
import { instantOf, SLACK_MS, textOf, type Entry } from "./entries.ts";
import { find, type Reading } from "./reading.ts";

export type Said = Readonly<Record<string, unknown>>;
export type Wanted = Readonly<{
  /** Whether it says what the entry says. */
  isSaid(said: Said): boolean;
  /** When it is over, and what it decides about; each is there. */
  endsOf(said: Said): readonly number[];
}>;

export const hasSignature = ({ details: { statement, signature } }: Entry): boolean =>
  textOf(statement) !== "" && textOf(signature) !== "";

/** What was signed, where it says what the entry says under the name the log gives it; else what is wrong is found. */
function saidIn(reading: Reading, entry: Entry, { isSaid, endsOf }: Wanted): Said | undefined {
  if (!hasSignature(entry)) {
    find(reading, { code: "UNSIGNED", at: entry });
    return undefined;
  }
  reading.counted.signatures += 1;
  const { statement, statement_digest: digest } = entry.details;
  const said = readStatement(textOf(statement));
  const isHere = reading.installation === undefined || said?.["installation"] === reading.installation;
  if (said !== undefined && isHere && said["signer"] === entry.actor && isSaid(said))
    if (digestOfText(textOf(statement)) === digest && !endsOf(said).some(Number.isNaN)) return said;
  find(reading, { code: "STATEMENT_ALTERED", at: entry });
  return undefined;
}

function checkKeyOf(reading: Reading, entry: Entry): boolean {
  const code = reading.keys.faultOf(entry);
  if (code !== undefined) find(reading, { code, at: entry, more: textOf(entry.details["key_id"]) });
  return code === undefined;
}

function checkOnce(reading: Reading, entry: Entry, nonce: string): void {
  const before = reading.nonces.get(nonce);
  if (before !== undefined) find(reading, { code: "REPLAYED", at: entry, more: `first in entry ${before}` });
  reading.nonces.set(nonce, entry.index);
}

/**
 * Whether a person put their name under what the entry says, with a key of theirs, once and in time. All that is wrong is
 * found. @returns what they signed, undefined where it counts for nothing
 */
export function checkSigned(reading: Reading, entry: Entry, wanted: Wanted): Said | undefined {
  const said = saidIn(reading, entry, wanted);
  if (said === undefined) return undefined;
  const fault = faultOfSignature(entry.details as SignedDetails);
  const isPerson = entry.actorKind === "person";
  if (fault !== undefined) find(reading, { code: "SIGNATURE_WRONG", at: entry, more: fault });
  if (!isPerson) find(reading, { code: "NOT_A_PERSON", at: entry });
  const isTheirKey = checkKeyOf(reading, entry);
  checkOnce(reading, entry, textOf(said["nonce"]));
  if (Math.min(...wanted.endsOf(said)) + SLACK_MS < instantOf(entry.at)) find(reading, { code: "LATE", at: entry });
  return fault === undefined && isPerson && isTheirKey ? said : undefined;
}
