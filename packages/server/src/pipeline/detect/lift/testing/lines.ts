import type { LogFormat, SensorId } from "@tyr/contract";
import { readRuleLine } from "../../rule-line.ts";
import { keyedHash } from "../keyed-hash.ts";
import { Lift, type LiftHooks } from "../lift.ts";
import { allLifters } from "../lifters.ts";
import { Emit, type Lifted, type LiftEvent } from "../lifter.ts";

export const quiet: LiftHooks = { onFailure: () => undefined, onUnclaimed: () => undefined };
export const testHash = keyedHash(Buffer.alloc(32, 7));

/** For tests: raw log lines as the events a lifter sees, read by the normalisers of the product. */
export function eventsFrom(
  lines: readonly string[],
  { format = "auto", from = 1, sensor }: Readonly<{ format?: LogFormat; from?: number; sensor?: string }> = {},
): readonly LiftEvent[] {
  return lines.map((line, index) => {
    const read = readRuleLine(line, { format, index: from + index });
    if (!read.ok) throw new Error(`line ${index + 1}: ${read.reason}`);
    const { sensorId, ...event } = read.event;
    const logsource = event.logsource as LiftEvent["logsource"];
    return { ...event, logsource, position: from + index, sensorId: (sensor as SensorId | undefined) ?? sensorId };
  });
}

/** What all lifters of the product make of some events. */
export function lifted(events: readonly LiftEvent[], finish = true): Lifted {
  const lift = new Lift(allLifters(testHash), quiet);
  const all = new Emit();
  const add = ({ derived, messages, tried, said }: Lifted): void => {
    all.derived.push(...derived);
    all.messages.push(...messages);
    all.tried.push(...tried);
    all.said.push(...said);
  };
  for (const event of events) add(lift.feed(event));
  if (finish) add(lift.finish());
  return all;
}

type Cowrie = Readonly<Record<string, unknown>> & Readonly<{ eventid: string }>;

/** A line of Cowrie, `second` after midnight. */
export function cowrie(second: number, { eventid, ...more }: Cowrie): string {
  const timestamp = new Date(Date.UTC(2026, 2, 1) + second * 1_000).toISOString();
  const about = { src_ip: "203.0.113.9", session: "s1", protocol: "ssh", ...more };
  return JSON.stringify({ eventid: `cowrie.${eventid}`, timestamp, ...about });
}
