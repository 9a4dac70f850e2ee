import type { Delegations, InPlace } from "./delegations.ts";
import type { Entry } from "./entries.ts";
import type { Keys } from "./keys.ts";

const APPROVAL_FAULTS = {
  STATEMENT_ALTERED: "what was signed is not what the log says was decided",
  SIGNATURE_WRONG: "the signature does not hold",
  UNSIGNED: "nobody signed it",
  NOT_A_PERSON: "no person decided it",
  KEY_UNKNOWN: "the signer never registered this key in the log",
  KEY_ENDED: "the key had ended before it was used",
  KEY_SHARED: "the same key is registered for two people",
  DELEGATION_UNKNOWN: "it was given in somebody's place without their delegation, or after it was over",
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
  NO_ACTION: "it says it was done by an action that did not run",
  REVIEW_BY_USER: "whoever broke the glass, or asked for it, reviewed it",
} as const;
type ApprovalFault = keyof typeof APPROVAL_FAULTS;
export type ApprovalFinding = Readonly<{ code: ApprovalFault; index: number; action: string; message: string }>;

export type CheckedAction = Readonly<{
  action: string;
  /** Number of the entry by which it began to run. */
  index: number;
  target: string;
  signers: readonly string[];
  /** `own`: by whoever asked, in single-person mode, after its delay. `nobody`: policy let it run without people. */
  by: "approvals" | "own" | "break_glass" | "nobody";
  /** Of a use of break-glass: whether somebody else said since whether it was justified. */
  reviewed?: boolean;
}>;
export type ApprovalReport = Readonly<{
  ok: boolean;
  /** Signed decisions whose signature was checked. */
  signatures: number;
  executed: readonly CheckedAction[];
  findings: readonly ApprovalFinding[];
}>;

export type Gate = Readonly<{ approvals: number; roles: readonly string[] }>;
export type Approval = Readonly<{
  entry: Entry;
  signer: string;
  roles: readonly string[];
  gates: readonly Gate[];
  /** In whose place; undefined: in their own. */
  inPlace: InPlace | undefined;
  /** The decision was over then. */
  deadline: number;
  /** Of one's own approval in single-person mode: when it counts from. */
  ownFrom: number | undefined;
}>;
/** What the log has said so far about one action. */
export type Story = {
  state: string | undefined;
  isBegun: boolean;
  type: unknown;
  ttlSeconds: unknown;
  readonly authors: Set<string>;
  approvals: Approval[];
  broken: Approval | undefined;
  /** Policy wanted people when it was last asked about the request, and whom. */
  needsPeople: boolean;
  gates: readonly Gate[];
  ran: Entry | undefined;
};
export type Reading = Readonly<{
  keys: Keys;
  delegations: Delegations;
  nonces: Map<string, number>;
  stories: Map<string, Story>;
  findings: ApprovalFinding[];
  executed: CheckedAction[];
  /** Actions by break-glass that somebody else looked at. */
  reviewed: Set<string>;
  counted: { signatures: number; isAlone: boolean };
  installation: string | undefined;
}>;

export function storyOf({ stories }: Reading, action: string): Story {
  const known = stories.get(action);
  if (known !== undefined) return known;
  const story: Story = {
    state: undefined,
    isBegun: false,
    type: undefined,
    ttlSeconds: undefined,
    authors: new Set(),
    approvals: [],
    broken: undefined,
    needsPeople: false,
    gates: [],
    ran: undefined,
  };
  stories.set(action, story);
  return story;
}

type Found = Readonly<{ code: ApprovalFault; at: Entry; more?: string | undefined }>;

export function find({ findings }: Reading, { code, at: { index, object }, more }: Found): void {
  const message = more === undefined ? APPROVAL_FAULTS[code] : `${APPROVAL_FAULTS[code]}: ${more}`;
  findings.push({ code, index, action: object, message });
}
