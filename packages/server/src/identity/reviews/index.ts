import {
  ok,
  refuse,
  type Result,
  type Review,
  type ReviewCreate,
  type ReviewDecide,
  type ReviewWithItems,
} from "@tyr/contract";
import { beginReview, type ReviewDeps, type Reviewing } from "./begin.ts";
import { closeReview } from "./close.ts";
import { decide } from "./decide.ts";
import { readHoldings } from "./holdings.ts";
import { listItems, listReviews, namesOf, type NamedItem, type NamedReview } from "./store.ts";
import { closedProgress, itemView, progressOf, reviewView } from "./views.ts";

export { digestOfReport } from "./report.ts";

/** By which requests the entries of a campaign and of its items were left. */
export type ReviewRequests = Readonly<{
  created: string;
  closed: string | null;
  decided: ReadonlyMap<string, string>;
}>;

/** Access reviews. Refusals are named at the functions that give them. */
export type Reviews = Readonly<{
  list(): Promise<readonly Review[]>;
  get(id: string, caller: string): Promise<Result<ReviewWithItems>>;
  requestsOf(id: string): Promise<ReviewRequests | undefined>;
  begin(body: ReviewCreate, by: Reviewing): Promise<Result<Review>>;
  decide(what: Readonly<{ id: string; body: ReviewDecide }>, by: Reviewing): Promise<Result<undefined>>;
  close(id: string, by: Reviewing): Promise<Result<ReviewWithItems>>;
}>;

async function viewOf({ database, clock }: ReviewDeps, row: NamedReview, items: readonly NamedItem[]): Promise<Review> {
  const now = clock.now();
  if (row.closed_at !== null) return reviewView(row, closedProgress(items), now);
  const holdings = new Map((await readHoldings(database.read, row, now)).map((one) => [one.id, one]));
  return reviewView(row, progressOf(items, holdings), now);
}

async function read(deps: ReviewDeps, id: string, caller: string): Promise<Result<ReviewWithItems>> {
  const { database, clock } = deps;
  const [row] = await listReviews(database.read, id);
  if (row === undefined) return refuse("NOT_FOUND", `there is no access review ${id}`);
  const items = await listItems(database.read, id);
  const closed = row.closed_at !== null;
  const now = clock.now();
  const held = closed ? [] : await readHoldings(database.read, row, now);
  const holdings = new Map(held.map((one) => [one.id, one]));
  const seen = { holdings, names: await namesOf(database.read), caller, closed };
  const progress = closed ? closedProgress(items) : progressOf(items, holdings);
  return ok({ review: reviewView(row, progress, now), items: items.map((item) => itemView(item, seen)) });
}

export function createReviews(deps: ReviewDeps): Reviews {
  const { read: db } = deps.database;
  return {
    list: async () =>
      await Promise.all(
        (await listReviews(db)).map(async (row) => await viewOf(deps, row, await listItems(db, row.id))),
      ),
    get: async (id, caller) => await read(deps, id, caller),
    async requestsOf(id) {
      const [row] = await listReviews(db, id);
      if (row === undefined) return undefined;
      const items = await listItems(db, id);
      const decided = new Map(
        items.flatMap((item) => (item.decide_request === null ? [] : [[item.id, item.decide_request] as const])),
      );
      return { created: row.create_request, closed: row.close_request, decided };
    },
    async begin(body, by) {
      const begun = await beginReview(deps, body, by);
      if (!begun.ok) return begun;
      const done = await read(deps, begun.value, by.actor.id);
      return done.ok ? ok(done.value.review) : done;
    },
    decide: async (what, by) => await decide(deps, what, by),
    async close(id, by) {
      const closed = await closeReview(deps, id, by);
      return closed.ok ? await read(deps, closed.value, by.actor.id) : closed;
    },
  };
}
