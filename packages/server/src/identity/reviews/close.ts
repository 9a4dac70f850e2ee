import { ok, refuse, type Refused, type Result, type ReviewId, type SubjectId } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { lockDuties } from "../duties/store.ts";
import { lockRoles } from "../roles/store.ts";
import { lockAdministrators } from "../store.ts";
import type { ReviewDeps, Reviewing } from "./begin.ts";
import { carryOut, type Done, type Revoking } from "./carry-out.ts";
import { readHoldings, type Holding } from "./holdings.ts";
import { listItems, lockReview, writeClosed, type NamedItem, type NamedReview, type OutcomeOf } from "./store.ts";
import { standingOf } from "./views.ts";

type Settled = Readonly<{ outcome: OutcomeOf; facts: readonly Fact[]; committed: () => void }>;
type Closed = Readonly<{ review: NamedReview; settled: readonly Settled[] }>;
type One = Readonly<{ item: NamedItem; now: Holding | undefined }>;

const ENOUGH = 50;
const nothing = (): void => undefined;

/** Before the due date everything must be decided, about what is held now. */
function refuseOpen(all: readonly One[], { due_at }: NamedReview, now: Date): Refused | undefined {
  if (due_at <= now) return undefined;
  const of = (standing: string) =>
    all.filter((one) => standingOf(one.item, one.now) === standing).map(({ item }) => item.id);
  const [stale, open] = [of("stale"), of("undecided")];
  if (stale.length > 0)
    return refuse("REVIEW_STALE", `${stale.length} changed since they were decided`, { items: stale.slice(0, ENOUGH) });
  if (open.length > 0)
    return refuse("REVIEW_UNDECIDED", `${open.length} are not decided`, {
      items: open.slice(0, ENOUGH),
      count: open.length,
    });
  return undefined;
}

function plain({ item, now }: One, outcome: OutcomeOf["outcome"], note: string | null = null): Settled {
  return { outcome: { id: item.id, outcome, note, found: now?.held ?? null }, facts: [], committed: nothing };
}

function carried({ item, now }: One, { outcome, facts, committed, note }: Done): Settled {
  return { outcome: { id: item.id, outcome, note: note ?? null, found: now?.held ?? null }, facts, committed };
}

/**
 * What becomes of one item. A decision that cannot be carried out refuses the whole closing, because a person must decide
 * otherwise; what only the rule for undecided items would take is left then, and the report says why.
 */
async function settle(tx: WriteTransaction, one: One, revoking: Revoking): Promise<Result<Settled>> {
  const { item, now } = one;
  const standing = standingOf(item, now);
  if (standing === "gone" || now === undefined) return ok(plain(one, "gone"));
  const decided = standing === "decided";
  if (decided && item.decision === "keep") return ok(plain(one, "kept"));
  if (!decided && revoking.review.undecided === "leave") return ok(plain(one, "left", standing));
  const asked = decided ? item : { ...item, decision: null, roles: null };
  const done = await carryOut(tx, { item: asked, now }, revoking);
  if (done.ok) return ok(carried(one, done.value));
  if (!decided) return ok(plain(one, "left", done.refusal.code));
  return refuse(done.refusal.code, done.refusal.detail, { ...done.refusal.facts, items: [item.id] });
}

async function closeLocked(
  tx: WriteTransaction,
  { id, now }: Readonly<{ id: string; now: Date }>,
  revoking: Omit<Revoking, "review">,
): Promise<Result<Closed>> {
  const review = await lockReview(tx, id);
  if (review === undefined) return refuse("NOT_FOUND", `there is no access review ${id}`);
  if (review.closed_at !== null) return refuse("REVIEW_CLOSED", `it was closed on ${review.closed_at.toISOString()}`);
  // Whoever changes what somebody holds waits from here on, so that nothing changes between looking and taking away.
  await lockAdministrators(tx);
  await lockRoles(tx);
  await lockDuties(tx);
  const holdings = new Map((await readHoldings(tx, review, now)).map((one) => [one.id, one]));
  const all = (await listItems(tx, id)).map((item) => ({ item, now: holdings.get(item.target_id) }));
  const open = refuseOpen(all, review, now);
  if (open !== undefined) return open;
  const settled: Settled[] = [];
  for (const one of all) {
    const done = await settle(tx, one, { ...revoking, review });
    if (!done.ok) return done;
    settled.push(done.value);
  }
  const outcomes = settled.map(({ outcome }) => outcome);
  const { actor, requestId } = revoking.by;
  await writeClosed(tx, { id: review.id, by: actor.id as SubjectId, at: now, request: requestId, outcomes });
  return ok({ review, settled });
}

const OUTCOMES = ["kept", "revoked", "changed", "left", "gone"] as const;

function factsOf({ review, settled }: Closed, by: Reviewing): readonly Fact[] {
  const counts = OUTCOMES.map((name) => [name, settled.filter(({ outcome }) => outcome.outcome === name).length]);
  const closed: Fact = {
    type: "review.closed",
    ...by,
    object: { kind: "review", id: review.id },
    before: "open",
    after: "closed",
    details: Object.fromEntries(counts) as Record<string, number>,
  };
  return [closed, ...settled.flatMap(({ facts }) => facts)];
}

/**
 * Closes a campaign and carries its decisions out: one transaction, so all of it or nothing, and once, whoever closes at
 * the same time or kills the process. Refusals `NOT_FOUND`, `REVIEW_CLOSED`; before the due date `REVIEW_UNDECIDED` and
 * `REVIEW_STALE`; `LAST_ADMINISTRATOR`, `DUTY_CONFLICT` for a decision that cannot be carried out.
 */
export async function closeReview(
  { database, clock, endAccess }: ReviewDeps,
  id: string,
  by: Reviewing,
): Promise<Result<ReviewId>> {
  const now = clock.now();
  const done = await database.audited(
    (closed: Result<Closed>) => (closed.ok ? factsOf(closed.value, by) : []),
    async (tx) => await closeLocked(tx, { id, now }, { clock, endAccess, by }),
  );
  if (!done.ok) return done;
  for (const { committed } of done.value.settled) committed();
  return ok(done.value.review.id);
}
