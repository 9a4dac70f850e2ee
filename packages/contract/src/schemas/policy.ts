import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Actor, Facts, Instant, NullableInstant, NullableString, StorableText, Text } from "./basics.ts";
import { ActionType, Decision, Requirement } from "./govern.ts";

/** Files of one bundle, characters of one of them, and of all together: parsing the worst of so many takes seconds. */
export const POLICY_FILES_MAX = 60;
export const POLICY_FILE_CHARS_MAX = 65_536;
export const POLICY_BUNDLE_CHARS_MAX = 262_144;
/** Policies and examples of one bundle: every example is decided up to three times. */
export const POLICIES_MAX = 300;
export const POLICY_CASES_MAX = 2_000;
/** Days one backtest may go back, and stored decisions it may replay. */
export const POLICY_BACKTEST_DAYS_MAX = 366;
export const POLICY_BACKTEST_DECISIONS_MAX = 1_000_000;
/** Examples kept of each kind of change a backtest finds. */
export const POLICY_BACKTEST_EXAMPLES_MAX = 10;

const Count = Type.Integer({ minimum: 0 });
const Outcome = Decision.properties.outcome;

/** SHA-256 over the canonical manifest (RFC 8785): the name of a bundle. */
export const BundleDigest = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "name of a bundle: SHA-256 over its canonical manifest, 64 lower-case hexadecimal digits",
});

/** One file of a bundle, named as in its folder. */
export const PolicyFile = Type.Object(
  {
    path: Type.String({
      maxLength: 100,
      pattern: "^(schema\\.cedarschema|[a-z0-9][a-z0-9_-]{0,60}\\.cedar|tests/[a-z0-9][a-z0-9_-]{0,60}\\.ya?ml)$",
      description: "`schema.cedarschema`, `NAME.cedar` or `tests/NAME.yml`",
    }),
    text: StorableText(POLICY_FILE_CHARS_MAX),
  },
  { additionalProperties: false },
);
export type PolicyFile = Static<typeof PolicyFile>;
const files = { files: Type.Array(PolicyFile, { minItems: 2, maxItems: POLICY_FILES_MAX }) };

/** A bundle: files that are not stored yet. */
export const PolicyDraft = Type.Object(files, { additionalProperties: false });
export type PolicyDraft = Static<typeof PolicyDraft>;
/** Files, or a stored bundle by its digest. */
export const PolicyChoice = Type.Union([
  PolicyDraft,
  Type.Object({ digest: BundleDigest }, { additionalProperties: false }),
]);
export type PolicyChoice = Static<typeof PolicyChoice>;

/**
 * What is wrong with a bundle. `load`: it does not parse or does not fit its schema, warnings included. `format`: it is not
 * as the formatter writes it. `test`: an example gets another decision, or there is none. `coverage`: a policy decides no
 * example, or all. `gate`: condition and `@approvals` differ. `lockout`: nobody could ever replace it.
 */
export const POLICY_PROBLEMS = ["load", "format", "test", "coverage", "gate", "lockout"] as const;
export const PolicyProblem = Type.Object({
  kind: Type.Enum(POLICY_PROBLEMS),
  /** File, file and example, or policy. */
  where: Type.String(),
  message: Type.String(),
});
export type PolicyProblem = Static<typeof PolicyProblem>;

export const PolicyCaseResult = Type.Object({
  file: Type.String(),
  name: Type.String(),
  passed: Type.Boolean(),
  expected: Type.Object({ outcome: Outcome, by: Type.Array(Type.String()) }),
  decided: Type.Object({ outcome: Outcome, by: Type.Array(Type.String()) }),
});
export type PolicyCaseResult = Static<typeof PolicyCaseResult>;
export const PolicyCoverage = Type.Object({
  policyId: Type.String(),
  /** Examples it decides, and those it does not. */
  decides: Count,
  doesNot: Count,
});

/** Everything that is checked of a bundle. `ok`: it can be published. */
export const PolicyCheck = Type.Object({
  ok: Type.Boolean(),
  /** Null where it does not load. */
  digest: Type.Union([BundleDigest, Type.Null()]),
  policies: Count,
  cases: Count,
  passed: Count,
  /** At most 200. */
  problems: Type.Array(PolicyProblem),
  /** Files that are not as the formatter writes them, as it would. */
  formatted: Type.Array(PolicyFile),
  coverage: Type.Array(PolicyCoverage),
});
export type PolicyCheck = Static<typeof PolicyCheck>;
/** The same with each example. */
export const PolicyTest = Type.Object({ ...PolicyCheck.properties, results: Type.Array(PolicyCaseResult) });
export type PolicyTest = Static<typeof PolicyTest>;

/** What policies may know about a change of the policies: what it takes away. Anything not proven harmless counts as loosening. */
export const PolicyChangeFacts = Type.Object({
  /** A forbid that no approval lifts is gone, or is not the same any more (its `@reason` and owner aside). */
  removesForbid: Type.Boolean(),
  /** A gate is gone, asks for fewer people or other roles, or is not the same any more. */
  loosensGate: Type.Boolean(),
  /** A permit is new, or is not the same any more. */
  widensPermit: Type.Boolean(),
  schemaChanged: Type.Boolean(),
  policiesChanged: Count,
});
export type PolicyChangeFacts = Static<typeof PolicyChangeFacts>;
export const PolicyDifference = Type.Object({
  policyId: Type.String(),
  change: Type.Enum(["added", "removed", "changed"]),
  effect: Type.Enum(["permit", "forbid"]),
  reason: Type.String(),
  before: NullableString,
  after: NullableString,
  /** Why it counts as loosening; null: it does not. */
  loosens: NullableString,
});
export type PolicyDifference = Static<typeof PolicyDifference>;
const FileDifference = Type.Object({ path: Type.String(), before: NullableString, after: NullableString });
export const PolicyDiffBody = Type.Object(
  {
    /** Left out: the bundle in force. */
    from: Type.Optional(PolicyChoice),
    to: PolicyChoice,
  },
  { additionalProperties: false },
);
export const PolicyDiff = Type.Object({
  from: BundleDigest,
  to: BundleDigest,
  policies: Type.Array(PolicyDifference),
  /** Schema and examples that differ. */
  files: Type.Array(FileDifference),
  facts: PolicyChangeFacts,
});
export type PolicyDiff = Static<typeof PolicyDiff>;

export const PolicyBacktestNew = Type.Object(
  { days: Type.Integer({ minimum: 1, maximum: POLICY_BACKTEST_DAYS_MAX, default: 30 }), candidate: PolicyChoice },
  { additionalProperties: false },
);
export type PolicyBacktestNew = Static<typeof PolicyBacktestNew>;
/** A stored decision that would be another one. */
export const PolicyBacktestExample = Type.Object({
  decision: Type.Integer({ description: "number of the stored decision; `policy.explain` takes it" }),
  actionId: Type.Union([IdSchema("action"), Type.Null()]),
  at: Instant,
  type: ActionType,
  target: Type.String(),
  requesterKind: Type.Enum(["person", "automation"]),
  before: Type.Array(Type.String()),
  after: Type.Array(Type.String()),
});
export const PolicyBacktestChange = Type.Object({
  from: Outcome,
  to: Outcome,
  count: Count,
  examples: Type.Array(PolicyBacktestExample),
});
export type PolicyBacktestChange = Static<typeof PolicyBacktestChange>;
export const PolicyBacktest = Type.Object({
  id: IdSchema("policyBacktest"),
  /** `interrupted`: the server stopped first, or it failed; the log of the server says why. */
  state: Type.Enum(["running", "done", "cancelled", "interrupted"]),
  candidate: BundleDigest,
  days: Type.Integer(),
  startedAt: Instant,
  endedAt: NullableInstant,
  by: Actor,
  /** Part of the stored decisions gone over, 0 to 1. */
  progress: Type.Number({ minimum: 0, maximum: 1 }),
  decisions: Count,
  /** Decided as they were. */
  same: Count,
  /** Stored by another version of Tyr with other facts: the candidate cannot be asked about them. */
  unanswerable: Count,
  /** Decided differently, by what they were and would be. */
  changes: Type.Array(PolicyBacktestChange),
});
export type PolicyBacktest = Static<typeof PolicyBacktest>;
export const PolicyBacktestList = Type.Object({ items: Type.Array(PolicyBacktest) });

/** Stores a bundle and asks for it to come into force: an action like any other, which other people approve. */
export const PolicyPublish = Type.Object({ ...files, justification: Text }, { additionalProperties: false });
export const PolicyRollback = Type.Object(
  { digest: BundleDigest, justification: Text },
  { additionalProperties: false },
);

export const PolicyActivation = Type.Object({
  at: Instant,
  by: Actor,
  /** The approved action; null: from the folder of the installation, before anybody published. */
  actionId: Type.Union([IdSchema("action"), Type.Null()]),
});
export const PolicyVersion = Type.Object({
  digest: BundleDigest,
  /** `folder`: shipped, or from TYR_POLICIES_DIR. */
  origin: Type.Enum(["folder", "published"]),
  createdAt: Instant,
  createdBy: Actor,
  policies: Count,
  inForce: Type.Boolean(),
  /** Newest first. */
  activations: Type.Array(PolicyActivation),
});
export type PolicyVersion = Static<typeof PolicyVersion>;
export const PolicyVersionList = Type.Object({
  /** Newest first, at most 200. */
  items: Type.Array(PolicyVersion),
  /** What is in the folder of the installation. Not in force by itself once somebody published. */
  folder: Type.Object({ digest: Type.Union([BundleDigest, Type.Null()]), inForce: Type.Boolean() }),
});
export type PolicyVersionList = Static<typeof PolicyVersionList>;
export const PolicyVersionDetail = Type.Object({
  ...PolicyVersion.properties,
  manifest: Facts,
  /** A C2SP signed note over digest and manifest, by the key of the audit log. */
  signature: Type.String(),
  files: Type.Array(PolicyFile),
});
export type PolicyVersionDetail = Static<typeof PolicyVersionDetail>;

/** What to explain: the newest decision about an action, a stored decision, under the bundle that made it or another. */
export const PolicyExplainBody = Type.Object(
  {
    action: Type.Optional(IdSchema("action")),
    decision: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Left out: the bundle that decided. */
    under: Type.Optional(BundleDigest),
  },
  { additionalProperties: false },
);
export const PolicyExplanation = Type.Object({
  decision: Type.Integer({ description: "number of the stored decision" }),
  actionId: Type.Union([IdSchema("action"), Type.Null()]),
  step: Type.String(),
  at: Instant,
  /** What was decided then. */
  stored: Type.Object({ outcome: Outcome, by: Type.Array(Type.String()), bundleDigest: Type.String() }),
  /** Decided again, under the bundle named in it. */
  again: Type.Object({ outcome: Outcome, bundleDigest: Type.String(), requirements: Type.Array(Requirement) }),
  /** Everything policies were told, as it is stored. */
  input: Facts,
  policies: Type.Array(
    Type.Object({
      policyId: Type.String(),
      effect: Type.Enum(["permit", "forbid"]),
      reason: Type.String(),
      text: Type.String(),
      /** It made the decision. */
      decides: Type.Boolean(),
      /** Why it did, or did not. */
      why: Type.String(),
    }),
  ),
});
export type PolicyExplanation = Static<typeof PolicyExplanation>;
