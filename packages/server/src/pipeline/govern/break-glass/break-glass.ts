import {
  BREAK_GLASS_TTL_MAX_SECONDS,
  ok,
  refuse,
  type Action,
  type ActionId,
  type BreakGlassBody,
  type BreakGlassId,
  type Result,
  type SubjectId,
} from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { signedBy } from "../approve-action.ts";
import { decisionDetails } from "../draft-action.ts";
import { withMove, type Held } from "../hold-action.ts";
import { moveAction } from "../move-action.ts";
import { settle, type By, type Room, type Settled } from "../room.ts";
import { signedColumns, signedDetails, type Signed } from "../signatures/evidence.ts";
import { insertDecision, type ActionRow } from "../store.ts";
import { answerWith, whileOpen } from "../submit-action.ts";
import { tellDeciders } from "../tell-deciders.ts";
import type { Weighed } from "../weigh.ts";
import { insertBreakGlass } from "./store.ts";

export type BreakGlassRequest = Readonly<{ id: ActionId; by: By }> & BreakGlassBody;

/** What was let through in an emergency runs at once, or is asked for again. */
const RUNS_WITHIN_MS = 15 * 60_000;

/** What waited for people does not outlive the deadline that they, and whoever breaks the glass, signed. */
export function runsUntil({ state, deadline_at: asked }: Pick<ActionRow, "state" | "deadline_at">, at: Date): Date {
  const soon = new Date(at.getTime() + RUNS_WITHIN_MS);
  return state === "pending" && asked !== null && asked < soon ? asked : soon;
}

type Breaking = Readonly<{ held: Held; weighed: Weighed; request: BreakGlassRequest; signed: Signed }>;

async function storeBroken(
  tx: WriteTransaction,
  { held, weighed, request, signed }: Breaking,
): Promise<Settled<ActionRow>> {
  const { action: row, by, now: at } = held;
  const id: BreakGlassId = newId("breakGlass", at);
  const deadline = runsUntil(row, at);
  await insertBreakGlass(tx, {
    id,
    action_id: row.id,
    revision: row.revision,
    subject_id: by.actor.id as SubjectId,
    actor: JSON.stringify(by.actor),
    reason: request.reason,
    request_digest: row.request_digest,
    dry_run_digest: row.dry_run?.digest ?? "",
    at,
    reviewer_id: null,
    reviewer: null,
    reviewed_at: null,
    verdict: null,
    review: null,
    ...signedColumns(signed),
  });
  await insertDecision(tx, { actionId: row.id, step: "break_glass", ...weighed });
  const { row: moved, fact } = await moveAction(tx, row, {
    event: "break_glass",
    by,
    at,
    changes: {
      decision: JSON.stringify(weighed.decision),
      submitted_at: row.submitted_at ?? at,
      deadline_at: deadline,
    },
    note: request.reason,
    details: {
      ...decisionDetails(weighed),
      ...signedDetails(signed),
      break_glass: id,
      deadline_at: deadline.toISOString(),
      ttl_seconds: row.ttl_seconds ?? BREAK_GLASS_TTL_MAX_SECONDS,
    },
  });
  await tellDeciders(tx, { kind: "break_glass", action: moved, by: by.actor, text: request.reason, at });
  return { answer: ok(moved), facts: [fact] };
}

/**
 * Lets an action run at once without the approvals it asks for, for an hour at most: on the word of one person, who owes
 * a review by somebody else from then on and breaks no other glass until it is closed. What no approval makes possible
 * stays impossible.
 *
 * Refusals, each logged: `NOT_PERMITTED`, `BREAK_GLASS_REVIEW_OWED`, `APPROVAL_STALE`, `DRY_RUN_STALE`, `VALIDATION_FAILED`
 * (lasts longer), `ACTION_DENIED`, `ACTION_TRANSITION_REFUSED`, `SIGNATURE_REQUIRED`, `SIGNATURE_INVALID`.
 */
export async function breakGlass(room: Room, request: BreakGlassRequest): Promise<Result<Action>> {
  const { id, by, reason, signature, requestDigest, dryRunDigest } = request;
  const settled = await settle<ActionRow>(room.db, async (tx) => {
    const broken = async (held: Held): Promise<Settled<ActionRow>> => {
      const { weighed } = held;
      if (weighed === undefined) throw new TypeError("policy was asked before the guards");
      const work = async (signed: Signed) => await storeBroken(tx, { held, weighed, request, signed });
      return await signedBy(room, tx, { held, statement: "break_glass", reason, signature, work });
    };
    const work = async () =>
      await withMove(room, tx, {
        id,
        by,
        move: "breakGlass",
        shown: { requestDigest, dryRunDigest },
        work: broken,
      });
    return await whileOpen(room, tx, { by, work });
  });
  return await answerWith(room, settled, by);
}

/** For a use of break-glass that is not there. */
export const noBreakGlass = (id: string) => refuse("NOT_FOUND", `there is no use of break-glass ${id}`);
