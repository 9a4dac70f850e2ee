import type { Delegations, InPlace } from "./delegations.ts";
import type { Entry } from "./entries.ts";
import { findingOf, type ApprovalFinding, type Found } from "./findings.ts";
import type { Keys, UsedKey } from "./keys.ts";
import type { LogTime } from "./log-time.ts";
import type { People } from "./people.ts";

export type CheckedAction = Readonly<{
  action: string;
  /** Number of the entry by which it began to run. */
  index: number;
  type: string;
  target: string;
  signers: readonly string[];
  /** `own`: by whoever asked, in single-person mode, after its delay. `nobody`: policy let it run without people. */
  by: "approvals" | "own" | "break_glass" | "nobody";
  /** Of a use of break-glass: whether somebody else said since whether it was justified. */
  reviewed?: boolean;
}>;
export type ApprovalReport = Readonly<{
  ok: boolean;
  /** Signed decisions, and delegations, whose signature was checked. */
  signatures: number;
  keys: readonly UsedKey[];
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
/** A use of break-glass. */
export type Glass = Readonly<{ id: string; signer: string; action: string; approval: Approval | undefined }>;
/** What the log has said so far about one action. */
export type Story = {
  state: string | undefined;
  isBegun: boolean;
  type: unknown;
  ttlSeconds: unknown;
  /** Revision, target and digests the last entry left it with. */
  request: Readonly<Record<string, unknown>>;
  readonly authors: Set<string>;
  approvals: Approval[];
  /** Who ever approved it. */
  readonly approvers: Set<string>;
  broken: Glass | undefined;
  /** Policy wanted people when it was last asked about the request, and whom. */
  needsPeople: boolean;
  gates: readonly Gate[];
  ran: Entry | undefined;
  /** Number of the entry of what it did. */
  effect: number | undefined;
};
export type Reading = Readonly<{
  time: LogTime;
  people: People;
  keys: Keys;
  delegations: Delegations;
  nonces: Map<string, number>;
  stories: Map<string, Story>;
  findings: ApprovalFinding[];
  executed: CheckedAction[];
  /** Uses of break-glass, and those somebody else looked at. */
  glasses: Map<string, Glass>;
  reviewed: Set<string>;
  /** Until when actions that ran block an address at most. */
  blockedUntil: Map<string, number>;
  counted: { signatures: number; isAlone: boolean; isPublished: boolean };
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
    request: {},
    authors: new Set(),
    approvals: [],
    approvers: new Set(),
    broken: undefined,
    needsPeople: false,
    gates: [],
    ran: undefined,
    effect: undefined,
  };
  stories.set(action, story);
  return story;
}

export function find({ findings }: Reading, found: Found): void {
  findings.push(findingOf(found));
}
