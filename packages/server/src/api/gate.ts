import { refuse, type RouteDefinition, type RouteId } from "@tyr/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "#identity";
import type { Clock } from "#platform/clock";
import type { Authenticate, Needs } from "./authenticate.ts";
import { sendRefusal, type RefusalPlace } from "./problem.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { refuseCrossSite, refuseCrossSiteSocket } from "./same-site.ts";
import { holderOf, TokenBuckets } from "./token-buckets.ts";

export type Route = Readonly<{ id: RouteId; definition: RouteDefinition }>;

/** How a refusal is said on this route. */
export function placeOf({ id, definition }: Route, requestId: string): RefusalPlace {
  const dialect = id.startsWith("crowdsec.") ? "crowdsec" : "problem";
  return { requestId, dialect, challenge: definition.needs === "block:enforce" ? "Basic" : "Bearer" };
}

/** Signing in and setting up: 10 at once, then one in 3 seconds per address. Other public routes: 60, then one a second. */
const PUBLIC_CHANGES = { capacity: 10, perSecond: 1 / 3 };
const PUBLIC_READS = { capacity: 60, perSecond: 1 };
export type GateDeps = Readonly<{ authenticate: Authenticate; publicUrl: string; clock: Clock; refusals: RefusalLog }>;

/** What every request passes before its body is read: limits, who calls, may they, did their own browser page ask. */
export class Gate {
  readonly #deps: GateDeps;
  readonly #callers = new WeakMap<FastifyRequest, Caller>();
  readonly #publicChanges = new TokenBuckets(PUBLIC_CHANGES);
  readonly #publicReads = new TokenBuckets(PUBLIC_READS);

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /** @throws {Error} when the request did not pass: a handler never runs without a caller */
  callerOf(request: FastifyRequest): Caller {
    const caller = this.#callers.get(request);
    if (caller === undefined) throw new Error("the request reached a handler without passing the gate");
    return caller;
  }

  /** @returns true when the request may go on; otherwise it is answered */
  async admit(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const refused = await this.#check(route, request);
    if (refused === undefined) return true;
    sendRefusal(reply, refused, placeOf(route, request.id));
    return false;
  }

  async #check(route: Route, request: FastifyRequest) {
    const { needs } = route.definition;
    const slow = this.#tooMany(needs, request);
    if (slow !== undefined) return slow;
    const found = await this.#deps.authenticate(request.headers, needs);
    if (!found.ok) return found.refusal;
    const { caller, by } = found.value;
    const missing = await this.#lacks(route, caller, request);
    if (missing !== undefined) return missing;
    const { headers, method } = request;
    const sender = { method, headers, publicUrl: this.#deps.publicUrl, byCookie: by === "cookie" };
    const isSocket = route.definition.response === "websocket";
    const foreign = isSocket ? refuseCrossSiteSocket(sender) : refuseCrossSite(sender);
    if (foreign !== undefined) return foreign.refusal;
    this.#callers.set(request, caller);
    return undefined;
  }

  /** Whoever holds valid credentials is never limited by what others do from the same address. */
  #tooMany(needs: Needs, { ip, method }: FastifyRequest) {
    if (needs !== "public") return undefined;
    const buckets = method === "GET" || method === "HEAD" ? this.#publicReads : this.#publicChanges;
    const wait = buckets.take(holderOf(ip), this.#deps.clock.now().getTime());
    if (wait === 0) return undefined;
    return refuse("TOO_MANY_REQUESTS", "too many requests from this address", { retryAfterSeconds: wait }).refusal;
  }

  async #lacks({ id, definition: { needs } }: Route, caller: Caller, request: FastifyRequest) {
    if (needs === "public" || caller.permissions.has(needs)) return undefined;
    await this.#deps.refusals.record({ caller, route: id, needs, requestId: request.id });
    return refuse("NOT_PERMITTED", `this needs the permission ${needs}`, { permission: needs }).refusal;
  }
}
