export { createIncidentDesk, type By, type DeskDeps, type IncidentDesk } from "./desk.ts";
export { seriousIncidents, type SeriousIncident } from "./asking-store.ts";
export { openEvidence } from "./evidence-store.ts";
export { belongsToIncident, openIncidentIds, retainedIncidents } from "./retained-store.ts";
export { eraseFromIncidents } from "./erase-store.ts";
export { OPEN_STATES, type Contribution, type Incident, type StoredIncident } from "./incident.ts";
export {
  countOpenBySeverity,
  detectionIdsOf,
  evidenceOf,
  findIncident,
  incidentHead,
  incidentIdsOf,
  incidentsForActor,
  listIncidents,
  readIncidentChangesAfter,
  topActors,
  type IncidentChange,
  type IncidentEvidence,
  type IncidentFilter,
  type IncidentListing,
  type TopActor,
} from "./incident-store.ts";
export { legalMoves } from "./move.ts";
export { listedRisk } from "./risk.ts";
export { fromEntry, timelineOf, type TimelinePage, type TimelinePoint, type TimelineSource } from "./timeline.ts";
export { verdictsByRule, type Verdicts } from "./verdict-store.ts";
export { createEscalate, type Escalate, type EscalateDeps } from "./worker.ts";
