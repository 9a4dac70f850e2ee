import type { Entry } from "./entries.ts";

const FAULTS = {
  ENTRIES_MISSING: "entries are not there",
  ROOT_DIFFERS: "the entries do not make the root of the checkpoint",
  BACKDATED: "its time goes back",
  STATEMENT_ALTERED: "what was signed is not what the log says was decided",
  SIGNATURE_WRONG: "the signature does not hold",
  UNSIGNED: "nobody signed it",
  NOT_A_PERSON: "no person decided it",
  KEY_UNKNOWN: "the signer never registered this key in the log",
  KEY_ENDED: "the key had ended before it was used",
  KEY_SHARED: "the same key is registered for two people",
  DELEGATION_UNKNOWN: "it was given in somebody's place without their delegation, or after it was over",
  DELEGATION_UNSIGNED: "it was given in somebody's place by a delegation they did not sign",
  BY_REQUESTER: "whoever asked for it, or changed it, approved it",
  QUORUM_SHORT: "fewer people signed than were asked for",
  OTHER_DIGEST: "what ran is not what was signed",
  AFTER_EXECUTION: "it was approved after it ran",
  REPLAYED: "the same signed statement is there twice",
  LATE: "it came after the statement or the decision was over",
  HISTORY_MISSING: "how it began is not in these entries: who asked for it, and what policy wanted, is not shown",
  OUT_OF_ORDER: "the log does not lead to this",
  RAN_TWICE: "it ran before",
  LASTS_LONGER: "its effect lasts longer than what was signed",
  NO_ACTION: "no action that ran did this",
  REVIEW_BY_USER: "whoever broke the glass, or asked for it, reviewed it",
  REVIEW_OWED: "whoever broke the glass owed a review of the time before",
} as const;
type FaultCode = keyof typeof FAULTS;

/** `action` is empty where it is about the log as a whole. */
export type ApprovalFinding = Readonly<{ code: FaultCode; index: number; action: string; message: string }>;
export type Found = Readonly<{ code: FaultCode; at: Pick<Entry, "index" | "object">; more?: string | undefined }>;

export function findingOf({ code, at: { index, object }, more }: Found): ApprovalFinding {
  const message = more === undefined ? FAULTS[code] : `${FAULTS[code]}: ${more}`;
  return { code, index, action: object, message };
}
