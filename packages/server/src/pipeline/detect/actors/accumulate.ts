import { severityRank, type Severity } from "@tyr/contract";
import { derivedId } from "#platform/ids";
import { observationIdOf } from "#collect";
import type { StoredDetection } from "#detect";
import { isPrivateAddress } from "./address-kind.ts";
import { isOwnHost } from "./command-trace.ts";
import { keep, meet, type KeptSet } from "./kept-set.ts";
import {
  emptyTraces,
  LIMITS,
  TRACE_KINDS,
  type Observation,
  type SecretUse,
  type TraceKind,
  type Traces,
} from "./observation.ts";
import { keepPhase, type PhaseOf } from "./phase.ts";
import { emptyProfile, keepRhythm, keepSession } from "./profile.ts";
import type { EventRhythm, EventTrace, Told } from "./read-trace.ts";

/** Observations in hand, by address, and which of them changed in a way that clustering must look at. */
export type InHand = Readonly<{
  observations: Map<string, Observation>;
  changed: Set<string>;
  dirty: Set<string>;
  /** Addresses with a rhythm that is not stored yet. */
  rhythms: Set<string>;
  /** Exact traces as they are stored, by address. */
  keysBefore: Map<string, ReadonlySet<string>>;
}>;

function newObservation(address: string, seenMs: number): Observation {
  return {
    id: observationIdOf(address),
    address,
    isPrivate: isPrivateAddress(address),
    firstPosition: null,
    lastPosition: null,
    firstEventMs: null,
    lastEventMs: null,
    firstSeenMs: seenMs,
    lastSeenMs: seenMs,
    eventCount: 0,
    detectionCount: 0,
    severity: null,
    behaviour: null,
    asn: null,
    traces: emptyTraces(),
    points: {},
    phases: [],
    profile: emptyProfile(),
  };
}

/** The identity an address founds; whether it counts there or in another one's is the ladder's business. */
export function ownIdentityOf({ id }: Pick<Observation, "id">) {
  return derivedId("identity", [id]);
}

/** The campaign an identity founds. */
export function ownCampaignOf(identityId: string) {
  return derivedId("campaign", [identityId]);
}

/** Exact traces by which addresses are found for each other, `kind value`; hosts everybody uses find nobody. */
export function traceKeys({ traces }: Pick<Observation, "traces">): readonly string[] {
  return TRACE_KINDS.flatMap((kind) =>
    traces[kind].filter((value) => kind !== "c2" || isOwnHost(value)).map((value) => `${kind} ${value}`),
  );
}

export function handOver(stored: readonly Observation[]): InHand {
  const sets = { changed: new Set<string>(), dirty: new Set<string>(), rhythms: new Set<string>() };
  const hand: InHand = { observations: new Map(), ...sets, keysBefore: new Map() };
  takeOver(hand, stored);
  return hand;
}

/** Takes stored observations in hand, before the first event or detection about them. */
export function takeOver(hand: InHand, stored: readonly Observation[]): void {
  for (const one of stored) {
    hand.observations.set(one.address, one);
    hand.keysBefore.set(one.address, new Set(traceKeys(one)));
  }
}

function inHandOf({ observations, changed }: InHand, address: string, seenMs: number): Observation {
  const known = observations.get(address) ?? newObservation(address, seenMs);
  observations.set(address, known);
  changed.add(address);
  known.firstSeenMs = Math.min(known.firstSeenMs, seenMs);
  known.lastSeenMs = Math.max(known.lastSeenMs, seenMs);
  return known;
}

/** What events tell, one after the other in the order of the stream: batches change nothing. */
export function takeEvents(hand: InHand, told: readonly Told[]): void {
  for (const one of told) {
    const known = inHandOf(hand, one.address, one.timeMs);
    if ("behaviour" in one) known.behaviour = one.behaviour;
    else if ("rhythm" in one) takeRhythm(hand, known, one);
    else if (takeTrace(known, one)) hand.dirty.add(one.address);
  }
}

function takeRhythm({ dirty, rhythms }: InHand, { address, profile }: Observation, { rhythm }: EventRhythm): void {
  if (!keepRhythm(profile, rhythm)) return;
  rhythms.add(address);
  dirty.add(address);
}

/** @returns whether something changed that clustering reads */
function takeTrace(observation: Observation, trace: EventTrace): boolean {
  const { traces } = observation;
  observation.eventCount += 1;
  const isFirst = observation.firstPosition === null;
  takePlace(observation, trace);
  const isElsewhere = trace.asn !== null && trace.asn !== observation.asn;
  if (isElsewhere) observation.asn = trace.asn;
  count(traces, "sensors", meet(traces.sensors, { name: trace.sensorId, ms: trace.timeMs }, LIMITS.sensors));
  if (trace.service !== null)
    count(traces, "services", meet(traces.services, { name: trace.service, ms: trace.timeMs }, LIMITS.services));
  const told = [
    trace.clientVersion !== null && take(traces, "clientVersions", trace.clientVersion),
    trace.username !== null && take(traces, "usernames", trace.username),
    trace.command !== null && take(traces, "commands", trace.command),
    trace.secret !== null && takeSecret(traces, trace),
    ...trace.exact.map(([kind, value]) => take(traces, kind, value)),
  ];
  takeSession(observation, trace);
  return isFirst || isElsewhere || told.some(Boolean);
}

function takeSession({ profile, asn }: Observation, trace: EventTrace): void {
  if (trace.session === null) return;
  const shown = Object.fromEntries(trace.exact) as Readonly<Partial<Record<TraceKind, string>>>;
  const { clientVersion: client, secret, timeMs: atMs } = trace;
  const { hassh, ja3 } = shown;
  keepSession(profile, { id: trace.session, atMs }, { hassh, ja3, client, secret, asn });
}

function takePlace(observation: Observation, { position, timeMs }: EventTrace): void {
  observation.firstPosition = Math.min(observation.firstPosition ?? position, position);
  observation.lastPosition = Math.max(observation.lastPosition ?? position, position);
  observation.firstEventMs = Math.min(observation.firstEventMs ?? timeMs, timeMs);
  observation.lastEventMs = Math.max(observation.lastEventMs ?? timeMs, timeMs);
}

function count(traces: Traces, set: keyof Traces, isKept: boolean): void {
  if (!isKept) traces.notKept[set] = (traces.notKept[set] ?? 0) + 1;
}

type SetName = (typeof TRACE_KINDS)[number] | "clientVersions" | "usernames" | "commands";

function take(traces: Traces, name: SetName, value: string): boolean {
  const set: KeptSet = traces[name];
  const { outcome, evicted } = keep(set, value, LIMITS[name]);
  count(traces, name, outcome !== "dropped" && evicted === undefined);
  return outcome === "added";
}

/** Secrets are kept by the smallest hash, so that two addresses that keep some keep the same ones. */
function takeSecret(traces: Traces, { secret, username, service }: EventTrace): boolean {
  if (secret === null) return false;
  const known = traces.secrets.find((one) => one.secret === secret);
  if (known !== undefined) return takeUse(known, username, service);
  const place = traces.secrets.findIndex((one) => one.secret > secret);
  if (place < 0 && traces.secrets.length >= LIMITS.secrets) {
    count(traces, "secrets", false);
    return false;
  }
  const use: SecretUse = { secret, accounts: [], services: [] };
  takeUse(use, username, service);
  traces.secrets.splice(place < 0 ? traces.secrets.length : place, 0, use);
  count(traces, "secrets", traces.secrets.length <= LIMITS.secrets);
  traces.secrets.splice(LIMITS.secrets);
  return true;
}

function takeUse(use: SecretUse, username: string | null, service: string | null): boolean {
  const account = username !== null && keep(use.accounts, username, LIMITS.accountsPerSecret).outcome === "added";
  const other = service !== null && keep(use.services, service, LIMITS.servicesPerSecret).outcome === "added";
  return account || other;
}

/** What rules found about addresses: risk, the worst of them and phases by sensor. */
export function takeDetections(hand: InHand, detections: readonly StoredDetection[], phaseOf: PhaseOf): void {
  for (const detection of detections) {
    const { actorIp } = detection;
    if (actorIp === null) continue;
    const observation = inHandOf(hand, actorIp, detection.firstEventAt.getTime());
    const isFirst = observation.detectionCount === 0;
    observation.detectionCount += 1;
    observation.severity = worse(observation.severity, detection.severity);
    addPoints(observation, detection);
    if (addPhases(observation, detection, phaseOf) || isFirst) hand.dirty.add(actorIp);
  }
}

function worse(a: Severity | null, b: Severity): Severity {
  return a !== null && severityRank(a) >= severityRank(b) ? a : b;
}

/** Of more rules than fit, those that add the most stay. */
function addPoints(observation: Observation, { ruleId, ruleTitle, riskPoints }: StoredDetection): void {
  const known = Object.hasOwn(observation.points, ruleId) ? observation.points[ruleId] : undefined;
  observation.points[ruleId] = {
    title: ruleTitle,
    points: riskPoints,
    detections: (known?.detections ?? 0) + 1,
  };
  const rules = Object.entries(observation.points);
  if (rules.length <= LIMITS.rules) return;
  const [least] = rules.toSorted(([a, x], [b, y]) => x.points - y.points || (a > b ? -1 : 1));
  if (least === undefined) return;
  delete observation.points[least[0]];
  const { notKept } = observation.traces;
  notKept["rules"] = (notKept["rules"] ?? 0) + 1;
}

function addPhases(observation: Observation, detection: StoredDetection, phaseOf: PhaseOf): boolean {
  const phases = new Set(detection.tags.map(({ attackDomain, tactic }) => phaseOf(attackDomain, tactic)));
  let isNew = false;
  for (const phase of phases) {
    if (phase === null) continue;
    const at = {
      phase,
      sensorId: detection.sensorId,
      firstMs: detection.firstEventAt.getTime(),
      lastMs: detection.time.getTime(),
    };
    isNew = keepPhase(observation.phases, at, LIMITS.phases) || isNew;
  }
  return isNew;
}
