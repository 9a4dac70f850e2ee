import type { BehaviourClass, ObservationId, SensorId, Severity } from "@tyr/contract";
import type { FirstContacts, KeptSet } from "./kept-set.ts";
import type { Profile } from "./profile.ts";

/** Exact traces: what costs hands something to change. */
export const TRACE_KINDS = ["ja3", "ja4", "hassh", "payload", "c2"] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

/** Most values one address keeps of each set. An attacker chooses how many there are; memory and rows do not follow. */
export const LIMITS = {
  services: 16,
  sensors: 32,
  usernames: 64,
  commands: 128,
  secrets: 128,
  accountsPerSecret: 4,
  servicesPerSecret: 4,
  ja3: 16,
  ja4: 16,
  hassh: 16,
  clientVersions: 8,
  payload: 64,
  c2: 32,
  rules: 64,
  phases: 64,
} as const;

/** One secret that was tried, as keyed hashes: nobody reads a password out of it. Only the smallest accounts are kept. */
export type SecretUse = { secret: string; accounts: KeptSet; services: KeptSet };

/** What one address left behind, in bounded sets. Mutable: the accumulation owns it until it is stored. */
export type Traces = Record<TraceKind, KeptSet> & {
  services: FirstContacts;
  sensors: FirstContacts;
  /** Keyed hashes of account names. */
  usernames: KeptSet;
  /** `HASH.phase` of commands, without what changes from run to run (addresses, URLs, digits). */
  commands: KeptSet;
  secrets: SecretUse[];
  clientVersions: KeptSet;
  /** By set: how often a value came that is not kept. */
  notKept: Record<string, number>;
};

/** A phase of the kill chain at one sensor. */
export type PhaseAt = { phase: string; sensorId: SensorId | null; firstMs: number; lastMs: number };
/** What a rule adds to the risk. */
export type RulePoints = { title: string; points: number; detections: number };

/** One source address. */
export type Observation = {
  id: ObservationId;
  address: string;
  isPrivate: boolean;
  /** Position of its first event: who was first never changes. Null while only detections told of it. */
  firstPosition: number | null;
  /** Position of its last event. */
  lastPosition: number | null;
  /** Times of its events alone, whatever detections tell of it, and when. */
  firstEventMs: number | null;
  lastEventMs: number | null;
  firstSeenMs: number;
  lastSeenMs: number;
  eventCount: number;
  detectionCount: number;
  severity: Severity | null;
  behaviour: BehaviourClass | null;
  asn: string | null;
  traces: Traces;
  points: Record<string, RulePoints>;
  phases: PhaseAt[];
  /** What its newest sessions showed. */
  profile: Profile;
};

export function emptyTraces(): Traces {
  return {
    ja3: [],
    ja4: [],
    hassh: [],
    payload: [],
    c2: [],
    services: {},
    sensors: {},
    usernames: [],
    commands: [],
    secrets: [],
    clientVersions: [],
    notKept: {},
  };
}

/** Whether anything tells these hands from others: without it an address has no identity. */
export function hasHands({
  traces,
  detectionCount,
  profile,
}: Pick<Observation, "traces" | "detectionCount" | "profile">): boolean {
  return (
    detectionCount > 0 ||
    profile.rhythms.some(({ hash }) => hash !== null) ||
    traces.commands.length > 0 ||
    traces.secrets.length > 0 ||
    TRACE_KINDS.some((kind) => traces[kind].length > 0)
  );
}
