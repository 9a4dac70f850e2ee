import {
  ok,
  permissionsOf,
  refuse,
  type BreakGlass,
  type BreakGlassId,
  type BreakGlassReviewBody,
  type BreakGlassUse,
  type Refused,
  type Result,
} from "@tyr/contract";
import type { Fact, Page, PageBefore, WriteTransaction } from "#platform/database";
import { isRequester } from "../count-approvals.ts";
import { refuseMove } from "../move-action.ts";
import { settle, type By, type Room, type Settled } from "../room.ts";
import { findAction, listAuthors, type ActionRow } from "../store.ts";
import { noBreakGlass } from "./break-glass.ts";
import { listUses, lockBreakGlass, storeReview, type BreakGlassRow } from "./store.ts";
import { viewBreakGlass } from "./view.ts";

/** Every use, newest first: the report of all of them is this list to its end. */
export async function listBreakGlass(
  room: Room,
  query: PageBefore<BreakGlassId> & Readonly<{ owed: boolean }>,
): Promise<Page<BreakGlassUse, BreakGlassId>> {
  const { rows, next } = await listUses(room.db.read, query);
  const items = rows.map(({ type, target, state, ...row }) => ({
    ...viewBreakGlass(row),
    action: { type, target, state },
  }));
  return { rows: items, next };
}

type Reviewing = Readonly<{ row: BreakGlassRow; action: ActionRow; by: By; authors: ReadonlySet<string> }>;

/** Whoever reviews had no part in it: neither broke the glass nor asked for the action, nor changed it. */
function refusedReview({ row, action, by, authors }: Reviewing): Refused | undefined {
  const permissions = by.permissions ?? permissionsOf(by.roles);
  if (by.actor.kind !== "person" || !permissions.has("action:approve"))
    return refuse("NOT_PERMITTED", "only people with a role that may approve review", { permission: "action:approve" });
  if (row.subject_id === by.actor.id || isRequester(action, by.actor.id) || authors.has(by.actor.id))
    return refuse("APPROVAL_BY_REQUESTER", "whoever used break-glass, or asked for the action, does not review it");
  if (row.reviewed_at !== null)
    return refuse("ACTION_TRANSITION_REFUSED", "it was reviewed already: a review is given once", { legal: [] });
  return undefined;
}

function reviewedFact(row: BreakGlassRow, by: By): Fact {
  return {
    type: "break_glass.reviewed",
    actor: by.actor,
    object: { kind: "break_glass", id: row.id },
    before: "owed",
    after: row.verdict,
    requestId: by.requestId,
    details: { text: row.review, action_id: row.action_id, used_by: row.subject_id },
  };
}

export type ReviewRequest = Readonly<{ id: BreakGlassId; by: By }> & BreakGlassReviewBody;

async function reviewHeld(
  room: Room,
  tx: WriteTransaction,
  { id, by, verdict, text }: ReviewRequest,
): Promise<Settled<BreakGlass>> {
  const isOpen = await room.ports.holdAccount(tx, by.actor.id);
  if (!isOpen) return { answer: refuse("NOT_AUTHENTICATED", "the account is disabled"), facts: [] };
  const row = await lockBreakGlass(tx, id);
  const action = row === undefined ? undefined : await findAction(tx, row.action_id);
  if (row === undefined || action === undefined) return { answer: noBreakGlass(id), facts: [] };
  const authors = new Set((await listAuthors(tx, [action.id])).map((one) => one.id));
  const refused = refusedReview({ row, action, by, authors });
  if (refused !== undefined) return refuseMove(action, by, { move: "reviewBreakGlass", refused });
  const reviewed = await storeReview(tx, id, { reviewer: by.actor, at: room.clock.now(), verdict, text });
  return { answer: ok(viewBreakGlass(reviewed)), facts: [reviewedFact(reviewed, by)] };
}

/**
 * Closes the review that a use of break-glass owes, once. Refusals `NOT_FOUND`; logged: `NOT_PERMITTED`,
 * `APPROVAL_BY_REQUESTER`, `ACTION_TRANSITION_REFUSED`.
 */
export async function reviewBreakGlass(room: Room, request: ReviewRequest): Promise<Result<BreakGlass>> {
  return await settle<BreakGlass>(room.db, async (tx) => await reviewHeld(room, tx, request));
}
