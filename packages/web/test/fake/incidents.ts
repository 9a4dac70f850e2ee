import {
  severityRank,
  worstSeverity,
  type Detection,
  type Event,
  type Incident,
  type TimelineItem,
} from "@tyr/contract";
import { ACTORS, at, automation, idOf, person, randomFrom, RULES, system, type RuleSeed } from "./make.ts";

const MINUTE = 60_000;
type State = Incident["state"];

const MOVES: Readonly<Record<State, State[]>> = {
  new: ["investigating", "closed"],
  investigating: ["contained", "resolved", "closed"],
  contained: ["resolved", "investigating"],
  resolved: ["closed", "investigating"],
  closed: [],
};
export const movesFrom = (state: State): State[] => MOVES[state];

const TITLES = [
  "Break-in over SSH, tools fetched",
  "Brute force over SSH",
  "Web scanning",
  "Password spraying",
  "Shell commands of a miner",
];

function contributionOf(rule: RuleSeed, detections: number): Incident["risk"]["contributions"][number] {
  const { id: ruleId, title: ruleTitle, risk } = rule;
  const reason = `${detections} detection${detections === 1 ? "" : "s"} × ${risk} points`;
  return { ruleId, ruleTitle, points: risk * detections, detections, reason };
}

function riskOf(lines: Incident["risk"]["contributions"]): Incident["risk"] {
  const sum = lines.reduce((total, row) => total + row.points, 0);
  if (sum <= 100) return { score: sum, contributions: lines };
  const reason = `the points add up to ${sum}, a risk is at most 100`;
  const cap = { ruleId: "cap", ruleTitle: "Capped at 100", points: 100 - sum, detections: 0, reason };
  return { score: 100, contributions: [...lines, cap] };
}

export function makeIncidents(now: number): Incident[] {
  const states: readonly State[] = ["new", "investigating", "new", "contained", "closed"];
  return ACTORS.map((ip, index) => {
    const rules = index === 0 ? RULES : RULES.slice(0, Math.max(1, 4 - index));
    const risk = riskOf(rules.map((rule) => contributionOf(rule, 1 + (index % 2))));
    const state = states[index] ?? "new";
    return {
      id: idOf("incident", index + 1),
      key: `actor:${ip}`,
      title: index === 1 ? `${TITLES[index]} as <b>root</b>\u202E` : (TITLES[index] ?? "Incident"),
      state,
      severity: worstSeverity(rules.map((rule) => rule.level)),
      category: "unauthorized_access",
      priority: Math.min(5, index + 1),
      escalated: index === 0,
      actorIp: ip,
      risk,
      techniques: rules.map((rule) => rule.sub ?? rule.technique),
      tactics: [...new Set(rules.map((rule) => rule.tactic))],
      detectionCount: 14 - index * 2,
      firstEventAt: at(now - 38 * 60 * MINUTE),
      lastEventAt: at(now - (index + 1) * 7 * MINUTE),
      openedAt: at(now - (30 - index) * 60 * MINUTE),
      updatedAt: at(now - (index + 1) * 6 * MINUTE),
      closedAt: state === "closed" ? at(now - 50 * MINUTE) : null,
      verdict: state === "closed" ? "false_positive" : null,
      assignee: index % 2 === 1 ? person(3, "jonas") : null,
      legalMoves: movesFrom(state),
    };
  });
}

function detection(number: number, event: Event, rule: RuleSeed): Detection {
  const ip = event.src?.ip ?? null;
  return {
    id: idOf("detection", number),
    position: String(number),
    time: event.time,
    firstEventAt: at(Date.parse(event.time) - (rule.correlation ? 4 * MINUTE : 0)),
    lastEventAt: event.time,
    ruleId: rule.id,
    ruleTitle: rule.title,
    ruleVersion: "2",
    severity: rule.level,
    riskPoints: rule.risk,
    actorIp: ip,
    user: event.user,
    sensorId: event.sensorId,
    correlation: rule.correlation,
    groupKey: { "source.ip": ip ?? "unknown" },
    eventIds: [event.id],
    eventCount: rule.correlation ? 37 : 1,
    backfill: null,
    tags: [
      {
        id: idOf("tag", number),
        technique: rule.technique,
        subTechnique: rule.sub,
        tactic: rule.tactic,
        confidence: 0.85,
        evidence: rule.correlation ? { failures: 36, window: "5m" } : { command: event.fields["input"] ?? "" },
      },
    ],
    incidentId: null,
  };
}

export function makeDetections(events: readonly Event[], incidents: readonly Incident[]): Detection[] {
  const random = randomFrom(11);
  const chosen = events.filter((event) => severityRank(event.severity) >= 1).filter(() => random() < 0.16);
  return chosen.slice(0, 80).map((event, index) => {
    const rule = RULES[index % RULES.length] ?? RULES[0];
    if (rule === undefined) throw new Error("there are rules");
    const incident = incidents.find((one) => one.actorIp === event.src?.ip);
    return { ...detection(index + 1, event, rule), incidentId: incident?.id ?? null };
  });
}

/** Events, detections and what people did about them, oldest first. */
export function makeTimelines(
  events: readonly Event[],
  detections: readonly Detection[],
  incidents: readonly Incident[],
): Map<string, TimelineItem[]> {
  return new Map(incidents.map((incident) => [incident.id, timelineOf(incident, events, detections)]));
}

function timelineOf(incident: Incident, events: readonly Event[], detections: readonly Detection[]): TimelineItem[] {
  const items: TimelineItem[] = [];
  for (const event of events.filter((one) => one.src?.ip === incident.actorIp).slice(0, 6)) {
    items.push({
      at: event.time,
      kind: "event",
      title: event.action,
      text: [event.fields["input"], event.fields["path"], event.user].find((one) => typeof one === "string") ?? "",
      severity: event.severity,
      actor: null,
      ref: event.id,
      facts: {},
    });
  }
  for (const one of detections.filter((found) => found.incidentId === incident.id).slice(0, 5)) {
    items.push({
      at: one.time,
      kind: "detection",
      title: one.ruleTitle,
      text: `${one.eventCount === 1 ? "1 event" : `${one.eventCount} events`}, +${one.riskPoints} risk`,
      severity: one.severity,
      actor: null,
      ref: one.id,
      facts: {},
    });
  }
  items.push({
    at: incident.openedAt,
    kind: "move",
    title: "Opened as new",
    text: "",
    severity: null,
    actor: system,
    ref: incident.id,
    facts: {},
  });
  items.push({
    at: incident.updatedAt,
    kind: "note",
    title: "Note",
    text: "The downloaded script is a known miner dropper; the host is a decoy, nothing of ours was reached.",
    severity: null,
    actor: person(3, "jonas"),
    ref: idOf("note", 1),
    facts: {},
  });
  items.push({
    at: incident.updatedAt,
    kind: "action",
    title: `Action requested: block ${incident.actorIp ?? ""}`,
    text: `Risk ${incident.risk.score} (${incident.severity}) from ${incident.actorIp ?? ""}: the incident's evidence asks for a block.`,
    severity: null,
    actor: automation,
    ref: idOf("action", 1),
    facts: {},
  });
  return items.toSorted((left, right) => left.at.localeCompare(right.at));
}
