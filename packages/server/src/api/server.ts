import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import websocket from "@fastify/websocket";
import { routes as contractRoutes, type RouteDefinition, type RouteId } from "@tyr/contract";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Identity } from "#identity";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";
import type { Authenticate } from "./authenticate.ts";
import { Gate } from "./gate.ts";
import type { Handlers } from "./handler.ts";
import { createLive } from "./live.ts";
import { refusalOf, sendRefusal } from "./problem.ts";
import { InFlight, RAW_BODY_BYTES_MAX } from "./raw-body.ts";
import { RefusalLog } from "./refusal-log.ts";
import { registerRoutes } from "./register-routes.ts";
import { refuseRebound } from "./same-site.ts";
import { securityHeaders } from "./security-headers.ts";
import { serveWeb } from "./web-files.ts";

const JSON_BODY_BYTES_MAX = 256 * 1024;
/** A sender has this long for the headers and for the whole request; an answer has as long as it needs. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the 60 s of usual proxies, so that the proxy closes first. */
const KEEP_ALIVE_MS = 65_000;
const HEADER_BYTES_MAX = 16 * 1024;
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
  /** Behind one proxy that sets X-Forwarded-For. */
  trustProxy: boolean;
  /** For tests: another table of routes, answers compared with the contract, quicker checks of live connections. */
  routes?: Readonly<Record<string, RouteDefinition>>;
  checkAnswers?: boolean;
  liveCheckEveryMs?: number;
}>;

/** A caller's own id helps to follow a request through several systems; anything odd is replaced. */
function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/.test(given) ? given : randomUUID();
}

type Shell = Readonly<{ options: ServerOptions; headers: Readonly<Record<string, string>> }>;

/** What is not even HTTP is answered shortly and cut off. */
function refuseGarbage(socket: Socket, headers: Shell["headers"], isTooLarge: boolean): void {
  if (!socket.writable) return;
  const status = isTooLarge ? "431 Request Header Fields Too Large" : "400 Bad Request";
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status}`, "connection: close", "content-length: 0", ...lines, "", ""].join("\r\n"));
}

function createApp({ options, headers }: Shell): FastifyInstance {
  return fastify({
    logger: false,
    // Only the peer itself is believed: what stands further left in X-Forwarded-For anybody can write.
    trustProxy: (_address, hop) => options.trustProxy && hop === 0,
    bodyLimit: JSON_BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: 0,
    http: { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: HEADERS_TIMEOUT_MS },
    forceCloseConnections: "idle",
    return503OnClosing: true,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
    genReqId: requestIdOf,
    clientErrorHandler: (error, socket) => refuseGarbage(socket, headers, error.code === "HPE_HEADER_OVERFLOW"),
    frameworkErrors: (error, request, reply) => {
      reply.headers(headers).header("x-request-id", request.id);
      answerError({ options, headers }, error, { request, reply });
    },
  });
}

type Exchange = Readonly<{ request: FastifyRequest; reply: FastifyReply }>;

function answerError({ options }: Shell, error: unknown, { request, reply }: Exchange): FastifyReply {
  const path = request.url.split("?")[0] ?? "";
  const isRaw = request.routeOptions?.bodyLimit === RAW_BODY_BYTES_MAX;
  const refusal = refusalOf(error, { bodyBytesMax: isRaw ? RAW_BODY_BYTES_MAX : JSON_BODY_BYTES_MAX });
  if (refusal.code === "INTERNAL" || refusal.code === "DATABASE_UNAVAILABLE")
    options.log.error({ err: error, requestId: request.id, method: request.method, path }, "a request failed");
  const dialect = path.startsWith("/v1/") ? "crowdsec" : "problem";
  return sendRefusal(reply, refusal, { requestId: request.id, dialect, challenge: "Bearer" });
}

function guardEverything(app: FastifyInstance, { options, headers }: Shell): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers).header("x-request-id", request.id);
    const rebound = refuseRebound(request.headers.host, options.host, options.publicUrl);
    if (rebound === undefined) return undefined;
    return sendRefusal(reply, rebound.refusal, { requestId: request.id, dialect: "problem", challenge: "Bearer" });
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
  const gate = new Gate({ ...options, refusals });
  const checkEveryMs = options.liveCheckEveryMs;
  const live = createLive({ ...options, ...(checkEveryMs === undefined ? {} : { checkEveryMs }) });
  guardEverything(app, shell);
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
