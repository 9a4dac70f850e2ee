import { ok, refuse, type Refused, type Result, type ReviewDecide } from "@tyr/contract";
import type { ReviewDeps, Reviewing } from "./begin.ts";
import { readHoldings, type Holding } from "./holdings.ts";
import { listItems, lockReview, writeDecision, type ItemRow, type NamedItem, type NamedReview } from "./store.ts";
import { isOwn } from "./views.ts";

type Taken = Readonly<{ item: NamedItem; now: Holding }>;

/** `change` leaves a person some of the roles they have; nothing is ever added by a review. */
function refuseShape(
  { decision, roles }: ReviewDecide,
  { item, now }: Taken,
  scope: NamedReview["scope"],
): Refused | undefined {
  if (decision !== "change")
    return roles === undefined ? undefined : refuse("VALIDATION_FAILED", "roles: asked for by change alone");
  if (item.kind !== "person" || scope === "role")
    return refuse("VALIDATION_FAILED", "change: only in a review of people; a key is kept or revoked as a whole");
  if (roles === undefined) return refuse("VALIDATION_FAILED", "roles: change says which roles stay");
  const foreign = roles.find((role) => !now.held.roles.includes(role));
  if (foreign !== undefined) return refuse("VALIDATION_FAILED", `roles: ${foreign} is not held; a review adds nothing`);
  if (roles.length === now.held.roles.length)
    return refuse("VALIDATION_FAILED", "roles: all of them stay; that is keep");
  return undefined;
}

function take(
  body: ReviewDecide,
  { items, holdings, caller }: Readonly<{ items: readonly NamedItem[]; holdings: readonly Holding[]; caller: string }>,
): Result<readonly Taken[]> {
  const taken: Taken[] = [];
  const stale: string[] = [];
  for (const { id, digest } of body.items) {
    const item = items.find((one) => one.id === id);
    if (item === undefined) return refuse("NOT_FOUND", `the campaign has no item ${id}`);
    const now = holdings.find((one) => one.id === item.target_id);
    if (isOwn(item, caller) || now?.held.owner?.id === caller)
      return refuse("OWN_ACCESS", "nobody decides about their own access", { items: [id] });
    if (now === undefined || now.digest !== digest) stale.push(id);
    else taken.push({ item, now });
  }
  if (stale.length === 0) return ok(taken);
  return refuse("REVIEW_STALE", `${stale.length} changed since they were shown`, { items: stale });
}

function refuseCampaign(review: NamedReview | undefined, id: string, caller: string): Result<NamedReview> {
  if (review === undefined) return refuse("NOT_FOUND", `there is no access review ${id}`);
  if (review.closed_at !== null) return refuse("REVIEW_CLOSED", `it was closed on ${review.closed_at.toISOString()}`);
  if (!review.reviewers.some((one) => one.id === caller))
    return refuse("NOT_PERMITTED", "you are not one of its reviewers", { permission: "review:decide" });
  return ok(review);
}

const text = ({ decision, roles }: Pick<ItemRow, "decision" | "roles">): string | null =>
  decision === "change" ? `change: ${(roles ?? []).toSorted().join(", ")}` : decision;

/**
 * Decides about items exactly as they were shown, all of them or none; deciding again replaces. Refusals `NOT_FOUND`,
 * `REVIEW_CLOSED`, `NOT_PERMITTED` for who is no reviewer, `OWN_ACCESS`, `REVIEW_STALE`, `VALIDATION_FAILED`.
 */
export async function decide(
  { database, clock }: ReviewDeps,
  { id, body }: Readonly<{ id: string; body: ReviewDecide }>,
  by: Reviewing,
): Promise<Result<undefined>> {
  const caller = by.actor.id as NonNullable<ItemRow["decided_by"]>;
  const decided_at = clock.now();
  const { decision, reason } = body;
  const roles = body.roles === undefined ? null : body.roles.toSorted();
  const written = { decision, reason, roles, decided_by: caller, decided_at, decide_request: by.requestId };
  const done = await database.audited(
    (all: Result<readonly Taken[]>) =>
      all.ok
        ? all.value.map(({ item }) => ({
            type: "review.decided" as const,
            ...by,
            object: { kind: "review_item", id: item.id },
            before: text(item),
            after: text({ decision, roles }),
            details: { review: id, of: item.target_id, reason, roles },
          }))
        : [],
    async (tx): Promise<Result<readonly Taken[]>> => {
      const review = refuseCampaign(await lockReview(tx, id), id, caller);
      if (!review.ok) return review;
      const holdings = await readHoldings(tx, review.value, decided_at);
      const taken = take(body, { items: await listItems(tx, id), holdings, caller });
      if (!taken.ok) return taken;
      for (const one of taken.value) {
        const wrong = refuseShape(body, one, review.value.scope);
        if (wrong !== undefined) return wrong;
        await writeDecision(tx, one.item.id, { ...written, decided_digest: one.now.digest });
      }
      return taken;
    },
  );
  return done.ok ? ok(undefined) : done;
}
