export type {
  EventEndpoint,
  Logsource,
  Normalised,
  NormalisedEvent,
  Outcome,
  Rejected,
  StoredEvent,
  TimeOrigin,
} from "./event.ts";
export { canonicalAddress, canonicalPrefix, heldAddresses } from "./address.ts";
export { observationIdOf } from "./observation-id.ts";
export {
  countEvents,
  eventById,
  eventHead,
  eventsByIds,
  listEvents,
  perHour,
  positionBefore,
  reachOf,
  readEventPiece,
  readEventsAfter,
  type EventCounts,
  type EventPage,
} from "./event-store.ts";
export type { StreamEvent } from "./event-stream.ts";
export {
  asRead,
  DERIVED_SENSOR,
  derivedEventId,
  derivedFacts,
  isDerived,
  storeDerived,
  type DerivedEvent,
  type StoredDerived,
} from "./derived.ts";
export { sessionsOf, type SourceSession, type SourceSessions } from "./session-store.ts";
export { findSensor, findSensorByName, listSensors, type Sensor } from "./sensor-store.ts";
export { type By, type Sensors, type SensorWithKey } from "./sensors.ts";
export { createCollect, type Collect, type CollectDeps } from "./create-collect.ts";
export type { Intake, IntakeRequest } from "./intake.ts";
export { retainedEvents, retainedQuarantine } from "./retained-store.ts";
export { listQuarantine, type Quarantined } from "./quarantine-store.ts";
export type { Follow } from "./follow.ts";
export { detectFormat, normalise, LINE_CHARS_MAX, type NormaliseOptions } from "./normalise/index.ts";
export { binOf, INTERVAL_BINS, INTERVAL_EDGES_MS } from "./normalise/terminal/strokes.ts";
export { keyHint } from "./sensor-key.ts";
