import { ok, refuse, type IncidentMove, type IncidentState, type Result, type Verdict } from "@tyr/contract";
import type { Incident } from "./incident.ts";

/** Every legal move. `closed → investigating` is reopening: it takes the verdict back. */
const LEGAL: Readonly<Record<IncidentState, readonly IncidentState[]>> = {
  new: ["investigating", "closed"],
  investigating: ["contained", "resolved", "closed"],
  contained: ["investigating", "resolved"],
  resolved: ["investigating", "closed"],
  closed: ["investigating"],
};
/** Before it is resolved an incident may be closed only because there was nothing to resolve. */
const EARLY_VERDICTS: readonly Verdict[] = ["false_positive", "benign"];

export function legalMoves(state: IncidentState): readonly IncidentState[] {
  return LEGAL[state];
}

/** Moves an incident, or says which moves its state allows. */
export function move(incident: Incident, { to, verdict }: IncidentMove, now: Date): Result<Incident> {
  const { state } = incident;
  const legal = legalMoves(state);
  if (!legal.includes(to)) {
    const detail = `an incident that is ${state} cannot become ${to}; it can become ${legal.join(" or ")}`;
    return refuse("INCIDENT_TRANSITION_REFUSED", detail, { state, to, legal });
  }
  if (to !== "closed") {
    if (verdict !== undefined) return refuse("VALIDATION_FAILED", "a verdict is given when an incident is closed");
    return ok({ ...incident, state: to, verdict: null, closedAt: null, updatedAt: now });
  }
  if (verdict === undefined) return refuse("VALIDATION_FAILED", "closing an incident needs a verdict");
  if (state !== "resolved" && !EARLY_VERDICTS.includes(verdict)) {
    const detail = `closing as ${verdict} needs the incident to be resolved first; from ${state} it can be closed as ${EARLY_VERDICTS.join(" or ")}`;
    return refuse("INCIDENT_TRANSITION_REFUSED", detail, { state, to, legal });
  }
  return ok({ ...incident, state: "closed", verdict, closedAt: now, updatedAt: now });
}
