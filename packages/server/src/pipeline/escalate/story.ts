import { severityRank, type IncidentCategory } from "@tyr/contract";
import { visibleText } from "#detect";
import type { Contribution, Incident } from "./incident.ts";

/** The first tactic of this list that was seen names the category: from what hurts most to what only knocks. */
const CATEGORIES: readonly (readonly [tactic: string, category: IncidentCategory])[] = [
  ["exfiltration", "data_leak"],
  ["command-and-control", "malware"],
  ["impact", "system_compromise"],
  ["collection", "data_leak"],
  ["persistence", "system_compromise"],
  ["privilege-escalation", "system_compromise"],
  ["lateral-movement", "system_compromise"],
  ["defense-evasion", "system_compromise"],
  ["execution", "system_compromise"],
  ["initial-access", "unauthorized_access"],
  ["credential-access", "unauthorized_access"],
];
/** Looking around (reconnaissance, discovery) and whatever has no tactic. */
const CATEGORY_OTHERWISE: IncidentCategory = "policy_violation";

export function categoryOf(tactics: readonly string[]): IncidentCategory {
  return CATEGORIES.find(([tactic]) => tactics.includes(tactic))?.[1] ?? CATEGORY_OTHERWISE;
}

const PHRASES_MAX = 2;
const TITLE_CHARS_MAX = 200;

/** A plain sentence: "203.0.113.7 guessed SSH passwords on gateway and logged in as root". */
export function titleOf(incident: Pick<Incident, "actorIp" | "contributions" | "sensors">): string {
  const told = incident.contributions.filter(({ phrase }) => phrase !== null).toSorted(byWeight);
  const [first, ...others] = told.slice(0, PHRASES_MAX).toSorted(byTime);
  const place = placeOf(incident.sensors);
  if (first?.phrase === undefined || first.phrase === null || incident.actorIp === null) {
    const heaviest = incident.contributions.toSorted(byWeight)[0];
    const subject = incident.actorIp === null ? "" : `${incident.actorIp}: `;
    return visibleText(`${subject}${heaviest?.ruleTitle ?? "Detections"}${place}`, TITLE_CHARS_MAX);
  }
  const rest = others.map(({ phrase }) => ` and ${phrase}`).join("");
  return visibleText(`${incident.actorIp} ${first.phrase}${place}${rest}`, TITLE_CHARS_MAX);
}

function placeOf(sensors: readonly string[]): string {
  const [first, ...others] = sensors;
  if (first === undefined) return "";
  return others.length === 0 ? ` on ${first}` : ` on ${first} and ${others.length} more`;
}

function byWeight(left: Contribution, right: Contribution): number {
  return (
    severityRank(right.severity) - severityRank(left.severity) ||
    right.pointsEach - left.pointsEach ||
    byTime(left, right)
  );
}

function byTime(left: Contribution, right: Contribution): number {
  return left.since.localeCompare(right.since) || left.ruleId.localeCompare(right.ruleId);
}
