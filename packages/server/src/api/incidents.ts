import {
  ok,
  refuse,
  type Incident as IncidentView,
  type IncidentId,
  type InputOf,
  type OutputOf,
  type Result,
  type TimelineItem,
} from "@tyr/contract";
import {
  findIncident,
  fromEntry,
  legalMoves,
  listedRisk,
  listIncidents,
  timelineOf,
  type By,
  type Incident,
  type IncidentDesk,
  type TimelinePoint,
  type TimelineSource,
} from "#escalate";
import type { Database, ReadDatabase } from "#platform/database";
import { askedAddress } from "./asked-address.ts";
import type { Call, Handlers } from "./handler.ts";
import { answerOf, beforeOf } from "./page-position.ts";

export type IncidentDeps = Readonly<{
  database: Pick<Database, "read">;
  desk: IncidentDesk;
  /** What later stages know about an incident. */
  timelineSources: readonly TimelineSource[];
}>;

export function incidentHandlers(deps: IncidentDeps): Pick<Handlers, Extract<keyof Handlers, `incident.${string}`>> {
  const { read } = deps.database;
  return {
    "incident.list": async ({ query }) => {
      const before = beforeOf(query.after);
      if (!before.ok) return before;
      const ip = askedAddress("ip", query.ip);
      if (!ip.ok) return ip;
      const { state, open, severity, limit = 50 } = query;
      const filter = { state, open, severity, ip: ip.value };
      const found = await listIncidents(read, { filter, before: before.value, limit });
      return ok(answerOf(found, toView));
    },
    "incident.get": async ({ params: { id } }) => {
      const found = await findIncident(read, id);
      return found === undefined ? unknown(id) : ok(toView(found));
    },
    "incident.timeline": async (input) => await timeline(read, input, deps.timelineSources),
    "incident.move": async ({ params, body }, call) => viewed(await deps.desk.move(params.id, body, byOf(call))),
    "incident.note": async ({ params, body }, call) => {
      const noted = await deps.desk.note(params.id, body.text, byOf(call));
      return noted.ok ? ok(fromEntry(noted.value)) : noted;
    },
    "incident.assign": async ({ params }, call) => viewed(await deps.desk.take(params.id, byOf(call))),
  };
}

function byOf({ caller, requestId }: Call): By {
  return { actor: caller.actor, requestId };
}

function unknown(id: IncidentId): Result<never> {
  return refuse("NOT_FOUND", `there is no incident ${id}`);
}

function viewed(result: Result<Incident>): Result<IncidentView> {
  return result.ok ? ok(toView(result.value)) : result;
}

async function timeline(
  read: ReadDatabase,
  { params: { id }, query }: InputOf<"incident.timeline">,
  sources: readonly TimelineSource[],
): Promise<Result<OutputOf<"incident.timeline">>> {
  const after = query.after === undefined ? undefined : readPoint(query.after);
  if (query.after !== undefined && after === undefined) {
    return refuse("VALIDATION_FAILED", "query/after must be the `next` of the page before");
  }
  if ((await findIncident(read, id)) === undefined) return unknown(id);
  const page = await timelineOf(read, { incident: id, after, limit: query.limit ?? 200, sources });
  return ok({ items: [...page.items], next: page.next === null ? null : writePoint(page.next) });
}

/** The last millisecond of the year 9999: beyond, no engine reads what JavaScript writes. */
const LAST_MS = 253_402_300_799_999;
const POINT = /^(\d{1,15}) (event|detection|action|block|note|move) ([a-z]{3}_[0-9a-f-]{36})$/;

function writePoint({ at, kind, ref }: TimelinePoint): string {
  return `${at.getTime()} ${kind} ${ref}`;
}

function readPoint(text: string): TimelinePoint | undefined {
  const [, atMs, kind, ref] = POINT.exec(text) ?? [];
  if (atMs === undefined || kind === undefined || ref === undefined || Number(atMs) > LAST_MS) return undefined;
  // The expression allows these kinds only.
  return { at: new Date(Number(atMs)), kind: kind as TimelineItem["kind"], ref };
}

function toView(incident: Incident): IncidentView {
  const { id, key, title, state, severity, category, priority, escalated, actorIp, detectionCount } = incident;
  return {
    id,
    key,
    title,
    state,
    severity,
    category,
    priority,
    escalated,
    actorIp,
    risk: { score: incident.risk, contributions: [...listedRisk(incident.contributions)] },
    techniques: [...incident.techniques],
    tactics: [...incident.tactics],
    detectionCount,
    firstEventAt: incident.firstEventAt.toISOString(),
    lastEventAt: incident.lastEventAt.toISOString(),
    openedAt: incident.openedAt.toISOString(),
    updatedAt: incident.updatedAt.toISOString(),
    closedAt: incident.closedAt?.toISOString() ?? null,
    verdict: incident.verdict,
    assignee: incident.assignee,
    legalMoves: [...legalMoves(incident.state)],
  };
}
