import type { EventId, SensorId } from "@tyr/contract";
import { observationIdOf } from "#collect";
import { behaviourClass, toolByAgent, toolsByCadence } from "./behaviour-class.ts";
import { type End, endAll, endIdle, type Lasting, lastingAt } from "./idle.ts";
import { another, firstAt, type Intervals, variation } from "./intervals.ts";
import { atMs, defineLifter, type Emit, type LiftEvent, serviceOf, textOf } from "./lifter.ts";

/** A source that was silent for so long and comes again, comes for another visit. */
const IDLE_MS = 1_800_000;
/** Fewer events say nothing about behaviour: the visit is told of by nothing. */
const EVENTS_MIN = 3;
/** A visit that never ends is told of every so often. */
const EVENTS_MAX = 10_000;
const NAMES_MAX = 16;

/** What one source address does until it is silent for half an hour, wherever it does it. */
type Visit = Lasting &
  Readonly<{
    src: string;
    firstId: EventId;
    lastId: EventId;
    startMs: number;
    /** Times between all its events. */
    rhythm: Intervals;
    events: number;
    services: readonly string[];
    sensors: readonly SensorId[];
    failed: number;
    succeeded: number;
    commands: number;
    requests: number;
    tools: readonly string[];
  }>;

function withName<T extends string>(names: readonly T[], name: T | undefined): readonly T[] {
  return name === undefined || names.includes(name) || names.length >= NAMES_MAX ? names : [...names, name];
}

function begun(event: LiftEvent, src: string): Visit {
  const at = atMs(event);
  return {
    ...lastingAt(event),
    src,
    firstId: event.id,
    lastId: event.id,
    startMs: at,
    rhythm: firstAt(at),
    events: 0,
    services: [],
    sensors: [],
    failed: 0,
    succeeded: 0,
    commands: 0,
    requests: 0,
    tools: [],
  };
}

function next(before: Visit, event: LiftEvent): Visit {
  const at = atMs(event);
  const outcome = event.kind === "auth_attempt" ? textOf(event, "event.outcome") : undefined;
  const agent = event.kind === "http_request" ? textOf(event, "user_agent.original") : textOf(event, "x_mailer");
  return {
    ...before,
    ...lastingAt(event, before),
    lastId: event.id,
    startMs: Math.min(before.startMs, at),
    rhythm: before.events === 0 ? before.rhythm : another(before.rhythm, at),
    events: before.events + 1,
    services: withName(before.services, serviceOf(event)),
    sensors: withName(before.sensors, event.sensorId),
    failed: before.failed + (outcome === "failure" ? 1 : 0),
    succeeded: before.succeeded + (outcome === "success" ? 1 : 0),
    commands: before.commands + (event.kind === "command" ? 1 : 0),
    requests: before.requests + (event.kind === "http_request" ? 1 : 0),
    tools: agent === undefined ? before.tools : withName(before.tools, toolByAgent(agent)),
  };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

function end(visit: Visit, how: End, emit: Emit): void {
  if (visit.events < EVENTS_MIN) return;
  const { rhythm, events, services, tools, startMs, lastMs } = visit;
  const cv = variation(rhythm);
  const name = behaviourClass({ events, services: services.length, meanS: rhythm.mean, cv });
  const beacon = name === "beaconing" ? { intervalS: rhythm.mean, jitter: cv } : undefined;
  const byCadence = beacon === undefined ? [] : toolsByCadence(beacon);
  emit.event({
    kind: "session",
    action: "visit.ended",
    category: "session_behaviour",
    service: services.length === 1 ? services[0] : undefined,
    identity: [visit.src, visit.firstId],
    time: new Date(lastMs),
    src: visit.src,
    from: [...new Set([visit.firstId, visit.lastId])],
    fields: {
      "session.scope": "visit",
      "session.end": how,
      "session.class": name,
      "session.event_count": events,
      "session.duration_s": (lastMs - startMs) / 1_000,
      "session.services": services,
      "session.service_count": services.length,
      "session.sensor_count": visit.sensors.length,
      "session.interval_mean_s": rounded(rhythm.mean),
      "session.interval_cv": rounded(cv),
      "session.beacon_interval_s": beacon && rounded(beacon.intervalS),
      "session.beacon_jitter": beacon && rounded(beacon.jitter),
      "session.login_failures": visit.failed,
      "session.login_successes": visit.succeeded,
      "session.command_count": visit.commands,
      "session.request_count": visit.requests,
      "session.tools": tools.length > 0 ? tools : undefined,
      "session.tools_by_cadence": byCadence.length > 0 ? byCadence : undefined,
    },
  });
}

function tellObserved(visit: Visit, emit: Emit): void {
  emit.say({
    family: "attacker.observed",
    payload: () => ({
      observation_id: observationIdOf(visit.src),
      attacker_ip: visit.src,
      first_seen_at: new Date(visit.startMs).toISOString(),
    }),
  });
}

/** Visits of source addresses: their rhythm, what it looks like, and what tools named themselves. */
export const visits = defineLifter<Visit>({
  name: "visit",
  version: 1,
  kinds: [
    "session",
    "auth_attempt",
    "command",
    "payload",
    "network",
    "credential",
    "http_request",
    "db_query",
    "email",
  ],
  groupsMax: 50_000,
  lift(event, groups, emit) {
    endIdle(event, { groups, idleMs: IDLE_MS, end: (visit, how) => end(visit, how, emit) });
    const src = event.src?.ip;
    if (src === undefined) return;
    const known = groups.get(src);
    // Of another sensor, whose silence nobody waited for: it was over before this.
    const isOver = known !== undefined && atMs(event) - known.lastMs > IDLE_MS;
    if (isOver) end(known, "idle", emit);
    const visit = next(known === undefined || isOver ? begun(event, src) : known, event);
    if (known === undefined || isOver) tellObserved(visit, emit);
    if (visit.events >= EVENTS_MAX) {
      groups.delete(src);
      end(visit, "full", emit);
      return;
    }
    for (const [, gone] of groups.set(src, event.sensorId, visit)) end(gone, "full", emit);
  },
  finish: (groups, emit) => endAll(groups, (visit) => end(visit, "idle", emit)),
});
