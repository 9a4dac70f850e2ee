import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS = "authorization, content-type, idempotency-key, if-match, if-none-match, x-request-id";
const RESPONSE_HEADERS = "etag, location, retry-after, www-authenticate, x-request-id";
const PREFLIGHT_KEPT_SECONDS = "600";

/** The origin of a request, where it is one of those that may read our answers. Compared whole: no suffix, no wildcard. */
export function allowedOrigin({ origin }: IncomingHttpHeaders, origins: readonly string[]): string | undefined {
  return origin !== undefined && origins.includes(origin) ? origin : undefined;
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/**
 * Lets the pages of the listed origins call the API with a bearer token (Fetch standard, CORS protocol). Never with
 * the cookie: `Access-Control-Allow-Credentials` is not sent, so browsers neither send it nor show what came back.
 *
 * @returns the answer to a preflight of a listed origin; undefined when the request goes on
 */
export function shareAcrossOrigins(
  request: FastifyRequest,
  reply: FastifyReply,
  origins: readonly string[],
): FastifyReply | undefined {
  if (origins.length === 0) return undefined;
  // Also where the origin is not listed: no cache shall give one origin's answer to another.
  reply.header("vary", "origin");
  const origin = allowedOrigin(request.headers, origins);
  if (origin === undefined) return undefined;
  reply.header("access-control-allow-origin", origin);
  if (!isPreflight(request)) {
    reply.header("access-control-expose-headers", RESPONSE_HEADERS);
    return undefined;
  }
  return reply
    .headers({
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": PREFLIGHT_KEPT_SECONDS,
    })
    .code(204)
    .send();
}
