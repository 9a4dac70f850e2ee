import { AsyncLocalStorage } from "node:async_hooks";
import type { AuditOrigin } from "@tyr/contract";

export type Origin = AuditOrigin;
type Request = Readonly<{ requestId: string; origin: Origin }>;

/** Nobody's request: the server's own loops, and what it does at start. */
export const OWN_ORIGIN: Origin = { client: "system", address: null };
const requests = new AsyncLocalStorage<Request>();

/** What `work` writes about this request is told to come from there, through every room it passes. */
export function withinRequest<T>(request: Request, work: () => T): T {
  return requests.run(request, work);
}

/** Where the request in hand comes from; the server itself outside of one. */
export function originInHand(): Origin {
  return requests.getStore()?.origin ?? OWN_ORIGIN;
}

/**
 * Where a fact comes from. Loops and batches that a request woke run on within it, so a fact belongs to the request
 * only when it names it.
 */
export function originOfRequest(requestId: string | null): Origin {
  const request = requests.getStore();
  return requestId !== null && request?.requestId === requestId ? request.origin : OWN_ORIGIN;
}
