import {
  ACTION_TYPE_FACTS,
  ok,
  refuse,
  type Action,
  type ActionCreate,
  type ActionEdit,
  type ActionId,
  type Decision,
  type Refused,
  type Result,
} from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { requestDigest, weightOf, runDryRun, storeDryRun, type Parts } from "./draft-action.ts";
import { withMove, type Held } from "./hold-action.ts";
import { GUARDS } from "./machine/guards.ts";
import { CLONED_STATES } from "./machine/transitions.ts";
import { moveAction, refuseMove } from "./move-action.ts";
import { refusedHere } from "./own-door.ts";
import { NO_APPROVALS } from "./policy/decide.ts";
import type { Evidence } from "./ports.ts";
import { readShort } from "./read-short.ts";
import { settle, type By, type Room, type Settled } from "./room.ts";
import { findAction, insertDecision, type ActionRow } from "./store.ts";
import { answerWith, createAction, mayBeSubmitted, storeSubmit, whileOpen } from "./submit-action.ts";
import { weigh } from "./weigh.ts";

export type EditRequest = Readonly<{ id: ActionId; by: By; edit: ActionEdit }>;

type Changed = Readonly<{ held: Held; edit: ActionEdit; evidence: Evidence | undefined; by: By }>;

/** What the action asks for after the edit. Refusal `TARGET_INVALID`. */
function partsAfter(room: Room, { held, edit, evidence }: Changed): Result<Parts> {
  const { action } = held;
  const kind = room.kinds[action.type];
  const target = edit.target === undefined ? ok(action.target) : kind.readTarget(edit.target);
  if (!target.ok) return target;
  const { justification = action.justification, ttlSeconds = action.ttl_seconds } = edit;
  if (ttlSeconds === null && ACTION_TYPE_FACTS[kind.type].ttl === "required")
    return refuse("VALIDATION_FAILED", `body/ttlSeconds: a ${kind.type} always has an end`);
  return ok({ kind, target: target.value, justification, ttlSeconds, evidence });
}

/** The next revision: nothing of the old one's dry run, decision or clocks is left. Whoever is behind a program that changes it asked for it too. */
export function nextRevision(row: ActionRow, { parts, by }: Readonly<{ parts: Parts; by: By }>) {
  const revision = row.revision + 1;
  return {
    target: parts.target,
    network: parts.kind.networkOf(parts.target),
    justification: parts.justification,
    ttl_seconds: parts.ttlSeconds,
    ...weightOf(parts),
    detection_ids: row.detection_ids,
    revision,
    request_digest: requestDigest({ ...row, revision }, parts),
    people_behind: [...new Set([...row.people_behind, ...(by.behind ?? [])])],
    dry_run: null,
    dry_run_at: null,
    decision: null,
    submitted_at: null,
    deadline_at: null,
  };
}

const afterEdit = ({ held: { action, authors }, by }: Changed) => ({
  action,
  authors: new Set([...authors, by.actor.id]),
});

/** Whoever changes what waits never approves it: where then nobody could any more, it is left as it is. */
async function nobodyAfter(
  room: Room,
  tx: WriteTransaction,
  { changed, decision }: Readonly<{ changed: Changed; decision: Decision }>,
): Promise<Refused | undefined> {
  const { held, by } = changed;
  if (held.action.state !== "pending") return undefined;
  const after = afterEdit(changed);
  const short = await readShort(room, tx, { ...after, decision });
  return GUARDS.somebodyCanApprove({ ...held, ...after, by, decision, short });
}

async function storeEdit(room: Room, tx: WriteTransaction, changed: Changed): Promise<Settled<ActionRow>> {
  const { held, by } = changed;
  const { action: row, now: at } = held;
  const parts = partsAfter(room, changed);
  if (!parts.ok) return { answer: parts, facts: [] };
  const changes = nextRevision(row, { parts: parts.value, by });
  const first = await weigh(room, tx, { action: { ...row, ...changes }, approvals: NO_APPROVALS });
  if (first.decision.outcome === "deny") {
    await insertDecision(tx, { actionId: row.id, step: "dry_run", ...first });
    const { reasons } = first.decision;
    const refused = refuse("ACTION_DENIED", reasons.map(({ text }) => text).join(" "), { reasons });
    return refuseMove(row, by, { move: "edit", refused });
  }
  const refusedNobody = await nobodyAfter(room, tx, { changed, decision: first.decision });
  if (refusedNobody !== undefined) return refuseMove(row, by, { move: "edit", refused: refusedNobody });
  const { justification, ttlSeconds: ttl_seconds } = parts.value;
  const details = { justification, ttl_seconds };
  const edited = await moveAction(tx, row, { event: "edit", by, at, changes, details });
  const dryRun = await runDryRun(room, tx, edited.row);
  const weighed = await weigh(room, tx, { action: { ...edited.row, dry_run: dryRun }, approvals: NO_APPROVALS });
  const tried = await storeDryRun(tx, edited.row, { by, weighed, dryRun });
  const facts = [edited.fact, tried.fact];
  // What waited for people waits for them again; a draft stays one.
  const waits = row.state === "pending" && tried.row.state === "dry_run_ok" && mayBeSubmitted(weighed);
  if (!waits) return { answer: ok(tried.row), facts };
  const short = await readShort(room, tx, { ...afterEdit(changed), decision: weighed.decision });
  const submitted = await storeSubmit(room, tx, { row: tried.row, by, weighed, short });
  return { answer: ok(submitted.row), facts: [...facts, submitted.fact] };
}

/**
 * Changes what is asked for: a new revision with a new dry run, for which no earlier approval counts. Whoever changes it
 * never approves it.
 *
 * Refusals: `NOT_FOUND`, `TARGET_INVALID`, `VALIDATION_FAILED`, `ACTION_DENIED`, `NOBODY_CAN_APPROVE` (once they did), `APPROVAL_STALE` (somebody else changed
 * it since it was shown), `NOT_PERMITTED`, `ACTION_TRANSITION_REFUSED`.
 */
export async function editAction(room: Room, { id, by, edit }: EditRequest): Promise<Result<Action>> {
  const known = await findAction(room.db.read, id);
  if (known === undefined) return refuse("NOT_FOUND", `there is no action ${id}`);
  const elsewhere = edit.target === undefined ? undefined : refusedHere(known.type, "body/target");
  if (elsewhere !== undefined) return elsewhere;
  const incidentId = known.incident_id;
  const evidence = incidentId === null ? undefined : await room.ports.evidenceOf(incidentId);
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const change = async (held: Held) => await storeEdit(room, tx, { held, edit, evidence, by });
    const shown = { requestDigest: edit.requestDigest };
    const work = async () => await withMove(room, tx, { id, by, move: "edit", shown, work: change });
    return await whileOpen(room, tx, { by, work });
  });
  return await answerWith(room, settled, by);
}

/**
 * Asks again for what is over: another action with the same target, duration and reason, by whoever asks now. Refusals:
 * as of `createAction`; `ACTION_TRANSITION_REFUSED` while the old one can still run or is in force.
 */
export async function cloneAction(room: Room, { id, by }: Readonly<{ id: ActionId; by: By }>): Promise<Result<Action>> {
  const row = await findAction(room.db.read, id);
  if (row === undefined) return refuse("NOT_FOUND", `there is no action ${id}`);
  const elsewhere = refusedHere(row.type, id);
  if (elsewhere !== undefined) return elsewhere;
  if (!CLONED_STATES.has(row.state)) {
    const detail = `an action that is ${row.state} cannot be asked for again: it is not over`;
    return refuse("ACTION_TRANSITION_REFUSED", detail, { state: row.state, legal: [] });
  }
  const { type, target, justification, ttl_seconds: ttlSeconds, incident_id: incidentId } = row;
  const request: ActionCreate = {
    type,
    target,
    justification,
    ...(ttlSeconds === null ? {} : { ttlSeconds }),
    ...(incidentId === null ? {} : { incidentId }),
  };
  return await createAction(room, request, by);
}
