import type { EventKind, Severity } from "@tyr/contract";
import type { Normalised, Outcome } from "../event.ts";
import { eventOf } from "./draft.ts";
import { readCanary } from "./canary.ts";
import { readEmail } from "./email.ts";
import { readFingerprint } from "./fingerprint.ts";
import { normaliseJson } from "./generic-json.ts";
import { readIpv6Leak } from "./ipv6-leak.ts";
import type { Json } from "./json-members.ts";
import { readOpenCanary } from "./opencanary.ts";
import type { NormaliseOptions } from "./options.ts";
import { readPayload } from "./payload.ts";

/** What a reader makes of a line it knows; the address, the time and the session are found as in any JSON. */
export type Telemetry = Readonly<{
  kind: EventKind;
  action: string;
  category: string;
  product?: string | undefined;
  service?: string | undefined;
  outcome?: Outcome | undefined;
  severity?: Severity | undefined;
  user?: string | undefined;
  /** Members under names that generic JSON knows, where this source has other ones. */
  renamed?: Json | undefined;
  /** All aliases besides those every event has: nothing of the line gets there unless it stands here. */
  ecs: Json;
}>;

/** @returns undefined when the line is none of its own */
type TelemetryReader = (json: Json, options: NormaliseOptions) => Telemetry | undefined;

const READERS: readonly TelemetryReader[] = [
  readOpenCanary,
  readCanary,
  readEmail,
  readFingerprint,
  readIpv6Leak,
  readPayload,
];

/** JSON whose sender we know: more than its names tell, and nothing personal in the aliases. */
export function normaliseTelemetry(json: Json, raw: string, options: NormaliseOptions): Normalised | undefined {
  for (const read of READERS) {
    const found = read(json, options);
    if (found !== undefined) return complete(found, { json, raw, options });
  }
  return undefined;
}

type Line = Readonly<{ json: Json; raw: string; options: NormaliseOptions }>;

function complete(found: Telemetry, { json, raw, options }: Line): Normalised {
  const { renamed, ecs, product, service, category, ...rest } = found;
  const read = normaliseJson({ ...json, ...renamed }, raw, options);
  if (!read.ok) return read;
  const { time, timeOrigin, src, dst, session, transport, outcome, severity, sourceId } = read.event;
  const logsource = {
    category,
    ...(product === undefined ? {} : { product }),
    ...(service === undefined ? {} : { service }),
  };
  const event = eventOf({
    time,
    timeOrigin,
    src,
    dst,
    session: session ?? undefined,
    transport: transport ?? undefined,
    sourceId,
    ...rest,
    outcome: rest.outcome ?? outcome,
    severity: rest.severity ?? severity,
    logsource,
    fields: json,
    fieldsInRaw: true,
    raw,
    ecs: { "host.name": read.event.ecs["host.name"], "network.protocol": read.event.ecs["network.protocol"], ...ecs },
  });
  return { ok: true, event };
}
