import { refuse, type RouteDefinition, type RouteId } from "@tyr/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "#identity";
import type { Clock } from "#platform/clock";
import { withinRequest } from "#platform/database";
import type { RateLimits } from "#platform/rate-limits";
import type { Authenticate, Authenticated } from "./authenticate.ts";
import { clientAddress, holderOf, type TrustedProxies } from "./client-address.ts";
import { allowedOrigin } from "./cors.ts";
import { dialectOf, sendRefusal, type RefusalPlace } from "./problem.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { limitOf, ROUTE_LIMITS } from "./route-limits.ts";
import { requestOrigin } from "./request-origin.ts";
import { refuseCrossSite, refuseCrossSiteSocket } from "./same-site.ts";
import { staleProof } from "./step-up.ts";

export type Route = Readonly<{ id: RouteId; definition: RouteDefinition }>;

/** How a refusal is said on this route. */
export function placeOf({ definition }: Route, requestId: string): RefusalPlace {
  const dialect = dialectOf(definition.path);
  const knowsBasic = definition.needs === "block:enforce" || dialect === "oauth";
  return { requestId, dialect, challenge: knowsBasic ? "Basic" : "Bearer" };
}

export type GateDeps = Readonly<{
  authenticate: Authenticate;
  publicUrl: string;
  trustProxy: TrustedProxies;
  /** Origins whose pages may call with a bearer token. */
  corsOrigins: readonly string[];
  clock: Clock;
  limits: RateLimits;
  refusals: RefusalLog;
}>;

/** What every request passes before its body is read: limits, who calls, may they, did their own browser page ask. */
export class Gate {
  readonly #deps: GateDeps;
  readonly #callers = new WeakMap<FastifyRequest, Caller>();

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /** @throws {Error} when the request did not pass: a handler never runs without a caller */
  callerOf(request: FastifyRequest): Caller {
    const caller = this.#callers.get(request);
    if (caller === undefined) throw new Error("the request reached a handler without passing the gate");
    return caller;
  }

  /** Does `work` so that whatever is written of it says where the request came from. */
  within<T>({ definition }: Route, request: FastifyRequest, work: () => T): T {
    const origin = requestOrigin(request.headers, definition, this.addressOf(request));
    return withinRequest({ requestId: request.id, origin }, work);
  }

  /** @returns true when the request may go on; otherwise it is answered */
  async admit(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const refused = await this.within(route, request, async () => await this.#check(route, request));
    if (refused === undefined) return true;
    sendRefusal(reply, refused, placeOf(route, request.id));
    return false;
  }

  async #check(route: Route, request: FastifyRequest) {
    const { needs } = route.definition;
    const byAddress = needs === "public" ? await this.#tooMany(route, holderOf(this.addressOf(request))) : undefined;
    if (byAddress !== undefined) return byAddress;
    const sent = { headers: request.headers, address: this.addressOf(request), requestId: request.id };
    const found = await this.#deps.authenticate(sent, needs);
    if (!found.ok) return (await this.#failedTooOften(request)) ?? found.refusal;
    const { caller, by } = found.value;
    const byCaller = needs === "public" ? undefined : await this.#tooMany(route, caller.keyId ?? caller.actor.id);
    const missing = byCaller ?? (await this.#lacks(route, caller, request));
    if (missing !== undefined) return missing;
    const foreign = this.#foreign(route, request, by) ?? (await this.#unproved(route, caller, request));
    if (foreign !== undefined) return foreign;
    this.#callers.set(request, caller);
    return undefined;
  }

  /** Where the request came from: the peer, or the client that trusted proxies name. */
  addressOf({ socket, headers }: FastifyRequest): string {
    const forwarded = headers["x-forwarded-for"];
    const text = typeof forwarded === "string" ? forwarded : forwarded?.join(",");
    return clientAddress(socket.remoteAddress ?? "", text, this.#deps.trustProxy);
  }

  /** Who a request counts for: whoever calls, of strangers the address. */
  holderOf(request: FastifyRequest): string {
    const { kind, id } = this.callerOf(request).actor;
    return kind === "anonymous" ? holderOf(this.addressOf(request)) : `${kind} ${id}`;
  }

  /** Counted after the look, so that valid credentials are never kept out by what others send from the same address. */
  async #failedTooOften(request: FastifyRequest) {
    const limit = "failed authentication";
    const wait = await this.#deps.limits.take({
      limit,
      holder: holderOf(this.addressOf(request)),
      rule: ROUTE_LIMITS[limit],
    });
    if (wait === 0) return undefined;
    const facts = { retryAfterSeconds: wait, limit };
    return refuse("TOO_MANY_REQUESTS", "too many credentials from this address were not accepted", facts).refusal;
  }

  async #unproved({ id, definition }: Route, caller: Caller, request: FastifyRequest) {
    const { needs } = definition;
    const stale = staleProof(definition, caller, this.#deps.clock.now());
    if (stale !== undefined && needs !== "public")
      await this.#deps.refusals.record({ caller, route: id, needs, why: "no recent proof", requestId: request.id });
    return stale;
  }

  #foreign({ definition }: Route, { headers, method }: FastifyRequest, by: Authenticated["by"]) {
    const { publicUrl, corsOrigins } = this.#deps;
    const sender = { method, headers, publicUrl, byCookie: by === "cookie" };
    if (definition.response === "websocket") return refuseCrossSiteSocket(sender)?.refusal;
    // A token that a page of a listed origin holds was given to it; the cookie and signing in stay our own pages'.
    if (by === "bearer" && allowedOrigin(headers, corsOrigins) !== undefined) return undefined;
    return refuseCrossSite(sender)?.refusal;
  }

  /** Whoever holds valid credentials is never limited by what others do from the same address. */
  async #tooMany(route: Route, holder: string) {
    const limit = limitOf(route);
    const wait = await this.#deps.limits.take({ limit, holder, rule: ROUTE_LIMITS[limit] });
    if (wait === 0) return undefined;
    const { per } = ROUTE_LIMITS[limit];
    const who = per === "address" ? "from this address" : "from this account or key";
    return refuse("TOO_MANY_REQUESTS", `too many requests ${who}`, { retryAfterSeconds: wait, limit }).refusal;
  }

  async #lacks({ id, definition: { needs, response } }: Route, caller: Caller, request: FastifyRequest) {
    // Whether a key still counts is looked at when a request comes; a connection that stays open has no next request.
    if (response === "websocket" && caller.keyId !== undefined)
      return refuse("NOT_PERMITTED", "the live feed is for signed-in people, not for keys", { permission: needs })
        .refusal;
    if (needs === "public" || caller.permissions.has(needs)) return undefined;
    await this.#deps.refusals.record({ caller, route: id, needs, why: "not permitted", requestId: request.id });
    return refuse("NOT_PERMITTED", `this needs the permission ${needs}`, { permission: needs }).refusal;
  }
}
