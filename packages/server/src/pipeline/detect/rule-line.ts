import type { EventId, LogFormat, SensorId } from "@tyr/contract";
import type { EventLogsource, Fields } from "@tyr/sigma";
import { derivedTimeId } from "#platform/ids";
import { normalise, type NormaliseOptions } from "#collect";
import type { EvaluatedEvent } from "./evaluate.ts";
import { eventLogsource } from "./event-logsource.ts";

/** How a line is read that no sensor has sent. */
export type LineReading = Readonly<{
  format?: LogFormat;
  sensor?: NormaliseOptions["sensorKind"];
  /** Of lines whose times have none. */
  year?: number;
  /** Place among the lines read together: with the time it makes the event's id. */
  index?: number;
}>;
export type LineRead = Readonly<{ ok: true; event: EvaluatedEvent }> | Readonly<{ ok: false; reason: string }>;

const SENSOR = "snr_00000000-0000-7000-8000-000000000000" as SensorId;
/** Lines without a year are of this one unless the caller says otherwise. */
const YEAR_DEFAULT = 2026;

/** A raw log line as the event the rules of a running server would see; reads no clock. */
export function readRuleLine(line: string, reading: LineReading = {}): LineRead {
  const { format = "auto", sensor: sensorKind = "custom", year = YEAR_DEFAULT, index = 0 } = reading;
  const now = new Date(Date.UTC(year, 11, 31));
  const read = normalise(line, { format, sensorKind, now, year });
  if (!read.ok) return read;
  const { time, kind, src, user, fields, ecs, raw } = read.event;
  const logsource = eventLogsource({ ...fields, ...ecs }, read.event.logsource);
  const id: EventId = derivedTimeId("event", time.getTime(), String(index));
  return {
    ok: true,
    event: { id, time, observedAt: time, kind, src, user, sensorId: SENSOR, logsource, fields, ecs, raw },
  };
}

/** Fields past every normaliser as an event, one second after the one before; `logsource` adds to what they say. */
export function ruleEvent(fields: Fields, index: number, logsource: EventLogsource = {}): EvaluatedEvent {
  const time = new Date(Date.UTC(YEAR_DEFAULT, 0, 1, 0, 0, index));
  return {
    id: derivedTimeId("event", time.getTime(), String(index)),
    time,
    observedAt: time,
    kind: "log",
    src: null,
    user: null,
    sensorId: SENSOR,
    logsource,
    fields,
    ecs: {},
    raw: JSON.stringify(fields),
  };
}
