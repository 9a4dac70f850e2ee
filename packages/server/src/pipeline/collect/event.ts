import type { EventId, EventKind, SensorId, Severity } from "@tyr/contract";

export type EventEndpoint = Readonly<{ ip: string; port: number | null }>;
export type Outcome = "success" | "failure" | "unknown";
/** What Sigma rules route by; docs/reference/fields.md lists the values. */
export type Logsource = Readonly<{ product?: string; category?: string; service?: string }>;

/** Where the time of an event comes from; anything but `source` is also said in its `ecs` under `tyr.time`. */
export type TimeOrigin = "source" | "assumed_year" | "observed";

/** One line of a source, understood. Pure data: it knows neither its sensor nor its place in the stream. */
export type NormalisedEvent = Readonly<{
  time: Date;
  timeOrigin: TimeOrigin;
  kind: EventKind;
  session: string | null;
  src: EventEndpoint | null;
  dst: EventEndpoint | null;
  transport: string | null;
  user: string | null;
  /** Dotted name of what was done: `ssh.login`, `web.request`, `shell.command` … */
  action: string;
  outcome: Outcome;
  severity: Severity;
  logsource: Logsource;
  /** As the source named them; passwords an attacker tried are here and in `raw` only. */
  fields: Readonly<Record<string, unknown>>;
  /** `fields` are exactly what parsing `raw` as JSON gives: they need not be stored twice. */
  fieldsInRaw: boolean;
  /** Flat, dotted aliases that rules read (docs/reference/fields.md). */
  ecs: Readonly<Record<string, unknown>>;
  raw: string;
  /** The source's own id of this event, when it has one: sending it twice stores it once. */
  sourceId?: string;
  /** `raw` is not the line as it came: what somebody typed is left out, so no bytes of the line are kept either. */
  isReduced?: true;
}>;

/** A line nobody can read, and why; it goes into quarantine. */
export type Rejected = Readonly<{ ok: false; reason: string }>;
export type Normalised = Readonly<{ ok: true; event: NormalisedEvent }> | Rejected;

export type StoredEvent = Readonly<{
  id: EventId;
  position: number;
  time: Date;
  observedAt: Date;
  sensorId: SensorId;
  kind: EventKind;
  session: string | null;
  src: EventEndpoint | null;
  dst: EventEndpoint | null;
  transport: string | null;
  user: string | null;
  action: string;
  outcome: Outcome;
  severity: Severity;
  logsource: Logsource;
  fields: Readonly<Record<string, unknown>>;
  ecs: Readonly<Record<string, unknown>>;
  raw: string;
  /** Where the line came from, `ref:line`. */
  rawRef: string | null;
  /** Older than the newest event of its sensor by more than five minutes. */
  late: boolean;
  /** Rises by one per stored event of one sensor. */
  seq: number;
}>;
