import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { dialectOf, sendRefusal } from "./problem.ts";

/** Paths programs call; a browser never gets the application there. */
const PROGRAM_PATHS = /^\/(api|v1|scim|feeds|health|assets)(\/|$)|^\/openapi\.json$/;

function wantsPage({ method, headers, url }: FastifyRequest): boolean {
  const path = url.split("?")[0] ?? "";
  const isRead = method === "GET" || method === "HEAD";
  return isRead && !PROGRAM_PATHS.test(path) && (headers.accept ?? "").includes("text/html");
}

function refuseUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?")[0] ?? "";
  const detail = `nothing answers ${request.method} ${path.slice(0, 200)}`;
  return sendRefusal(
    reply,
    { code: "NOT_FOUND", detail },
    { requestId: request.id, dialect: dialectOf(path), challenge: "Bearer" },
  );
}

/** Files with a digest in their name never change; the page that names them is asked for again each time. */
function cacheControlOf(path: string): string {
  return /[\\/]assets[\\/]/.test(path) ? "public, max-age=31536000, immutable" : "no-cache";
}

/**
 * Serves the browser application, and its page for every path a person may have typed or kept. Everything else that
 * no route answers is a problem document.
 */
export function serveWeb(app: FastifyInstance, webDir: string): void {
  const isBuilt = existsSync(join(webDir, "index.html"));
  if (isBuilt)
    app.register(fastifyStatic, {
      root: webDir,
      cacheControl: false,
      dotfiles: "ignore",
      setHeaders: (reply, path) => void reply.header("cache-control", cacheControlOf(path)),
    });
  app.setNotFoundHandler(async (request, reply) => {
    if (!wantsPage(request)) return refuseUnknown(request, reply);
    if (isBuilt) return reply.code(200).sendFile("index.html");
    return reply
      .code(503)
      .type("text/plain; charset=utf-8")
      .send("The web application is not built. Run: npm run build:web\n");
  });
}
