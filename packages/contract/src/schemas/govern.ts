import { Type, type Static } from "typebox";
import { ACTION_TYPES } from "../action-types.ts";
import { IdSchema } from "../ids.ts";
import { BreakGlass, SinglePersonView } from "./approvals.ts";
import {
  Actor,
  Facts,
  Instant,
  NullableInstant,
  NullableString,
  PageOf,
  PageQuery,
  StorableText,
  Text,
} from "./basics.ts";
import { DelegationRef } from "./delegations.ts";
import { SignedText, StatementSignature } from "./signatures.ts";

export const ACTION_STATES = [
  "draft",
  "dry_run_ok",
  "dry_run_failed",
  "pending",
  "approved",
  "rejected",
  "expired",
  "cancelled",
  "executing",
  "executed",
  "failed",
  "unknown",
  "reverting",
  "reverted",
  "revert_failed",
] as const;
export const ActionState = Type.Enum(ACTION_STATES);
export type ActionState = Static<typeof ActionState>;
export const ActionType = Type.Enum(ACTION_TYPES);
export type ActionType = Static<typeof ActionType>;

/** What an approval must amount to: so many distinct people holding one of the roles, never the requester. */
export const Requirement = Type.Object({
  policyId: Type.String(),
  approvals: Type.Integer({ minimum: 1 }),
  roles: Type.Array(Type.String()),
});
export type Requirement = Static<typeof Requirement>;
export const Decision = Type.Object({
  outcome: Type.Enum(["deny", "allow", "require_approval", "dry_run_only"]),
  reasons: Type.Array(
    Type.Object({ policyId: Type.String(), effect: Type.Enum(["permit", "forbid"]), text: Type.String() }),
  ),
  requirements: Type.Array(Requirement),
  bundleDigest: Type.String(),
  at: Instant,
});
export type Decision = Static<typeof Decision>;

/** Events and log-ins of a dry run's reach are those of so many days before it. */
export const REACH_DAYS = 7;

/** The connector's own plan: what would change at the target, computed from what is there now. */
export const DryRun = Type.Object({
  ok: Type.Boolean(),
  at: Instant,
  digest: Type.String(),
  summary: Type.String(),
  before: Type.Array(Type.String()),
  after: Type.Array(Type.String()),
  warnings: Type.Array(Type.String()),
  reach: Type.Object({
    addresses: Type.String(),
    enforcers: Type.Integer(),
    successfulLogins: Type.Integer(),
    events: Type.Integer(),
  }),
});
export type DryRun = Static<typeof DryRun>;
export const Approval = Type.Object({
  id: IdSchema("approval"),
  by: Actor,
  roles: Type.Array(Type.String()),
  at: Instant,
  comment: NullableString,
  counts: Type.Boolean(),
  /** In whose place it was given; absent: in their own. */
  onBehalfOf: Type.Optional(Type.Object({ delegation: IdSchema("delegation"), from: Actor })),
  /** Why it was taken back: its signature or its key did not hold up when they were checked again. Absent: they did. */
  disbelieved: Type.Optional(Type.String()),
  /** Of somebody's own approval, in single-person mode: it counts from here on, if nobody else's does. */
  countsFrom: Type.Optional(Instant),
});
export type Approval = Static<typeof Approval>;

export const Action = Type.Object({
  id: IdSchema("action"),
  type: ActionType,
  target: Type.String({
    description: "canonical: address or prefix with zeroed host bits, or what else its type aims at",
  }),
  justification: Type.String(),
  evidence: Type.Object({
    incidentId: Type.Union([IdSchema("incident"), Type.Null()]),
    detectionIds: Type.Array(IdSchema("detection")),
    risk: Type.Union([Type.Integer(), Type.Null()]),
    /** Of the incident and, per cent, of its surest detection, as they were when it was asked for: signed with the request. */
    severity: Type.Optional(NullableString),
    confidence: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  }),
  requester: Actor,
  ttlSeconds: Type.Union([Type.Integer({ minimum: 60 }), Type.Null()], {
    description: "from execution to the end of the effect; null: until it is changed",
  }),
  connector: Type.String(),
  state: ActionState,
  revision: Type.Integer(),
  requestDigest: Type.String(),
  decision: Type.Union([Decision, Type.Null()]),
  dryRun: Type.Union([DryRun, Type.Null()]),
  approvals: Type.Array(Approval),
  approvalsMissing: Type.Integer(),
  /** One's own approval may count, later: single-person mode is on. */
  singlePerson: Type.Optional(Type.Boolean()),
  /** The newest time somebody let it run without its approvals; null: nobody did. */
  breakGlass: Type.Union([BreakGlass, Type.Null()]),
  /** By which whoever reads could approve or reject it now in somebody's place; absent: by none. */
  delegations: Type.Optional(Type.Array(DelegationRef)),
  deadlineAt: NullableInstant,
  createdAt: Instant,
  updatedAt: Instant,
  executedAt: NullableInstant,
  effectEndsAt: NullableInstant,
  blockId: Type.Union([IdSchema("block"), Type.Null()]),
  failure: NullableString,
  legalMoves: Type.Array(Type.String()),
});
export type Action = Static<typeof Action>;
export const ActionQuery = Type.Object({
  ...PageQuery,
  state: Type.Optional(ActionState),
  waiting: Type.Optional(Type.Boolean({ description: "only actions that wait for an approval" })),
  incident: Type.Optional(IdSchema("incident")),
  target: Type.Optional(StorableText(64)),
});
export const ActionPage = PageOf(Action);
export const ActionCreate = Type.Object(
  {
    type: ActionType,
    target: StorableText(64, { minLength: 1 }),
    justification: Text,
    ttlSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 31_536_000 })),
    incidentId: Type.Optional(IdSchema("incident")),
    /** false leaves it as a draft with its dry run; true (default) submits it when the dry run is fine. */
    submit: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type ActionCreate = Static<typeof ActionCreate>;
/** What is left out stays. `requestDigest` says what whoever changes it saw; anything else in force by then is refused. */
export const ActionEdit = Type.Object(
  {
    requestDigest: StorableText(128),
    target: Type.Optional(StorableText(64, { minLength: 1 })),
    ttlSeconds: Type.Optional(Type.Union([Type.Integer({ minimum: 60, maximum: 31_536_000 }), Type.Null()])),
    justification: Type.Optional(Text),
  },
  { additionalProperties: false },
);
export type ActionEdit = Static<typeof ActionEdit>;
/** Both digests say what the approver saw; anything else in force by then is refused as stale. */
export const ApproveBody = Type.Object(
  {
    requestDigest: StorableText(128),
    dryRunDigest: StorableText(128),
    comment: Type.Optional(SignedText),
    /** In somebody's place, by a delegation to oneself; left out: in one's own. The statement names the same. */
    delegation: Type.Optional(IdSchema("delegation")),
    signature: Type.Optional(StatementSignature),
  },
  { additionalProperties: false },
);
export type ApproveBody = Static<typeof ApproveBody>;
export const RejectBody = Type.Object(
  {
    reason: SignedText,
    delegation: Type.Optional(IdSchema("delegation")),
    signature: Type.Optional(StatementSignature),
  },
  { additionalProperties: false },
);
export const WithdrawBody = Type.Object(
  { signature: Type.Optional(StatementSignature) },
  { additionalProperties: false },
);
export const ReasonBody = Type.Object({ reason: Text }, { additionalProperties: false });

export const PolicyView = Type.Object({
  digest: Type.String(),
  activatedAt: Instant,
  policies: Type.Array(
    Type.Object({
      id: Type.String(),
      effect: Type.String(),
      reason: Type.String(),
      text: Type.String(),
      annotations: Facts,
    }),
  ),
});
export type PolicyView = Static<typeof PolicyView>;

export const MODES = ["normal", "elevated", "lockdown"] as const;
export const ModeName = Type.Enum(MODES);
export type ModeName = Static<typeof ModeName>;
export const ENVIRONMENTS = ["production", "staging", "development"] as const;
export const Environment = Type.Enum(ENVIRONMENTS);
export type Environment = Static<typeof Environment>;
const ModeChange = Type.Object({
  mode: ModeName,
  at: Instant,
  until: NullableInstant,
  by: Actor,
  reason: Type.String(),
  /** Those that asked for it, where it came by itself. */
  incidents: Type.Array(IdSchema("incident")),
});
const ModeHeld = Type.Object({ mode: ModeName, until: NullableInstant });
/** The mode in force, what each mode does under the policies in force, and how it came to be. */
export const ModeView = Type.Object({
  mode: ModeName,
  environment: Environment,
  /** The change that made it; null while it never changed. */
  change: Type.Union([ModeChange, Type.Null()]),
  modes: Type.Array(
    Type.Object({
      mode: ModeName,
      /** Policies that forbid, or ask for approvals, where normal mode would not: for the block of one public address. */
      effects: Type.Array(Type.Object({ policyId: Type.String(), text: Type.String() })),
      /** When it comes by itself, in words; null: it does not. */
      comesWhen: Type.Union([Type.String(), Type.Null()]),
      /** Risk from which automation proposes blocks in it. */
      proposeRisk: Type.Integer(),
      maxFailedLoginsPerMinute: Type.Integer(),
      maxScanEventsPerMinute: Type.Integer(),
    }),
  ),
  /** While nobody and nothing asks for more. */
  defaultMode: ModeName,
  /** What somebody chose, which nothing lowers by itself before its end; null: nobody did. */
  held: Type.Union([ModeHeld, Type.Null()]),
  /** What came by itself and since when, and when it goes down a step at the earliest; null: nothing did. */
  automatic: Type.Union([Type.Object({ mode: ModeName, since: Instant, earliestDownAt: Instant }), Type.Null()]),
  /** Actions that ask for another mode and wait for somebody's approval. */
  waiting: Type.Array(IdSchema("action")),
  /** Whether one's own approval counts, later, where nobody else can approve. */
  singlePerson: Type.Optional(SinglePersonView),
  /** Newest first, at most 50. */
  history: Type.Array(ModeChange),
});
export type ModeView = Static<typeof ModeView>;
/** `asked`: the action that now waits for another person, where policy asks for one (202); null: the mode is set. */
export const ModeAnswer = Type.Object({ ...ModeView.properties, asked: Type.Union([IdSchema("action"), Type.Null()]) });
export type ModeAnswer = Static<typeof ModeAnswer>;
/** Without `until` it stays until somebody changes it; with it, it goes back by itself. */
export const ModeSet = Type.Object(
  { mode: ModeName, reason: Text, until: Type.Optional(Instant) },
  { additionalProperties: false },
);
export type ModeSet = Static<typeof ModeSet>;
