import { ok, refuse, type AuditSearchEntry, type Result, type ReviewReport } from "@tyr/contract";
import type { Audit } from "#audit";
import { digestOfReport, type ReviewRequests, type Reviews } from "#identity";
import type { Clock } from "#platform/clock";
import type { Call, Handlers } from "./handler.ts";
import { reportCsv } from "./review-csv.ts";

export type ReviewApi = Readonly<{ reviews: Reviews; audit: Pick<Audit, "search">; clock: Clock }>;

function byOf({ caller, requestId }: Call) {
  return { actor: caller.actor, requestId };
}

/** Pages of one request's entries: a closing leaves one per item that ended, and some. */
const PAGES_MAX = 20;

async function entriesOf(audit: ReviewApi["audit"], correlationId: string): Promise<readonly AuditSearchEntry[]> {
  const entries: AuditSearchEntry[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const found = await audit.search({ correlationId, limit: 1_000, ...(after === undefined ? {} : { after }) });
    entries.push(...(found?.items ?? []));
    if (found === undefined || found.next === null) break;
    after = found.next;
  }
  return entries;
}

type Wanted = Readonly<{ type?: string; object: string; review?: string }>;

/** Requests name themselves, so an entry counts only when it is about the right thing too. */
function placeOf(entries: readonly AuditSearchEntry[], { type, object, review }: Wanted): number | null {
  const found = entries.find(
    (one) =>
      one.object.id === object &&
      (type === undefined || one.type === type) &&
      (review === undefined || one.details["review"] === review),
  );
  return found?.index ?? null;
}

async function placesIn(audit: ReviewApi["audit"], requests: ReviewRequests) {
  const read = new Map<string, readonly AuditSearchEntry[]>();
  for (const request of new Set([requests.created, ...requests.decided.values()]))
    read.set(request, await entriesOf(audit, request));
  const closing = requests.closed === null ? [] : await entriesOf(audit, requests.closed);
  return {
    of: (request: string | undefined, wanted: Wanted) => placeOf(read.get(request ?? "") ?? [], wanted),
    ofClosing: (wanted: Wanted) => placeOf(closing, wanted),
  };
}

async function report({ reviews, audit, clock }: ReviewApi, id: string, call: Call): Promise<Result<ReviewReport>> {
  const found = await reviews.get(id, call.caller.actor.id);
  if (!found.ok) return found;
  const requests = await reviews.requestsOf(id);
  if (requests === undefined) return refuse("NOT_FOUND", `there is no access review ${id}`);
  const places = await placesIn(audit, requests);
  const { review, items } = found.value;
  return ok({
    review,
    generatedAt: clock.now().toISOString(),
    itemsSha256: digestOfReport(items),
    entries: {
      created: places.of(requests.created, { type: "review.created", object: id }),
      closed: places.ofClosing({ type: "review.closed", object: id }),
    },
    items: items.map((item) => ({
      ...item,
      entries: {
        decided: places.of(requests.decided.get(item.id), { type: "review.decided", object: item.id }),
        executed: places.ofClosing({ object: item.target.id, review: id }),
      },
    })),
  });
}

export function reviewHandlers(deps: ReviewApi): Pick<Handlers, Extract<keyof Handlers, `review.${string}`>> {
  const { reviews } = deps;
  return {
    "review.list": async () => ok({ items: [...(await reviews.list())] }),
    "review.create": async ({ body }, call) => await reviews.begin(body, byOf(call)),
    "review.get": async ({ params: { id } }, call) => await reviews.get(id, call.caller.actor.id),
    "review.decide": async ({ params: { id }, body }, call) => await reviews.decide({ id, body }, byOf(call)),
    "review.close": async ({ params: { id } }, call) => await reviews.close(id, byOf(call)),
    "review.report": async ({ params: { id } }, call) => await report(deps, id, call),
    "review.reportCsv": async ({ params: { id } }, call) => {
      const made = await report(deps, id, call);
      if (!made.ok) return made;
      call.setHeader("content-disposition", `attachment; filename="${id}.csv"`);
      return ok(reportCsv(made.value));
    },
  };
}
