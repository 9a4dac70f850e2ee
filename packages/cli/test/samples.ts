import { SETTINGS_AS_SHIPPED, DUTY_PAIRS } from "@tyr/contract";
import type {
  Action,
  Block,
  DutyConflicts,
  DutyException,
  Id,
  Enforcer,
  Incident,
  IncidentId,
  OutputOf,
  RuleDetail,
  Sensor,
  SubjectId,
} from "@tyr/contract";

const uuid = (last: number): string => `00000000-0000-7000-8000-${String(last).padStart(12, "0")}`;
export const ids = {
  incident: `inc_${uuid(1)}` as IncidentId,
  action: `act_${uuid(2)}` as Action["id"],
  block: `blk_${uuid(3)}` as Block["id"],
  sensor: `snr_${uuid(4)}` as Sensor["id"],
  enforcer: `enf_${uuid(5)}` as Enforcer["id"],
  subject: `usr_${uuid(9)}` as SubjectId,
};
const at = "2026-02-01T12:00:00.000Z";
const person = { kind: "person", id: `usr_${uuid(9)}`, name: "freya" } as const;

export const incident: Incident = {
  id: ids.incident,
  key: "actor:203.0.113.7",
  title: "Password guessing \u001B[31mfrom 203.0.113.7",
  state: "new",
  severity: "high",
  category: "unauthorized_access",
  priority: 2,
  escalated: false,
  actorIp: "203.0.113.7",
  risk: {
    score: 75,
    contributions: [{ ruleId: "r1", ruleTitle: "Brute force", points: 75, detections: 3, reason: "3 bursts" }],
  },
  techniques: ["T1110"],
  tactics: ["credential-access"],
  detectionCount: 3,
  firstEventAt: at,
  lastEventAt: at,
  openedAt: at,
  updatedAt: at,
  closedAt: null,
  verdict: null,
  assignee: null,
  legalMoves: ["investigating", "closed"],
};

export const action: Action = {
  id: ids.action,
  type: "block_ip",
  target: "203.0.113.7",
  justification: "brute force",
  evidence: { incidentId: ids.incident, detectionIds: [], risk: 75 },
  requester: person,
  ttlSeconds: 86_400,
  connector: "blocklist",
  state: "pending",
  revision: 1,
  requestDigest: "request-digest",
  decision: {
    outcome: "require_approval",
    reasons: [{ policyId: "high-risk", effect: "permit", text: "risk 75 needs one approval" }],
    requirements: [{ policyId: "high-risk", approvals: 1, roles: ["approver"] }],
    bundleDigest: "bundle",
    at,
  },
  dryRun: {
    ok: true,
    at,
    digest: "dry-run-digest",
    summary: "adds one address",
    before: ["198.51.100.1"],
    after: ["198.51.100.1", "203.0.113.7"],
    warnings: ["2 successful logins came from there"],
    reach: { addresses: "1", enforcers: 1, successfulLogins: 2, events: 40 },
  },
  approvals: [],
  approvalsMissing: 1,
  breakGlass: null,
  deadlineAt: at,
  createdAt: at,
  updatedAt: at,
  executedAt: null,
  effectEndsAt: null,
  blockId: null,
  failure: null,
  legalMoves: ["approve", "reject"],
};

export const block: Block = {
  id: ids.block,
  scope: "ip",
  value: "203.0.113.7",
  reason: "brute force",
  origin: "tyr",
  actionId: ids.action,
  state: "active",
  createdAt: at,
  expiresAt: at,
  endedAt: null,
  enforcement: [{ enforcerId: ids.enforcer, name: "edge", state: "effective", at, detail: "" }],
};

export const sensor: Sensor = {
  id: ids.sensor,
  name: "gate-1",
  kind: "ssh",
  location: null,
  metadata: {},
  active: true,
  keyHint: "tyr_ab",
  keyEndsAt: "2027-11-02T08:00:00.000Z",
  createdAt: at,
  lastSeenAt: null,
  counters: { received: 10, stored: 8, duplicate: 1, rejected: 1, late: 0 },
};

export const enforcer: Enforcer = {
  id: ids.enforcer,
  name: "edge",
  active: true,
  keyHint: "tyr_cd",
  keyEndsAt: "2027-11-02T08:00:00.000Z",
  createdAt: at,
  lastPullAt: at,
  userAgent: "bouncer/1",
};

export const session: OutputOf<"session.login"> = {
  user: { id: ids.subject, name: "freya", roles: ["approver"], active: true, createdAt: at, lastSeenAt: at },
  permissions: ["incident:read"],
  expiresAt: "2026-02-02T12:00:00.000Z",
  token: "test-token",
};

export const status: OutputOf<"status.get"> = {
  version: "0.1.0",
  startedAt: at,
  now: at,
  database: { engine: "pglite", schema: 3, durable: true },
  rules: { loaded: 25, rejected: 0, digest: "d" },
  policy: { digest: "p" },
  pipeline: [{ consumer: "detect", position: "40", head: "40", lag: 0 }],
  correlationLosses: { late: 0, untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, refused: 0, expired: 0 },
  correlationLossesByRule: [],
  imports: [],
  intake: { queuedBytes: 0, queuedBytesMax: 1024 },
  memoryBytes: 200 * 1024 * 1024,
};

export const allowed: OutputOf<"allow.list">["items"][number] = {
  id: `alw_${uuid(70)}` as Id<"allow">,
  value: "198.51.100.0/24",
  reason: "our \u001B[31moffice",
  by: person,
  createdAt: at,
  expiresAt: null,
};

export const asset: OutputOf<"asset.get"> = {
  id: `ast_${uuid(71)}` as Id<"asset">,
  name: "core \u001B[31m",
  addresses: ["192.0.2.1"],
  groups: ["never-touch"],
  owner: "freya",
  criticality: "critical",
  environment: "production",
  createdAt: at,
  updatedAt: at,
  updatedBy: person,
};

export const settings: OutputOf<"settings.get"> = { ...SETTINGS_AS_SHIPPED, updatedAt: null, updatedBy: null };

export const mode: OutputOf<"mode.get"> = {
  mode: "elevated",
  environment: "production",
  change: { mode: "elevated", at, until: null, by: person, reason: "scans", incidents: [ids.incident] },
  modes: [
    {
      mode: "elevated",
      effects: [
        { policyId: "elevated-needs-approval", text: "In elevated mode every block is seen by a second person." },
      ],
      comesWhen: "one open incident",
      proposeRisk: 60,
      maxFailedLoginsPerMinute: 5,
      maxScanEventsPerMinute: 10,
    },
  ],
  defaultMode: "normal",
  held: { mode: "elevated", until: null },
  automatic: { mode: "elevated", since: at, earliestDownAt: at },
  waiting: [],
  history: [],
};

export const lockdown: OutputOf<"overview.get">["mode"] = {
  mode: "lockdown",
  updated_at: "2026-02-01T11:55:00.000Z",
  source: "freya",
  reason: "scans from everywhere",
  until: "2026-02-01T13:00:00.000Z",
};

export const overview: OutputOf<"overview.get"> = {
  at,
  mode: { mode: "normal", updated_at: null, source: "default" },
  incidents: { open: 1, bySeverity: { high: 1 } },
  approvals: { waiting: 1, oldestAt: at },
  blocks: { active: 1, enforcers: 1, enforcersSeen: 1, unacknowledged: 0 },
  events: { total: 40, lastAt: at, perHour: [] },
  detections: { total: 3, lagEvents: 0 },
  topActors: [],
  techniques: [],
  audit: { size: 12, checkpointAt: at },
};

export const auditEntry = (index: number): OutputOf<"audit.list">["items"][number] => ({
  index,
  id: `aud_${uuid(100 + index)}` as Id<"auditEntry">,
  at,
  type: "incident.moved",
  actor: person,
  object: { kind: "incident", id: ids.incident },
  outcome: "success",
  before: "new",
  after: "closed",
  requestId: null,
  origin: { client: "system", address: null },
  details: {},
  leafHash: null,
});

export const dutyException: DutyException = {
  id: `exc_${uuid(11)}` as DutyException["id"],
  subject: { id: ids.subject, name: "freya" },
  pair: "request-approve",
  reason: "two of us",
  grantedBy: null,
  grantedAt: at,
  until: "2026-03-03T12:00:00.000Z",
};
export const duties: DutyConflicts = {
  items: [
    {
      subject: { id: ids.subject, name: "freya", roles: ["analyst", "approver"] },
      pair: "request-approve",
      state: "open",
      reason: null,
      role: null,
      exception: null,
    },
  ],
  open: 1,
  pairs: [
    {
      ...DUTY_PAIRS[0],
      sides: [...DUTY_PAIRS[0].sides],
      controls: [...DUTY_PAIRS[0].controls],
      builtIn: true,
      addedAt: null,
      addedBy: null,
    },
  ],
  exceptions: [],
  programs: [],
};

export const ruleDetail: RuleDetail = {
  id: "5ad2bd23-6c8e-4e8d-a4a5-3f1c9a8b6d10",
  title: "Guessing",
  path: "ssh/guessing.yml",
  description: null,
  level: "high",
  kind: "detection",
  logsource: {},
  techniques: ["T1110"],
  tactics: ["credential-access"],
  riskPoints: 40,
  detections: 3,
  lastDetectionAt: at,
  version: "0123456789ab",
  state: "clipped",
  confidenceMax: 0.45,
  expiresAt: null,
  reason: "our \u001B[31mscanner",
  setBy: person,
  setAt: at,
  suppressed: 0,
  lastSuppressedAt: null,
  yaml: "title: Guessing\n\u001B[31m",
  author: null,
  references: [],
  falsePositives: [],
  refersTo: [],
  referredBy: [],
};
