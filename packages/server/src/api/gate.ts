import { refuse, type RouteDefinition, type RouteId } from "@tyr/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import { anonymous, type Caller } from "#identity";
import type { Clock } from "#platform/clock";
import { urgently, withinRequest } from "#platform/database";
import type { RateLimits } from "#platform/rate-limits";
import type { Authenticate, Authenticated } from "./authenticate.ts";
import { clientAddress, holderOf, type TrustedProxies } from "./client-address.ts";
import { allowedOrigin } from "./cors.ts";
import { dialectOf, sendRefusal, type RefusalPlace } from "./problem.ts";
import type { RefusalLog, Refused } from "./refusal-log.ts";
import { isAwaited, limitOf, ROUTE_LIMITS } from "./route-limits.ts";
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

  /** Does `work` so that whatever is written of it says where the request came from; what people wait for goes first. */
  async within<T>(route: Route, request: FastifyRequest, work: () => Promise<T>): Promise<T> {
    const origin = requestOrigin(request.headers, route.definition, this.addressOf(request));
    const done = async (): Promise<T> => await withinRequest({ requestId: request.id, origin }, work);
    return await (isAwaited(route) ? urgently(done) : done());
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
    if (byAddress !== undefined) {
      await this.note(route, request, { why: "too many requests" });
      return byAddress;
    }
    const sent = { headers: request.headers, address: this.addressOf(request), requestId: request.id };
    const found = await this.#deps.authenticate(sent, needs);
    if (!found.ok) {
      await this.#notAccepted(route, found.refusal.code, request);
      return (await this.#failedTooOften(request)) ?? found.refusal;
    }
    const { caller, by } = found.value;
    const byCaller = needs === "public" ? undefined : await this.#tooMany(route, caller.keyId ?? caller.actor.id);
    if (byCaller !== undefined) await this.note(route, request, { why: "too many requests", caller });
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

  /** Logs an attempt that was refused, in the name of whoever calls; strangers are one. */
  async note(
    { id, definition: { needs } }: Route,
    { id: requestId }: FastifyRequest,
    { why, caller = anonymous }: Readonly<{ why: Refused["why"]; caller?: Caller }>,
  ): Promise<void> {
    await this.#deps.refusals.record({ caller, route: id, needs, why, requestId });
  }

  /** A session that has ended is no attempt at anything: only keys and tokens that were shown and do not count. */
  async #notAccepted(route: Route, code: string, request: FastifyRequest): Promise<void> {
    if (code === "KEY_INVALID" || code === "TOKEN_INVALID")
      await this.note(route, request, { why: "credentials not accepted" });
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

  async #unproved(route: Route, caller: Caller, request: FastifyRequest) {
    const stale = staleProof(route.definition, caller, this.#deps.clock.now());
    if (stale !== undefined && route.definition.needs !== "public")
      await this.note(route, request, { why: "no recent proof", caller });
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

  async #lacks(route: Route, caller: Caller, request: FastifyRequest) {
    const { needs, response } = route.definition;
    // Whether a key still counts is looked at when a request comes; a connection that stays open has no next request.
    if (response === "websocket" && caller.keyId !== undefined)
      return refuse("NOT_PERMITTED", "the live feed is for signed-in people, not for keys", { permission: needs })
        .refusal;
    if (needs === "public" || caller.permissions.has(needs)) return undefined;
    await this.note(route, request, { why: "not permitted", caller });
    return refuse("NOT_PERMITTED", `this needs the permission ${needs}`, { permission: needs }).refusal;
  }
}
