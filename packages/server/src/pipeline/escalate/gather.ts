import type { IncidentId } from "@tyr/contract";
import { derivedTimeId } from "#platform/ids";
import type { StoredDetection } from "#detect";
import type { Contribution, Incident, Joined } from "./incident.ts";
import { priorityOf, riskOf, severityOf } from "./risk.ts";
import { categoryOf, titleOf } from "./story.ts";

/** Detections further apart than this, in event time, are two stories. */
const QUIET_MS = 24 * 3_600_000;
const SENSORS_NAMED_MAX = 20;

/** What groups a detection with others. */
export function keyOf(detection: Pick<StoredDetection, "actorIp" | "ruleId" | "sensorId">): string {
  const { actorIp, ruleId, sensorId } = detection;
  return actorIp === null ? `rule:${ruleId}|sensor:${sensorId ?? "unknown"}` : `actor:${actorIp}`;
}

export type Gathered = Readonly<{
  /** Opened or extended, in the order in which they first changed. */
  incidents: readonly Incident[];
  opened: ReadonlySet<IncidentId>;
  joined: readonly Joined[];
}>;

/**
 * Groups detections, in the order of their positions, into the open incidents of their keys, and opens one where there
 * is none within a day. What is merely informational joins, but opens nothing.
 */
export function gather(open: readonly Incident[], detections: readonly StoredDetection[], now: Date): Gathered {
  const byKey = new Map<string, Incident[]>();
  for (const incident of open) byKey.set(incident.key, [...(byKey.get(incident.key) ?? []), incident]);
  const changed = new Map<IncidentId, Incident>();
  const opened = new Set<IncidentId>();
  const joined: Joined[] = [];
  for (const detection of detections) {
    const key = keyOf(detection);
    const rivals = byKey.get(key) ?? [];
    const found = nearest(rivals, detection);
    if (found === undefined && detection.severity === "info") continue;
    const before = found ?? begin(key, detection, now);
    const after = extend(before, detection, now);
    if (found === undefined) opened.add(after.id);
    byKey.set(key, [...rivals.filter(({ id }) => id !== after.id), after]);
    changed.set(after.id, after);
    joined.push(toJoined(after.id, detection));
  }
  return { incidents: [...changed.values()], opened, joined };
}

function toJoined(incidentId: IncidentId, detection: StoredDetection): Joined {
  const { id, position, time, eventIds } = detection;
  return { incidentId, detectionId: id, position, time, eventIds };
}

/** The incident whose time the detection is closest to, at most a day away; the later one, then the lower id, of two. */
function nearest(rivals: readonly Incident[], detection: StoredDetection): Incident | undefined {
  const reachable = rivals
    .map((incident) => ({ incident, gap: gapMs(incident, detection.lastEventAt) }))
    .filter(({ gap }) => gap <= QUIET_MS);
  return reachable.toSorted((left, right) => left.gap - right.gap || newestFirst(left.incident, right.incident))[0]
    ?.incident;
}

function gapMs(incident: Incident, at: Date): number {
  return Math.max(0, incident.firstEventAt.getTime() - at.getTime(), at.getTime() - incident.lastEventAt.getTime());
}

function newestFirst(left: Incident, right: Incident): number {
  return right.lastEventAt.getTime() - left.lastEventAt.getTime() || (left.id < right.id ? -1 : 1);
}

function begin(key: string, detection: StoredDetection, now: Date): Incident {
  const { id, actorIp, firstEventAt, lastEventAt } = detection;
  return {
    id: derivedTimeId("incident", firstEventAt.getTime(), `${key}|${id}`),
    key,
    title: "",
    state: "new",
    severity: "info",
    category: categoryOf([]),
    priority: priorityOf("info"),
    escalated: false,
    actorIp,
    risk: 0,
    contributions: [],
    techniques: [],
    tactics: [],
    sensors: [],
    detectionCount: 0,
    firstEventAt,
    lastEventAt,
    openedAt: now,
    updatedAt: now,
    closedAt: null,
    verdict: null,
    assignee: null,
  };
}

function extend(incident: Incident, detection: StoredDetection, now: Date): Incident {
  const contributions = contribute(incident.contributions, detection);
  const tactics = union(
    incident.tactics,
    detection.tags.map(({ tactic }) => tactic),
  );
  const sensors = union(incident.sensors, detection.sensorName === null ? [] : [detection.sensorName]);
  const risk = riskOf(contributions);
  const severity = severityOf(risk, contributions);
  const next = {
    ...incident,
    severity,
    category: categoryOf(tactics),
    priority: priorityOf(severity),
    risk,
    contributions,
    techniques: union(
      incident.techniques,
      detection.tags.map(({ technique, subTechnique }) => subTechnique ?? technique),
    ),
    tactics,
    sensors: sensors.slice(0, SENSORS_NAMED_MAX),
    detectionCount: incident.detectionCount + 1,
    firstEventAt: earlier(incident.firstEventAt, detection.firstEventAt),
    lastEventAt: later(incident.lastEventAt, detection.lastEventAt),
    updatedAt: now,
  };
  return { ...next, title: titleOf(next) };
}

function contribute(contributions: readonly Contribution[], detection: StoredDetection): readonly Contribution[] {
  const { ruleId, ruleTitle, severity, riskPoints, phrase, time } = detection;
  const known = contributions.find((one) => one.ruleId === ruleId);
  if (known === undefined) {
    const since = time.toISOString();
    return [...contributions, { ruleId, ruleTitle, severity, pointsEach: riskPoints, detections: 1, phrase, since }];
  }
  const more = {
    ...known,
    pointsEach: Math.max(known.pointsEach, riskPoints),
    detections: known.detections + 1,
  };
  return contributions.map((one) => (one === known ? more : one));
}

function union(known: readonly string[], more: readonly string[]): readonly string[] {
  return more.every((one) => known.includes(one)) ? known : [...new Set([...known, ...more])];
}

function earlier(left: Date, right: Date): Date {
  return left <= right ? left : right;
}

function later(left: Date, right: Date): Date {
  return left >= right ? left : right;
}
