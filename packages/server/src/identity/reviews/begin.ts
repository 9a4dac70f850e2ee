import { createHash } from "node:crypto";
import {
  ok,
  refuse,
  REVIEW_ITEMS_MAX,
  type Refused,
  type Result,
  type ReviewCreate,
  type ReviewId,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import type { EndAccess } from "../end-access.ts";
import { heldPermissions } from "../roles/held-permissions.ts";
import { findSubject } from "../store.ts";
import type { Administrator } from "../users.ts";
import { readHoldings, type Holding } from "./holdings.ts";
import { insertReview, type ItemRow, type ReviewRow } from "./store.ts";

export type ReviewDeps = Readonly<{ database: Database; clock: Clock; endAccess: EndAccess }>;
/** Who asks. `requestId` is also what ties decisions to their entries in the log. */
export type Reviewing = Administrator;

const DUE_DAYS_MAX = 730;
const DAY_MS = 86_400_000;

function refuseBody({ scope, role, dueAt, undecided }: ReviewCreate, now: Date): Refused | undefined {
  if ((scope === "role") !== (role !== undefined))
    return refuse("VALIDATION_FAILED", "role: asked for by the scope role, and by no other");
  const days = (new Date(dueAt).getTime() - now.getTime()) / DAY_MS;
  if (days <= 0 || days > DUE_DAYS_MAX)
    return refuse("VALIDATION_FAILED", `dueAt: after now, and at most ${DUE_DAYS_MAX} days`);
  // What nobody decided is taken away at the end: reviewers get the time to decide.
  if (undecided === "revoke" && days < 1)
    return refuse("VALIDATION_FAILED", "dueAt: at least a day ahead where undecided access is revoked");
  return undefined;
}

async function refuseReviewers(tx: WriteTransaction, ids: readonly string[]): Promise<Refused | undefined> {
  for (const id of ids) {
    const person = await findSubject(tx, id);
    if (person?.active !== true) return refuse("NOT_FOUND", `there is no active user ${id} to review`);
    if (!(await heldPermissions(tx, person.roles)).has("review:decide"))
      return refuse("VALIDATION_FAILED", `reviewers: ${person.name} holds no role with review:decide`);
  }
  return undefined;
}

function itemOf(review_id: ReviewId, { kind, id, held, digest, lastUsedAt }: Holding, now: Date): ItemRow {
  const nothing = { decision: null, reason: null, roles: null, decided_by: null, decided_at: null };
  const open = { decided_digest: null, decide_request: null, outcome: null, note: null, found: null };
  const itemId = newId("reviewItem", now);
  return { id: itemId, review_id, kind, target_id: id, held, digest, last_used_at: lastUsedAt, ...nothing, ...open };
}

/** What the entry of the beginning commits to: who held what. */
function digestOfItems(items: readonly ItemRow[]): string {
  const said = items.map(({ target_id, digest }) => `${target_id} ${digest}\n`).toSorted();
  return createHash("sha256").update(said.join("")).digest("hex");
}

function factOf(row: ReviewRow, body: ReviewCreate, items: readonly ItemRow[]) {
  const { scope, role = null, undecided, dueAt, everyDays = null } = body;
  return {
    type: "review.created",
    object: { kind: "review", id: row.id },
    before: null,
    after: "open",
    details: {
      scope,
      role,
      undecided,
      dueAt,
      everyDays,
      reviewers: body.reviewers,
      items: items.length,
      itemsDigest: digestOfItems(items),
    },
  } as const;
}

/**
 * Begins a campaign: writes down who holds what now. Refusals `VALIDATION_FAILED`, `NOT_FOUND` for reviewers who may not
 * sign in, `KEY_LIMIT_REACHED` for more items than one campaign holds.
 */
export async function beginReview(
  { database, clock }: ReviewDeps,
  body: ReviewCreate,
  by: Reviewing,
): Promise<Result<ReviewId>> {
  const now = clock.now();
  const wrong = refuseBody(body, now);
  if (wrong !== undefined) return wrong;
  const { name, scope, role = null, undecided, everyDays = null } = body;
  const row: ReviewRow = {
    id: newId("review", now),
    name,
    scope,
    role,
    undecided,
    due_at: new Date(body.dueAt),
    every_days: everyDays,
    created_by: by.actor.id as ReviewRow["created_by"],
    created_at: now,
    create_request: by.requestId,
    closed_by: null,
    closed_at: null,
    close_request: null,
  };
  const done = await database.audited(
    (begun: Result<readonly ItemRow[]>) => (begun.ok ? [{ ...factOf(row, body, begun.value), ...by }] : []),
    async (tx): Promise<Result<readonly ItemRow[]>> => {
      const nobody = await refuseReviewers(tx, body.reviewers);
      if (nobody !== undefined) return nobody;
      const items = (await readHoldings(tx, row, now)).map((one) => itemOf(row.id, one, now));
      if (items.length === 0) return refuse("VALIDATION_FAILED", "there is nothing in this scope to review");
      if (items.length > REVIEW_ITEMS_MAX)
        return refuse("KEY_LIMIT_REACHED", `${items.length} items: review role by role`, { limit: REVIEW_ITEMS_MAX });
      await insertReview(tx, row, { reviewers: body.reviewers, items });
      return ok(items);
    },
  );
  return done.ok ? ok(row.id) : done;
}
