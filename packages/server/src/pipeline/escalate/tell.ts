import { severityRank } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Incident } from "./incident.ts";

/** A batch can touch hundreds of incidents; the live feed is told of the worst of them and reads the rest from the list. */
const TOLD_MAX = 20;

/** Tells live views, after the commit. */
export function tellChanged(bus: Bus, incidents: readonly Incident[]): void {
  const worst = incidents.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity) || b.risk - a.risk);
  for (const { id, title, state, severity, risk, actorIp } of worst.slice(0, TOLD_MAX)) {
    bus.publish("incident.changed", { id, title, state, severity, risk, actorIp });
  }
}
