import type { IncidentId, TimelineItem } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { eventsByIds, type StoredEvent } from "#collect";
import { detectionsByIds, visibleText, type StoredDetection } from "#detect";
import { detectionRefsAfter, entriesOf, eventIdsAfter, type IncidentEntry } from "./timeline-store.ts";

/** At one instant: what happened, then what was found, then what people and the product did. */
const KINDS = [
  "event",
  "detection",
  "move",
  "note",
  "action",
  "block",
] as const satisfies readonly TimelineItem["kind"][];
const TEXT_CHARS_MAX = 400;

/** Items later stages know about an incident: actions, blocks. Few per incident, in any order. */
export type TimelineSource = (db: ReadDatabase, incident: IncidentId) => Promise<readonly TimelineItem[]>;

/** A place in a timeline; a page begins after it. */
export type TimelinePoint = Readonly<{ at: Date; kind: TimelineItem["kind"]; ref: string }>;

export type TimelineRequest = Readonly<{
  incident: IncidentId;
  after: TimelinePoint | undefined;
  limit: number;
  sources: readonly TimelineSource[];
}>;
export type TimelinePage = Readonly<{ items: readonly TimelineItem[]; next: TimelinePoint | null }>;

/** Events, detections, actions, blocks, notes and moves in one order, oldest first. */
export async function timelineOf(db: ReadDatabase, request: TimelineRequest): Promise<TimelinePage> {
  const { incident, after, limit, sources } = request;
  const page = { incident, at: after?.at, limit: limit + 1 };
  const eventIds = await eventIdsAfter(db, { ...page, ...boundOf("event", after) });
  const events = await eventsByIds(db, eventIds);
  const refs = await detectionRefsAfter(db, { ...page, ...boundOf("detection", after) });
  const detections = await detectionsByIds(db, refs);
  const small = [(await entriesOf(db, incident)).map(fromEntry)];
  for (const source of sources) small.push([...(await source(db, incident))]);
  const items = [...events.map(fromEvent), ...detections.map(fromDetection), ...small.flat()]
    .filter((item) => after === undefined || compare(item, toKey(after)) > 0)
    .toSorted(compare);
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  const next = items.length > limit && last !== undefined ? pointOf(last) : null;
  return { items: shown, next };
}

type Key = Pick<TimelineItem, "at" | "kind" | "ref">;

function compare(left: Key, right: Key): number {
  return (
    byText(left.at, right.at) || KINDS.indexOf(left.kind) - KINDS.indexOf(right.kind) || byText(left.ref, right.ref)
  );
}

function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function toKey({ at, kind, ref }: TimelinePoint): Key {
  return { at: at.toISOString(), kind, ref };
}

function pointOf({ at, kind, ref }: TimelineItem): TimelinePoint {
  return { at: new Date(at), kind, ref };
}

/** What of this kind at the very instant of the point is still to come: all of it, what is after a ref, or nothing. */
function boundOf(
  kind: "event" | "detection",
  after: TimelinePoint | undefined,
): Readonly<{ sameInstant: "all" | "none" } | { sameInstant: "after"; ref: string }> {
  if (after === undefined) return { sameInstant: "all" };
  const order = KINDS.indexOf(kind) - KINDS.indexOf(after.kind);
  if (order === 0) return { sameInstant: "after", ref: after.ref };
  return { sameInstant: order > 0 ? "all" : "none" };
}

function fromEvent(event: StoredEvent): TimelineItem {
  const { id, time, action, outcome, severity, src, user, sensorId, kind } = event;
  return {
    at: time.toISOString(),
    kind: "event",
    title: outcome === "unknown" ? action : `${action} (${outcome})`,
    text: visibleText(saidBy(event), TEXT_CHARS_MAX),
    severity,
    actor: null,
    ref: id,
    facts: { kind, sourceIp: src?.ip ?? null, user: user === null ? null : visibleText(user, 64), sensorId },
  };
}

/** Never the raw line: the passwords an attacker tried are in it. */
function saidBy({ ecs, user }: StoredEvent): string {
  const command = ecs["process.command_line"];
  if (typeof command === "string") return command;
  const [method, url] = [ecs["http.request.method"], ecs["url.original"]];
  if (typeof url === "string") return typeof method === "string" ? `${method} ${url}` : url;
  if (user !== null) return `as ${user}`;
  return "";
}

function fromDetection(detection: StoredDetection): TimelineItem {
  const { id, time, ruleTitle, phrase, severity, riskPoints, eventCount, tags, correlation, ruleId } = detection;
  const techniques = tags.map(({ technique, subTechnique }) => subTechnique ?? technique);
  return {
    at: time.toISOString(),
    kind: "detection",
    title: ruleTitle,
    text: visibleText(phrase ?? "", TEXT_CHARS_MAX),
    severity,
    actor: null,
    ref: id,
    facts: { ruleId, riskPoints, eventCount, correlation, techniques },
  };
}

const ENTRY_TITLES: Readonly<Record<IncidentEntry["kind"], (entry: IncidentEntry) => string>> = {
  note: () => "Note",
  move: ({ from, to, verdict }) => `${from ?? "?"} → ${to ?? "?"}${verdict === null ? "" : ` (${verdict})`}`,
  assign: ({ actor }) => `Assigned to ${visibleText(actor.name, 80)}`,
};

/** An entry people made; also the answer to writing a note. */
export function fromEntry(entry: IncidentEntry): TimelineItem {
  const { id, at, kind, actor, text, from, to, verdict } = entry;
  return {
    at: at.toISOString(),
    kind: kind === "note" ? "note" : "move",
    title: ENTRY_TITLES[kind](entry),
    text,
    severity: null,
    actor,
    ref: id,
    facts: kind === "note" ? {} : { from, to, verdict },
  };
}
