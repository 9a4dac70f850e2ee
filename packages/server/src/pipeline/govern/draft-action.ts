import { ACTION_TYPE_FACTS, ok, refuse, type ActionCreate, type DryRun, type Result } from "@tyr/contract";
import type { Insertable } from "kysely";
import { newId } from "#platform/ids";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import { digestOf } from "./canonical-digest.ts";
import type { ActionKind } from "./kinds/kind.ts";
import { dryRunEvent } from "./machine/events-of.ts";
import { moveAction, refusedFact, type Moved } from "./move-action.ts";
import { NO_APPROVALS } from "./policy/decide.ts";
import type { Evidence } from "./ports.ts";
import type { By, Room } from "./room.ts";
import { insertAction, insertDecision, insertMove, type ActionRow } from "./store.ts";
import type { ActionTable } from "./tables.ts";
import { weigh, type Weighed } from "./weigh.ts";

const TTL_DEFAULT_SECONDS = 86_400;
/** A longer list proves nothing more, and an audit entry holds 16 KiB. */
const DETECTIONS_MAX = 50;

/** Everything that was read before anything is written: what is asked, what policy says, what would change. */
export type Draft = Readonly<{
  row: Omit<Insertable<ActionTable>, "state">;
  by: By;
  weighed: Weighed;
  dryRun: DryRun;
}>;

/** What is asked for, read and with its evidence. */
export type Parts = Readonly<{
  kind: ActionKind;
  target: string;
  justification: string;
  ttlSeconds: number | null;
  evidence: Evidence | undefined;
}>;
type Asked = Parts & Readonly<{ by: By }>;

/** The risk that speaks for this target. An incident of somebody else is a reason to read, and no reason to block. */
function riskOf({ kind, target, evidence }: Pick<Parts, "kind" | "target" | "evidence">): number | null {
  if (evidence?.actorIp === undefined || evidence.actorIp === null) return null;
  return kind.concerns(target, evidence.actorIp) ? evidence.risk : null;
}

/** What of the evidence policies look at; nothing where it speaks against somebody else. */
export function weightOf(
  parts: Pick<Parts, "kind" | "target" | "evidence">,
): Pick<ActionRow, "risk" | "severity" | "confidence"> {
  const risk = riskOf(parts);
  if (risk === null || parts.evidence === undefined) return { risk, severity: null, confidence: null };
  return { risk, severity: parts.evidence.severity, confidence: parts.evidence.confidence };
}

/** What approvers sign: every field that decides what will run. */
export function requestDigest(
  { id, revision, requester_id }: Pick<ActionRow, "id" | "revision" | "requester_id">,
  parts: Parts,
): string {
  const { kind, target, justification, ttlSeconds, evidence } = parts;
  const { risk, severity, confidence } = weightOf(parts);
  return digestOf({
    v: 2,
    id,
    revision,
    type: kind.type,
    target,
    ttl_seconds: ttlSeconds,
    justification,
    connector: ACTION_TYPE_FACTS[kind.type].connector,
    incident_id: evidence?.incidentId ?? null,
    detection_ids: evidence?.detectionIds.slice(0, DETECTIONS_MAX) ?? [],
    risk,
    severity,
    confidence,
    requester: requester_id,
  });
}

/** Runs the connector's plan and gives it the digest by which people approve it. */
export async function runDryRun(
  room: Room,
  db: ReadDatabase,
  action: Pick<ActionRow, "type" | "target" | "ttl_seconds" | "request_digest">,
): Promise<DryRun> {
  const now = room.clock.now();
  const { target, ttl_seconds: ttlSeconds } = action;
  const plan = await room.kinds[action.type].plan({ db, target, ttlSeconds, now });
  const digest = digestOf({ v: 1, request_digest: action.request_digest, plan });
  return { ...plan, at: now.toISOString(), digest };
}

async function prepare(room: Room, parts: Asked): Promise<Draft | Weighed> {
  const { kind, target, justification, ttlSeconds, evidence, by } = parts;
  const now = room.clock.now();
  const id = newId("action", now);
  const { connector } = ACTION_TYPE_FACTS[kind.type];
  const row = {
    id,
    type: kind.type,
    target,
    network: kind.networkOf(target),
    justification,
    incident_id: evidence?.incidentId ?? null,
    detection_ids: evidence?.detectionIds.slice(0, DETECTIONS_MAX) ?? [],
    ...weightOf(parts),
    requester: JSON.stringify(by.actor),
    requester_id: by.actor.id,
    requester_kind: by.actor.kind === "automation" ? ("automation" as const) : ("person" as const),
    people_behind: [...(by.behind ?? [])],
    ttl_seconds: ttlSeconds,
    connector,
    revision: 1,
    request_digest: requestDigest({ id, revision: 1, requester_id: by.actor.id }, parts),
    decision: null,
    dry_run: null,
    created_at: now,
    updated_at: now,
  };
  const first = await weigh(room, room.db.read, { action: { ...row, dry_run: null }, approvals: NO_APPROVALS });
  if (first.decision.outcome === "deny") return first;
  const dryRun = await runDryRun(room, room.db.read, row);
  const weighed = await weigh(room, room.db.read, { action: { ...row, dry_run: dryRun }, approvals: NO_APPROVALS });
  if (weighed.decision.outcome === "deny") return weighed;
  return { row, by, weighed, dryRun };
}

/** Denied outright: nothing is stored but the fact that somebody asked. */
async function recordDenied(room: Room, parts: Asked, { decision, input }: Weighed): Promise<Result<never>> {
  const texts = decision.reasons.map(({ text }) => text).join(" ");
  const refused = refuse("ACTION_DENIED", texts, { reasons: decision.reasons });
  const action = { id: "none", state: null, target: parts.target };
  const fact = refusedFact(action, { by: parts.by, move: "create", refusal: refused.refusal });
  const details = {
    ...fact.details,
    policies: decision.reasons.map(({ policyId }) => policyId),
    bundle_digest: decision.bundleDigest,
  };
  await room.db.audited({ ...fact, details }, async (tx) => {
    await insertDecision(tx, { actionId: null, step: "dry_run", input, decision });
  });
  return refused;
}

/**
 * Reads a request, asks policy and the connector. Refusals `TARGET_INVALID`, `NOT_FOUND` (the incident) and
 * `ACTION_DENIED`, which is logged.
 */
export async function draft(room: Room, request: ActionCreate, by: By): Promise<Result<Draft>> {
  const kind = room.kinds[request.type];
  const target = kind.readTarget(request.target);
  if (!target.ok) return target;
  const { incidentId, justification } = request;
  const evidence = incidentId === undefined ? undefined : await room.ports.evidenceOf(incidentId);
  if (incidentId !== undefined && evidence === undefined)
    return refuse("NOT_FOUND", `there is no incident ${incidentId}`);
  const ttlSeconds =
    request.ttlSeconds ?? (ACTION_TYPE_FACTS[kind.type].ttl === "required" ? TTL_DEFAULT_SECONDS : null);
  const parts = { kind, target: target.value, justification, ttlSeconds, evidence, by };
  const prepared = await prepare(room, parts);
  return "row" in prepared ? ok(prepared) : await recordDenied(room, parts, prepared);
}

/** What the dry run and policy say about it, for the log. */
export function decisionDetails({ decision }: Weighed): Fact["details"] & object {
  return {
    decision: decision.outcome,
    policies: decision.reasons.map(({ policyId }) => policyId),
    bundle_digest: decision.bundleDigest,
    // Whom it asks for: without it only the signed statements would say.
    ...(decision.requirements.length === 0 ? {} : { requirements: decision.requirements }),
  };
}

export type Stored = Readonly<{ row: ActionRow; facts: readonly Fact[] }>;

/** Writes a draft and the result of its dry run. @returns undefined when a program asked for the same already */
export async function storeDraft(
  tx: WriteTransaction,
  { row, by, weighed, dryRun }: Draft,
): Promise<Stored | undefined> {
  const at = new Date(dryRun.at);
  const stored = await insertAction(tx, { ...row, state: "draft" });
  if (stored === undefined) return undefined;
  await insertMove(tx, { row: stored, event: "create", from: null, actor: by.actor, at, note: row.justification });
  const created: Fact = {
    type: "action.created",
    actor: by.actor,
    object: { kind: "action", id: stored.id },
    after: "draft",
    requestId: by.requestId,
    details: {
      type: stored.type,
      target: stored.target,
      ttl_seconds: stored.ttl_seconds,
      justification: stored.justification,
      incident_id: stored.incident_id,
      risk: stored.risk,
      connector: stored.connector,
      revision: stored.revision,
      request_digest: stored.request_digest,
      ...(stored.people_behind.length === 0 ? {} : { behind: [...stored.people_behind] }),
    },
  };
  const moved = await storeDryRun(tx, stored, { by, weighed, dryRun });
  return { row: moved.row, facts: [created, moved.fact] };
}

export async function storeDryRun(
  tx: WriteTransaction,
  row: ActionRow,
  { by, weighed, dryRun }: Omit<Draft, "row">,
): Promise<Moved> {
  const at = new Date(dryRun.at);
  await insertDecision(tx, { actionId: row.id, step: "dry_run", ...weighed });
  return await moveAction(tx, row, {
    event: dryRunEvent(dryRun, row.state, weighed.decision),
    by,
    at,
    changes: { dry_run: JSON.stringify(dryRun), dry_run_at: at, decision: JSON.stringify(weighed.decision) },
    note: dryRun.summary,
    details: decisionDetails(weighed),
  });
}
