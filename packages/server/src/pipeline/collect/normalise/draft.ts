import type { EventKind, Severity } from "@tyr/contract";
import { canonicalAddress } from "../address.ts";
import type { EventEndpoint, Logsource, NormalisedEvent, Outcome, TimeOrigin } from "../event.ts";

type Facts = Readonly<Record<string, unknown>>;

/** What a normaliser found out; the rest follows from it. */
export type Draft = Readonly<{
  time: Date;
  timeOrigin?: TimeOrigin;
  kind: EventKind;
  action: string;
  outcome?: Outcome;
  severity?: Severity;
  src?: EventEndpoint | null;
  dst?: EventEndpoint | null;
  session?: string | undefined;
  transport?: string | undefined;
  user?: string | undefined;
  logsource: Logsource;
  fields: Facts;
  fieldsInRaw?: boolean;
  raw: string;
  sourceId?: string | undefined;
  /** Aliases besides those that follow from the rest; undefined ones are left out. */
  ecs?: Facts;
}>;

/** Longest values of indexed columns, characters; the whole text stays in `ecs`, `fields` and `raw`. */
const USER_MAX = 256;
const SESSION_MAX = 128;
const ACTION_MAX = 100;
const TRANSPORT_MAX = 20;

function cut(text: string | undefined, max: number): string | null {
  if (text === undefined || text === "") return null;
  return text.length > max ? text.slice(0, max).toWellFormed() : text;
}

/** A port as sources write it: number or digits; -1, 0 to 65535. */
function portOf(value: unknown): number | null {
  const port = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : null;
}

/** One side of a connection, or null when the address is none (a name, "-", nothing). */
export function endpointOf(ip: unknown, port?: unknown): EventEndpoint | null {
  if (typeof ip !== "string") return null;
  const address = canonicalAddress(ip);
  return address === undefined ? null : { ip: address, port: portOf(port) };
}

export function endpointAliases(side: "source" | "destination", endpoint: EventEndpoint | null | undefined): Facts {
  if (endpoint === null || endpoint === undefined) return {};
  return { [`${side}.ip`]: endpoint.ip, ...(endpoint.port === null ? {} : { [`${side}.port`]: endpoint.port }) };
}

/** Leaves out what is undefined or empty. */
export function present(facts: Facts): Facts {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(facts)) if (value !== undefined && value !== "") kept[key] = value;
  return kept;
}

/** Makes the event: caps what is indexed, derives the aliases every event has. */
export function eventOf(draft: Draft): NormalisedEvent {
  const { outcome = "unknown", timeOrigin = "source", src = null, dst = null } = draft;
  const ecs = {
    "event.kind": draft.kind,
    "event.action": draft.action,
    "event.outcome": outcome,
    ...endpointAliases("source", src),
    ...endpointAliases("destination", dst),
    ...present({
      "network.transport": draft.transport,
      "user.name": draft.user,
      "session.id": draft.session,
      "service.name": draft.logsource.service,
      "tyr.time": timeOrigin === "source" ? undefined : timeOrigin,
      ...draft.ecs,
    }),
  };
  return {
    time: draft.time,
    timeOrigin,
    kind: draft.kind,
    session: cut(draft.session, SESSION_MAX),
    src,
    dst,
    transport: cut(draft.transport, TRANSPORT_MAX),
    user: cut(draft.user, USER_MAX),
    action: draft.action.slice(0, ACTION_MAX).toWellFormed(),
    outcome,
    severity: draft.severity ?? "info",
    logsource: draft.logsource,
    fields: draft.fields,
    fieldsInRaw: draft.fieldsInRaw ?? false,
    ecs,
    raw: draft.raw,
    ...(draft.sourceId === undefined ? {} : { sourceId: draft.sourceId }),
  };
}
