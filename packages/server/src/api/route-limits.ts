import type { BucketRule } from "#platform/rate-limits";
import type { Route } from "./gate.ts";

/**
 * What may be asked how often (ASVS 5.0 2.4.1, 6.1.1). Public routes count the address, since nobody is known there;
 * the others the account or the key, so that nobody is slowed down by a neighbour behind the same address.
 */
export const ROUTE_LIMITS = {
  /** Signing in and setting up: the account's own delays come on top. */
  "public change": { per: "address", capacity: 10, perSecond: 1 / 3 },
  "public read": { per: "address", capacity: 60, perSecond: 1 },
  /** Cookies, tokens and keys that were not accepted. */
  "failed authentication": { per: "address", capacity: 100, perSecond: 1 },
  /** Programs that fetch and renew their tokens; several may stand behind one address. */
  "token call": { per: "address", capacity: 100, perSecond: 5 },
  /** Identity providers tell of many sessions that ended from one address. */
  "provider call": { per: "address", capacity: 100, perSecond: 10 },
  /** What a person's browser or a script of theirs reads. */
  read: { per: "caller", capacity: 400, perSecond: 40 },
  change: { per: "caller", capacity: 120, perSecond: 10 },
  /** Files of the log, each up to 256 entries: a copy of a million entries takes two minutes. */
  export: { per: "caller", capacity: 2_000, perSecond: 40 },
  /** Reads through many entries of the log for words in them: up to half a second of the embedded engine. */
  search: { per: "caller", capacity: 60, perSecond: 4 },
  /** Counts tens of thousands of entries; answers are shared for some seconds. */
  count: { per: "caller", capacity: 12, perSecond: 1 / 2 },
  /** Reads a draft of rules, and goes over stored events with it. */
  trial: { per: "caller", capacity: 5, perSecond: 1 / 5 },
  /** Recomputes the whole log: seconds of a processor. */
  verify: { per: "caller", capacity: 5, perSecond: 1 / 20 },
  /** A provider's first synchronisation writes thousands of users, one by one. */
  provisioning: { per: "caller", capacity: 1_000, perSecond: 50 },
  /** Batches of events; what they hold is limited by bytes and by the queue behind. */
  intake: { per: "caller", capacity: 4_000, perSecond: 1_000 },
  /** Reads a release of up to 96 MB and every rule against it; a person loads a few in a year. */
  release: { per: "caller", capacity: 5, perSecond: 1 / 20 },
  /** Enforcement points ask every few seconds. */
  pull: { per: "caller", capacity: 120, perSecond: 5 },
} as const satisfies Record<string, BucketRule & { per: "address" | "caller" }>;
export type RouteLimit = keyof typeof ROUTE_LIMITS;

const BY_ROUTE: Readonly<Record<string, RouteLimit>> = {
  "audit.verify": "verify",
  "backtest.create": "trial",
  "attack.load": "release",
  "audit.events": "search",
  "audit.metrics": "count",
  "audit.log": "export",
  "sso.ended": "provider call",
  "oauth.token": "token call",
  "oauth.revoke": "token call",
};

/** The one class a request to this route is counted in. */
export function limitOf({ id, definition: { needs, body, method } }: Route): RouteLimit {
  const isRead = method === "GET" || method === "HEAD";
  const own = BY_ROUTE[id];
  if (own !== undefined) return own;
  if (needs === "public") return isRead ? "public read" : "public change";
  if (needs === "block:enforce") return "pull";
  if (needs === "scim:provision") return "provisioning";
  if (body === "raw") return "intake";
  return isRead ? "read" : "change";
}

const AWAITED: ReadonlySet<RouteLimit> = new Set(["public change", "public read", "token call", "read", "change"]);

/** Somebody looks at a screen until it is answered; batches, copies of the log and provisioning have time. */
export function isAwaited(route: Route): boolean {
  return AWAITED.has(limitOf(route));
}
