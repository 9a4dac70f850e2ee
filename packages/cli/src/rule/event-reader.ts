import { type Fields, routeEvent, type SigmaEvent } from "@tyr/sigma";
import type { Input } from "../input.ts";
import type { World } from "../world.ts";
import { isJsonObject } from "./event-text.ts";
import { eventTimeMs } from "./event-time.ts";
import { serverParts } from "./server-parts.ts";

const FORMATS = ["auto", "cowrie", "sshd", "access", "json"] as const;

export type EventRead = Readonly<{ ok: true; event: SigmaEvent }> | Readonly<{ ok: false; reason: string }>;
/** @param index place among the events read together, from 0 */
export type EventReader = (text: string, index: number) => Promise<EventRead>;

/** JSON is an event as it is, by the engine's routing table; a line, or with `--format`, is read as at intake. */
export function eventReader(input: Input, world: World): EventReader {
  const format = input.oneOf("format", FORMATS);
  const timeField = input.text("time");
  const year = input.whole("year", { min: 1970, max: 9999 }) ?? new Date(world.now()).getUTCFullYear();
  return async (text, index) => {
    if (format === undefined && isJsonObject(text)) {
      const fields = JSON.parse(text) as Fields;
      const timeMs = eventTimeMs(fields, timeField);
      return { ok: true, event: { id: "event", timeMs, logsource: routeEvent(fields), fields, raw: text } };
    }
    const { readRuleLine } = await serverParts();
    const read = readRuleLine(text, { format: format ?? "auto", year, index });
    if (!read.ok) return read;
    const { id, logsource, fields, ecs, raw, time } = read.event;
    return { ok: true, event: { id, timeMs: time.getTime(), logsource, fields: { ...fields, ...ecs }, raw } };
  };
}
