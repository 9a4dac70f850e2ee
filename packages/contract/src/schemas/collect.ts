import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Severity } from "../severity.ts";
import {
  Endpoint,
  Facts,
  Instant,
  KeyLifeDays,
  Name,
  NullableInstant,
  NullableString,
  PageOf,
  PageQuery,
  StorableText,
} from "./basics.ts";

export const SENSOR_KINDS = ["ssh", "web", "database", "custom"] as const;
export const SensorKind = Type.Enum(SENSOR_KINDS);
/** Formats the normalisers understand; `auto` looks at each line. */
export const LOG_FORMATS = ["auto", "cowrie", "sshd", "access", "json"] as const;
export const LogFormat = Type.Enum(LOG_FORMATS);
export type LogFormat = Static<typeof LogFormat>;

export const EVENT_KINDS = [
  "command",
  "auth_attempt",
  "credential",
  "session",
  "http_request",
  "http_fingerprint",
  "payload",
  "email",
  "intel",
  "canary",
  "canary_fingerprint",
  "identity",
  "network",
  "process",
  "db_query",
  "cloud",
  "log",
] as const;
export const EventKind = Type.Enum(EVENT_KINDS);
export type EventKind = Static<typeof EventKind>;

export const EVENT_OUTCOMES = ["success", "failure", "unknown"] as const;
export const EventOutcome = Type.Enum(EVENT_OUTCOMES);

/** Counters since the sensor was registered. received = stored + duplicate + rejected; late ones are stored too. */
export const SourceCounters = Type.Object({
  received: Type.Integer(),
  stored: Type.Integer(),
  duplicate: Type.Integer(),
  rejected: Type.Integer(),
  late: Type.Integer(),
});
export type SourceCounters = Static<typeof SourceCounters>;

export const Sensor = Type.Object({
  id: IdSchema("sensor"),
  name: Name,
  kind: SensorKind,
  location: NullableString,
  metadata: Facts,
  active: Type.Boolean(),
  keyHint: Type.String({ description: "the first characters of the key, to recognise it" }),
  keyEndsAt: Instant,
  createdAt: Instant,
  lastSeenAt: NullableInstant,
  counters: SourceCounters,
});
export type Sensor = Static<typeof Sensor>;
export const SensorCreate = Type.Object(
  {
    name: Name,
    kind: SensorKind,
    location: Type.Optional(Name),
    metadata: Type.Optional(Facts),
    keyLifeDays: Type.Optional(KeyLifeDays),
  },
  { additionalProperties: false },
);
export type SensorCreate = Static<typeof SensorCreate>;
/** The key is in this answer and nowhere else: only its hash is stored. */
export const SensorWithKey = Type.Object({ sensor: Sensor, key: Type.String() });

export const Event = Type.Object({
  id: IdSchema("event"),
  position: Type.String({ description: "place in the stored stream, decimal" }),
  time: Instant,
  observedAt: Instant,
  sensorId: IdSchema("sensor"),
  sensorName: Type.String(),
  kind: EventKind,
  session: NullableString,
  src: Type.Union([Endpoint, Type.Null()]),
  dst: Type.Union([Endpoint, Type.Null()]),
  transport: NullableString,
  user: NullableString,
  action: Type.String({ description: "what was done, as a dotted name: ssh.login, web.request …" }),
  outcome: EventOutcome,
  severity: Severity,
  fields: Facts,
  ecs: Facts,
  raw: Type.String({ description: "the input as received, control characters kept" }),
  rawRef: NullableString,
  late: Type.Boolean(),
  seq: Type.Integer({ description: "rises by one per event of one sensor; a gap means loss" }),
});
export type Event = Static<typeof Event>;
export const EventQuery = Type.Object({
  ...PageQuery,
  sensor: Type.Optional(IdSchema("sensor")),
  kind: Type.Optional(EventKind),
  outcome: Type.Optional(EventOutcome),
  ip: Type.Optional(StorableText(64)),
  user: Type.Optional(StorableText(256)),
  session: Type.Optional(StorableText(128)),
  q: Type.Optional(StorableText(256, { description: "text found in the raw input, without the character U+0000" })),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
});
export type EventQuery = Static<typeof EventQuery>;
export const EventPage = PageOf(Event);

export const IntakeQuery = Type.Object({
  format: Type.Optional(LogFormat),
  /** Year of logs whose times have none (BSD syslog). */
  year: Type.Optional(Type.Integer({ minimum: 1970, maximum: 9999 })),
});
export const ImportQuery = Type.Object({
  sensor: IdSchema("sensor"),
  format: Type.Optional(LogFormat),
  year: Type.Optional(Type.Integer({ minimum: 1970, maximum: 9999 })),
  ref: Type.Optional(StorableText(400, { description: "where the lines come from, e.g. a file name" })),
  firstLine: Type.Optional(Type.Integer({ minimum: 1 })),
});
/** Sent only after everything in it is on disk. `replayed` is true when the idempotency key had been stored before. */
export const IntakeReceipt = Type.Object({
  received: Type.Integer(),
  stored: Type.Integer(),
  duplicate: Type.Integer(),
  rejected: Type.Integer(),
  late: Type.Integer(),
  replayed: Type.Boolean(),
});
export type IntakeReceipt = Static<typeof IntakeReceipt>;

export const QuarantineItem = Type.Object({
  id: IdSchema("quarantine"),
  sensorId: IdSchema("sensor"),
  at: Instant,
  reason: Type.String(),
  rawRef: NullableString,
  raw: Type.String(),
});
export type QuarantineItem = Static<typeof QuarantineItem>;
export const QuarantinePage = PageOf(QuarantineItem);
