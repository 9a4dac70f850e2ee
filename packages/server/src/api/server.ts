import { randomUUID } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer, type ServerOptions as HttpsOptions } from "node:https";
import type { Socket } from "node:net";
import websocket from "@fastify/websocket";
import { refuse, routes as contractRoutes, type Refused, type RouteDefinition, type RouteId } from "@tyr/contract";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Identity } from "#identity";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";
import { TokenBuckets, type RateLimits } from "#platform/rate-limits";
import type { Authenticate } from "./authenticate.ts";
import type { TrustedProxies } from "./client-address.ts";
import { CONNECTIONS_PER_PEER_MAX, limitConnections } from "./connection-limit.ts";
import { shareAcrossOrigins } from "./cors.ts";
import { Gate } from "./gate.ts";
import type { Handlers } from "./handler.ts";
import { refuseKeyInUrl } from "./key-in-url.ts";
import { createLive } from "./live.ts";
import { dialectOf, isDataRefused, refusalOf, sendRefusal } from "./problem.ts";
import { InFlight } from "./raw-body.ts";
import { RefusalLog } from "./refusal-log.ts";
import { registerRoutes } from "./register-routes.ts";
import { refuseRebound } from "./same-site.ts";
import { securityHeaders } from "./security-headers.ts";
import { serveWeb } from "./web-files.ts";

const JSON_BODY_BYTES_MAX = 256 * 1024;
/** A sender has this long for the headers and for the whole request; an answer has as long as it needs. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Those times are looked at this often. */
const TIMEOUT_CHECK_MS = 5_000;
/** Longest the last words to a broken connection may take. */
const CUT_OFF_MS = 2_000;
/** Longer than the 60 s of usual proxies, so that the proxy closes first. */
const KEEP_ALIVE_MS = 65_000;
const HEADER_BYTES_MAX = 16 * 1024;
/** Beyond these a request is refused: Node would drop headers it has no room for, and with them what they say. */
const HEADERS_MAX = 100;
const URL_CHARS_MAX = 8 * 1024;
/** Readers of the live feed have nothing to say. */
const LIVE_INPUT_BYTES_MAX = 1_024;
const FLUSH_EVERY_MS = 60_000;

export type ServerOptions = Readonly<{
  /** One per route of the contract; the live feed is the server's own. */
  handlers: Omit<Handlers, "live.connect">;
  authenticate: Authenticate;
  identity: Pick<Identity, "look" | "watchSessions">;
  database: Pick<Database, "audited">;
  bus: Bus;
  clock: Clock;
  log: Logger;
  /** Where browsers reach us; decides cookies, HSTS and what counts as our own page. */
  publicUrl: string;
  /** The address bound to: on loopback only loopback names are answered. */
  host: string;
  webDir: string;
  /** Certificate, key and what of TLS is spoken; undefined: HTTP. */
  tls?: HttpsOptions | undefined;
  /** Whose X-Forwarded-For is believed. */
  trustProxy: TrustedProxies;
  /** Nobody but a trusted proxy may connect from another machine. */
  proxiesOnly?: boolean;
  /** Origins whose pages may call with a bearer token; none by default. */
  corsOrigins?: readonly string[];
  /** Where requests are counted; in this process by default. */
  limits?: RateLimits;
  /** For tests: another table of routes, answers compared with the contract, quicker checks of live connections and bodies. */
  routes?: Readonly<Record<string, RouteDefinition>>;
  checkAnswers?: boolean;
  liveCheckEveryMs?: number;
  requestTimeoutMs?: number;
  connectionsPerPeerMax?: number;
}>;

/** A caller's own id helps to follow a request through several systems; anything odd is replaced. */
function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/.test(given) ? given : randomUUID();
}

function isLiveUpgrade({ url = "", headers }: Pick<IncomingMessage, "url" | "headers">): boolean {
  return url.split("?")[0] === contractRoutes["live.connect"].path && headers.upgrade?.toLowerCase() === "websocket";
}

type Shell = Readonly<{ options: ServerOptions; headers: Readonly<Record<string, string>> }>;

const CUT_OFF: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** What is not even HTTP, or does not end, is answered shortly and cut off: a peer that never closes holds nothing. */
function refuseGarbage(socket: Socket, headers: Shell["headers"], code: string): void {
  const destroy = (): void => void socket.destroy();
  if (!socket.writable) return destroy();
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const status = CUT_OFF[code] ?? "400 Bad Request";
  // An answer begun earlier that the peer does not read would hold up this one.
  setTimeout(destroy, CUT_OFF_MS).unref();
  socket.end([`HTTP/1.1 ${status}`, "connection: close", "content-length: 0", ...lines, "", ""].join("\r\n"), destroy);
  return undefined;
}

/** The same limits with TLS and without. */
function createListener(options: ServerOptions, listener: RequestListener): Server {
  const { tls, requestTimeoutMs } = options;
  const limits = {
    maxHeaderSize: HEADER_BYTES_MAX,
    requestTimeout: requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs ?? HEADERS_TIMEOUT_MS),
    connectionsCheckingInterval: Math.min(TIMEOUT_CHECK_MS, requestTimeoutMs ?? TIMEOUT_CHECK_MS),
    // Only the live feed is a WebSocket; elsewhere an upgrade is ignored, as HTTP allows (RFC 9110 section 7.8).
    shouldUpgradeCallback: isLiveUpgrade,
  };
  return tls === undefined ? createHttpServer(limits, listener) : createHttpsServer({ ...limits, ...tls }, listener);
}

/** Clients of the security API write some of its addresses with a slash at the end; nobody else's have one. */
function withoutEndingSlash(url: string): string {
  if (!url.startsWith("/security/")) return url;
  const [path = "", query] = url.split(/\?(.*)/s, 2);
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  return query === undefined ? bare : `${bare}?${query}`;
}

function createApp({ options, headers }: Shell): FastifyInstance {
  return fastify({
    logger: false,
    bodyLimit: JSON_BODY_BYTES_MAX,
    serverFactory: (listener) => createListener(options, listener),
    forceCloseConnections: "idle",
    return503OnClosing: true,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false },
    rewriteUrl: ({ url = "/" }) => withoutEndingSlash(url),
    exposeHeadRoutes: false,
    genReqId: requestIdOf,
    clientErrorHandler: (error, socket) => refuseGarbage(socket, headers, error.code),
    frameworkErrors: (error, request, reply) => {
      reply.headers(headers).header("x-request-id", request.id);
      answerError({ options, headers }, error, { request, reply });
    },
  });
}

type Exchange = Readonly<{ request: FastifyRequest; reply: FastifyReply }>;

/** The sender went away in the middle of its request: nobody waits for an answer, and nothing of ours broke. */
function hungUp({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}

function answerError({ options }: Shell, error: unknown, { request, reply }: Exchange): FastifyReply {
  const path = request.url.split("?")[0] ?? "";
  const place = { requestId: request.id, dialect: dialectOf(path), challenge: "Bearer" } as const;
  if (hungUp(request))
    return sendRefusal(reply, { code: "VALIDATION_FAILED", detail: "the request ended before it was whole" }, place);
  const refusal = refusalOf(error, { bodyBytesMax: request.routeOptions?.bodyLimit ?? JSON_BODY_BYTES_MAX });
  if (refusal.code === "INTERNAL" || refusal.code === "DATABASE_UNAVAILABLE")
    options.log.error({ err: error, requestId: request.id, method: request.method, path }, "a request failed");
  else if (isDataRefused(error))
    options.log.warn(
      { err: error, requestId: request.id, method: request.method, path },
      "the database refused a value",
    );
  return sendRefusal(reply, refusal, place);
}

function refuseOversized({ url, raw }: FastifyRequest): Refused | undefined {
  if (url.length > URL_CHARS_MAX)
    return refuse("URL_TOO_LONG", `the address is longer than ${URL_CHARS_MAX} characters`, { limit: URL_CHARS_MAX });
  if (raw.rawHeaders.length / 2 <= HEADERS_MAX) return undefined;
  return refuse("HEADERS_TOO_MANY", `the request has more than ${HEADERS_MAX} headers`, { limit: HEADERS_MAX });
}

function guardEverything(app: FastifyInstance, { options, headers }: Shell): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers).header("x-request-id", request.id);
    const refused =
      refuseOversized(request) ??
      refuseKeyInUrl(request.raw.url) ??
      refuseRebound(request.headers.host, options.host, options.publicUrl);
    if (refused === undefined) return shareAcrossOrigins(request, reply, options.corsOrigins ?? []);
    return sendRefusal(reply, refused.refusal, { requestId: request.id, dialect: "problem", challenge: "Bearer" });
  });
  app.setErrorHandler((error, request, reply) => answerError({ options, headers }, error, { request, reply }));
  app.removeContentTypeParser("text/plain");
}

/**
 * Builds the HTTP server: exactly the contract's routes, the live feed and the web application. Not listening yet;
 * `app.listen({ host, port })`, and `app.close()` ends it gracefully.
 *
 * @throws {RouteIncomplete} `ROUTE_INCOMPLETE` for a route without a permission or without a handler
 */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const shell: Shell = { options, headers: securityHeaders(options.publicUrl) };
  const app = createApp(shell);
  const refusals = new RefusalLog(options);
  const { limits = new TokenBuckets(options.clock), corsOrigins = [] } = options;
  const gate = new Gate({ ...options, limits, corsOrigins, refusals });
  const checkEveryMs = options.liveCheckEveryMs;
  const live = createLive({ ...options, ...(checkEveryMs === undefined ? {} : { checkEveryMs }) });
  guardEverything(app, shell);
  limitConnections(app.server, {
    trustProxy: options.trustProxy,
    perPeerMax: options.connectionsPerPeerMax ?? CONNECTIONS_PER_PEER_MAX,
    proxiesOnly: options.proxiesOnly ?? false,
  });
  await app.register(websocket, {
    options: { maxPayload: LIVE_INPUT_BYTES_MAX, perMessageDeflate: false },
    preClose: (done) => {
      live.close();
      app.websocketServer.close(() => done());
    },
  });
  registerRoutes(app, {
    routes: options.routes ?? contractRoutes,
    handlers: options.handlers satisfies Partial<Record<RouteId, unknown>>,
    gate,
    live,
    inFlight: new InFlight(),
    log: options.log,
    checkAnswers: options.checkAnswers ?? false,
  });
  serveWeb(app, options.webDir);
  const flushing = setInterval(() => {
    refusals
      .flush("over")
      .catch((err: unknown) => options.log.error({ err }, "counts of refused access were not written"));
  }, FLUSH_EVERY_MS).unref();
  app.addHook("preClose", async () => {
    clearInterval(flushing);
    await refusals.flush("all");
  });
  await app.ready();
  return app;
}
