import type { RouteDefinition } from "@tyr/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "#identity";
import type { Logger } from "#platform/log";
import type { Call } from "./handler.ts";

/** A call, and what the handler decided about the answer. */
export type OpenCall = Readonly<{ call: Call; status: () => number | undefined }>;

export function openCall(
  request: FastifyRequest,
  reply: FastifyReply,
  by: Readonly<{ caller: Caller; address: string; log: Logger }>,
): OpenCall {
  const gone = new AbortController();
  const work: (() => Promise<void>)[] = [];
  let status: number | undefined;
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  reply.raw.once("finish", () => {
    // A HEAD has no body and an error has another: neither sent what the handler gave.
    if (request.method === "HEAD" || reply.statusCode >= 400) return;
    for (const one of work)
      one().catch((err: unknown) => by.log.error({ err, requestId: request.id }, "work after an answer failed"));
  });
  const call: Call = {
    caller: by.caller,
    requestId: request.id,
    method: request.method,
    address: by.address,
    headers: request.headers,
    signal: gone.signal,
    setHeader: (name, value) => void reply.header(name, value),
    setStatus: (given) => void (status = given),
    afterSent: (given) => void work.push(given),
  };
  return { call, status: () => status };
}

const NO_BODY = new Set([204, 205, 304]);

/** What a handler gave, in the media type its route declares. */
export function sendAnswer(
  reply: FastifyReply,
  { definition, status }: Readonly<{ definition: RouteDefinition; status: number | undefined }>,
  value: unknown,
): FastifyReply {
  const { response } = definition;
  const code = status ?? definition.status ?? 200;
  reply.code(code);
  if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  if (response === "empty" || NO_BODY.has(code)) return reply.send();
  if (typeof response !== "string") return reply.type("application/json; charset=utf-8").send(JSON.stringify(value));
  if (!reply.hasHeader("content-type"))
    reply.type(response.startsWith("text/") ? `${response}; charset=utf-8` : response);
  return reply.send(typeof value === "string" ? value : Buffer.from(value as Uint8Array));
}
