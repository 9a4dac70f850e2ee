import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Severity } from "../severity.ts";
import { Actor, Instant, NullableString, PageOf, PageQuery, StorableText, Text } from "./basics.ts";
import { Risk } from "./escalate.ts";
import { ProfileEntry } from "./profile.ts";

const Count = Type.Integer({ minimum: 0 });
const NullableIdentity = Type.Union([IdSchema("identity"), Type.Null()]);
const NullableCampaign = Type.Union([IdSchema("campaign"), Type.Null()]);

/** How a source behaves over its sessions; `unknown` below three events. */
export const BEHAVIOUR_CLASSES = [
  "unknown",
  "slow_scan",
  "scanning",
  "brute_force",
  "beaconing",
  "interactive",
  "mixed",
] as const;
export const BehaviourClass = Type.Enum(BEHAVIOUR_CLASSES);
export type BehaviourClass = Static<typeof BehaviourClass>;

export const ATTACKER_ORDERS = ["last_seen", "risk", "events"] as const;
export const AttackerOrder = Type.Enum(ATTACKER_ORDERS);
export type AttackerOrder = Static<typeof AttackerOrder>;

/** One source address, as lists show it. */
export const AttackerRow = Type.Object({
  id: IdSchema("observation"),
  address: Type.String({ description: "canonical spelling (RFC 5952)" }),
  private: Type.Boolean({ description: "not an address of the public Internet" }),
  /** The identity it counts to now, after merges; null while nothing tells its hands. */
  identityId: NullableIdentity,
  campaignId: NullableCampaign,
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  eventCount: Count,
  detectionCount: Count,
  sensorCount: Count,
  serviceCount: Count,
  riskScore: Type.Integer({ minimum: 0, maximum: 100 }),
  severity: Type.Union([Severity, Type.Null()], { description: "worst detection; null without one" }),
  behaviour: Type.Union([BehaviourClass, Type.Null()], { description: "null: nothing was derived yet" }),
  asn: NullableString,
});
export type AttackerRow = Static<typeof AttackerRow>;

/** A name and when it was first met. */
export const FirstContact = Type.Object({ name: Type.String(), firstAt: Instant });
export const SensorContact = Type.Object({ id: IdSchema("sensor"), name: NullableString, firstAt: Instant });

/** A phase of the Unified Kill Chain seen at one sensor. */
export const PhaseSeen = Type.Object({
  phase: Type.String({ description: "e.g. credential_access" }),
  sensorId: Type.Union([IdSchema("sensor"), Type.Null()]),
  firstAt: Instant,
  lastAt: Instant,
});
export type PhaseSeen = Static<typeof PhaseSeen>;

/** What tells one pair of hands from another: hashes and names, never a password or a whole command. */
export const Traces = Type.Object({
  ja3: Type.Array(Type.String()),
  ja4: Type.Array(Type.String()),
  hassh: Type.Array(Type.String()),
  clientVersions: Type.Array(Type.String()),
  payloads: Type.Array(Type.String(), { description: "SHA-256 of files moved" }),
  c2: Type.Array(Type.String(), { description: "hosts files were fetched from" }),
  commandCount: Count,
  credentialCount: Count,
  usernameCount: Count,
});
export type Traces = Static<typeof Traces>;

/** One source address with all that is known of it. Services and sensors are in the order of first contact. */
export const Attacker = Type.Object({
  ...AttackerRow.properties,
  risk: Risk,
  services: Type.Array(FirstContact),
  sensors: Type.Array(SensorContact),
  phases: Type.Array(PhaseSeen),
  traces: Traces,
  /** Values beyond a bounded set, by set: how often one came that is not kept. Empty: everything is shown. */
  notKept: Type.Record(Type.String(), Count),
});
export type Attacker = Static<typeof Attacker>;

export const AttackerQuery = Type.Object({
  ...PageQuery,
  sort: Type.Optional(AttackerOrder),
  /** Of an address or prefix. */
  ip: Type.Optional(StorableText(64)),
  service: Type.Optional(StorableText(64)),
  sensor: Type.Optional(IdSchema("sensor")),
  behaviour: Type.Optional(BehaviourClass),
  identity: Type.Optional(IdSchema("identity")),
  campaign: Type.Optional(IdSchema("campaign")),
  private: Type.Optional(Type.Boolean()),
  minRisk: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
  /** Seen at or after. */
  since: Type.Optional(Instant),
});
export const AttackerPage = PageOf(AttackerRow);

/** One session of a source address, from its stored events. */
export const AttackerSession = Type.Object({
  session: Type.String(),
  sensorId: IdSchema("sensor"),
  startedAt: Instant,
  endedAt: Instant,
  events: Count,
  logins: Count,
  loginsSucceeded: Count,
  commands: Count,
  payloads: Count,
});
export type AttackerSession = Static<typeof AttackerSession>;
export const AttackerSessions = Type.Object({
  items: Type.Array(AttackerSession),
  /** Newest events of the address the sessions were read from; more are stored when `complete` is false. */
  eventsRead: Count,
  complete: Type.Boolean(),
});

/** One line of the evidence of an edge: the weights of an edge add up to at least 1. */
export const LinkReason = Type.Object({
  kind: Type.Enum([
    "ja3",
    "ja4",
    "hassh",
    "payload",
    "c2",
    "commands",
    "credentials",
    "asn",
    "handoff",
    "payload_c2",
    "overlap",
    "cohort",
    "keystrokes",
    "person",
  ]),
  weight: Type.Number({ minimum: 0 }),
  /** Shared values, at most five; for similarities none. */
  values: Type.Array(Type.String()),
  detail: Type.String({ description: "one sentence for people" }),
});
export type LinkReason = Static<typeof LinkReason>;

/** Merged and unmerged by a person: stands above what the machine sees. */
export const LadderRuling = Type.Object({
  kind: Type.Enum(["together", "apart"]),
  /** Identities; of campaigns those that founded them. */
  a: IdSchema("identity"),
  b: IdSchema("identity"),
  by: Actor,
  at: Instant,
  reason: Type.String(),
});
export type LadderRuling = Static<typeof LadderRuling>;

/** The same hands behind one or more addresses. A merged identity keeps its row: `mergedInto` says where it counts. */
export const IdentityRow = Type.Object({
  id: IdSchema("identity"),
  mergedInto: NullableIdentity,
  campaignId: NullableCampaign,
  addressCount: Count,
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  eventCount: Count,
  detectionCount: Count,
  riskScore: Type.Integer({ minimum: 0, maximum: 100, description: "of its riskiest address" }),
  /** 1 for a single address; else the weakest link that holds its addresses together, at most 1. */
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
});
export type IdentityRow = Static<typeof IdentityRow>;
export const IdentityEdge = Type.Object({
  a: IdSchema("identity"),
  b: IdSchema("identity"),
  aAddress: Type.String(),
  bAddress: Type.String(),
  weight: Type.Number(),
  reasons: Type.Array(LinkReason),
});
export type IdentityEdge = Static<typeof IdentityEdge>;
export const IdentityMember = Type.Object({ ...AttackerRow.properties, ownIdentityId: IdSchema("identity") });
export type IdentityMember = Static<typeof IdentityMember>;
export const Identity = Type.Object({
  ...IdentityRow.properties,
  members: Type.Array(IdentityMember, { description: "at most 200; `addressCount` is the whole number" }),
  edges: Type.Array(IdentityEdge, { description: "why it is one: at most 200, strongest first" }),
  rulings: Type.Array(LadderRuling),
  phases: Type.Array(PhaseSeen),
  profile: Type.Array(ProfileEntry, { description: "how stable it stays from session to session; empty below three" }),
});
export type Identity = Static<typeof Identity>;
export const IdentityQuery = Type.Object({
  ...PageQuery,
  /** Least number of addresses, 1 by default. */
  addresses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  campaign: Type.Optional(IdSchema("campaign")),
});
export const IdentityPage = PageOf(IdentityRow);

/** Identities that act together. */
export const CampaignRow = Type.Object({
  id: IdSchema("campaign"),
  mergedInto: NullableCampaign,
  identityCount: Count,
  addressCount: Count,
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  eventCount: Count,
  riskScore: Type.Integer({ minimum: 0, maximum: 100 }),
});
export type CampaignRow = Static<typeof CampaignRow>;
export const CampaignEdge = Type.Object({
  a: IdSchema("identity"),
  b: IdSchema("identity"),
  weight: Type.Number(),
  reasons: Type.Array(LinkReason),
});
export type CampaignEdge = Static<typeof CampaignEdge>;
export const Campaign = Type.Object({
  ...CampaignRow.properties,
  identities: Type.Array(IdentityRow, { description: "at most 200; `identityCount` is the whole number" }),
  edges: Type.Array(CampaignEdge),
  rulings: Type.Array(LadderRuling),
});
export type Campaign = Static<typeof Campaign>;
export const CampaignQuery = Type.Object(PageQuery);
export const CampaignPage = PageOf(CampaignRow);

/** Merging and unmerging are decisions of a person: they need a reason, which stands in the log. */
export const MergeIdentities = Type.Object({ with: IdSchema("identity"), reason: Text });
export const MergeCampaigns = Type.Object({ with: IdSchema("campaign"), reason: Text });
export const Unmerge = Type.Object({ reason: Text });
