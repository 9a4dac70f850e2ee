import type { AuditEntry, AuditSearchEntry, AuditSearchQuery } from "@tyr/contract";
import { at, automation, hexOf, idOf, person, randomFrom, system } from "./make.ts";

const TYPES = [
  "event.stored",
  "detection.recorded",
  "incident.extended",
  "session.created",
  "action.dry_run",
  "action.submitted",
  "block.created",
  "system.heartbeat",
] as const;

function objectOf(type: string, index: number): AuditEntry["object"] {
  if (type.startsWith("action")) return { kind: "action", id: idOf("action", 1 + (index % 4)) };
  if (type.startsWith("event")) return { kind: "sensor", id: idOf("sensor", 1) };
  return { kind: "incident", id: idOf("incident", 1 + (index % 5)) };
}

function actorOf(type: string, index: number): AuditEntry["actor"] {
  if (type.startsWith("session")) return person(1 + (index % 3), ["mara", "astrid", "jonas"][index % 3] ?? "mara");
  return index % 3 === 0 ? automation : system;
}

function entry(index: number, type: string, now: number): AuditEntry {
  const submitted = type === "action.submitted";
  return {
    index,
    id: idOf("auditEntry", index),
    at: at(now - (320 - index) * 410_000),
    type,
    actor: actorOf(type, index),
    object: objectOf(type, index),
    outcome: index % 61 === 0 ? "refused" : "success",
    before: submitted ? "dry_run_ok" : null,
    after: submitted ? "pending" : null,
    requestId: index % 3 === 0 ? null : `req_${hexOf(index).slice(0, 16)}`,
    origin: index % 3 === 0 ? { client: "system", address: null } : { client: "browser", address: "192.0.2.7" },
    details: type === "event.stored" ? { received: 200, stored: 199, duplicate: 1, rejected: 0 } : { revision: 1 },
    leafHash: hexOf(index),
  };
}

/** Newest first; the newest is written but not yet in the tree. */
export function makeAudit(now: number): AuditEntry[] {
  const random = randomFrom(3);
  const entries: AuditEntry[] = [];
  for (let index = 0; index < 320; index += 1) {
    entries.push(entry(index, TYPES[Math.floor(random() * TYPES.length)] ?? "event.stored", now));
  }
  const newest = entries.at(-1);
  if (newest !== undefined) entries[entries.length - 1] = { ...newest, index: null, leafHash: null };
  return entries.toReversed();
}

/** Those with a place in the tree; every refused sign-in stands out. */
export function auditSearchEntries(entries: readonly AuditEntry[]): AuditSearchEntry[] {
  return entries.flatMap((entry): AuditSearchEntry[] => {
    if (entry.index === null) return [];
    const isRefused = entry.outcome === "refused";
    return [{ ...entry, index: entry.index, class: "security_event", anomalies: isRefused ? ["failure_burst"] : [] }];
  });
}

export function isAuditAsked(entry: AuditSearchEntry, query: AuditSearchQuery): boolean {
  const same = [
    [query.type, entry.type],
    [query.objectId, entry.object.id],
    [query.userId, entry.actor.id],
    [query.outcome, entry.outcome],
    [query.correlationId, entry.requestId],
  ] as const;
  const isSame = same.every(([asked, has]) => asked === undefined || asked === has);
  const isWithin = (query.since ?? "") <= entry.at && entry.at < (query.until ?? "9");
  const hasText = JSON.stringify(entry).includes(query.text ?? "");
  return isSame && isWithin && hasText && (query.anomaliesOnly === undefined || entry.anomalies.length > 0);
}
