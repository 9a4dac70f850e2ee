import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from "node:https";
import { visible } from "../output/visible-text.ts";
import { limitRate, type RateLimit } from "./rate-limit.ts";
import type { Witness, WitnessAnswer } from "./witness.ts";

export type ServeOptions = Readonly<{
  witness: Witness;
  /** Requests a minute that one address may send; eight times as many from all together. */
  perMinute: number;
  /** One line of the log; text from outside in it is visible already. */
  say: (line: string) => void;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Certificate and key; left out: plain HTTP. */
  tls?: TlsOptions | undefined;
}>;

/** 63 hashes and a checkpoint with 100 signatures fit in half of it. */
export const BODY_BYTES_MAX = 64 * 1024;
const SHOWN_CHARS_MAX = 200;
const TEXT = "text/plain; charset=utf-8";
const MONITORED = /^\/([0-9a-f]{64})\/checkpoint$/;

type Reply = Readonly<{
  status: number;
  body: string;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
}>;
type Parts = ServeOptions & Readonly<{ limit: RateLimit }>;

/** @returns undefined when it is larger than anything a witness is asked */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > BODY_BYTES_MAX) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES_MAX) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function lineOf(answer: WitnessAnswer, address: string): string {
  const { cosigned, fork, status, body } = answer;
  if (cosigned !== undefined)
    return `cosigned ${visible(cosigned.origin)} from ${cosigned.from} to ${cosigned.to}, asked by ${address}`;
  if (fork !== undefined)
    return `ALARM: ${visible(fork.origin)} signed a second tree of ${fork.size} entries; kept as evidence (fork-${fork.size})`;
  const why = status === 409 ? `we know ${body.trim()} entries` : body.trim();
  return `refused ${address} with ${status}: ${visible(why.slice(0, SHOWN_CHARS_MAX))}`;
}

async function add(parts: Parts, request: IncomingMessage, address: string): Promise<Reply> {
  const body = await readBody(request);
  if (body === undefined)
    return { status: 413, body: `a request has at most ${BODY_BYTES_MAX} bytes\n`, headers: { connection: "close" } };
  const answer = await parts.witness.add(body);
  parts.say(lineOf(answer, address));
  const headers = answer.status === 503 ? { "retry-after": "5" } : {};
  return { status: answer.status, body: answer.body, contentType: answer.contentType, headers };
}

function notHere(allow: string): Reply {
  return { status: 405, body: `use ${allow}\n`, headers: { allow } };
}

async function reply(parts: Parts, request: IncomingMessage, address: string): Promise<Reply> {
  const [path = ""] = (request.url ?? "").split("?");
  const isRead = request.method === "GET" || request.method === "HEAD";
  const folder = MONITORED.exec(path)?.[1];
  if (path !== "/add-checkpoint" && folder === undefined) return { status: 404, body: "not here\n" };
  if (!parts.limit.allows(address, parts.now()))
    return { status: 429, body: "too many requests\n", headers: { "retry-after": "60", connection: "close" } };
  if (folder === undefined) return request.method === "POST" ? await add(parts, request, address) : notHere("POST");
  if (!isRead) return notHere("GET, HEAD");
  const checkpoint = parts.witness.checkpoint(folder);
  return checkpoint === undefined ? { status: 404, body: "never cosigned\n" } : { status: 200, body: checkpoint };
}

function send(response: ServerResponse, { status, body, contentType = TEXT, headers = {} }: Reply): void {
  const always = { "content-type": contentType, "cache-control": "no-store", "x-content-type-options": "nosniff" };
  response.writeHead(status, { ...always, "content-length": Buffer.byteLength(body), ...headers }).end(body);
}

/**
 * The HTTP side of a witness: `POST /add-checkpoint`, `GET /<sha256 of the origin>/checkpoint` (C2SP tlog-witness 1.0.0).
 * What travels is signed on both sides and no secret; TLS, with `tls`, shows who answers.
 */
export function witnessServer(options: ServeOptions): Server {
  const parts: Parts = { ...options, limit: limitRate(options.perMinute) };
  const limits = { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8192 };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const address = request.socket.remoteAddress ?? "unknown";
    reply(parts, request, address)
      .catch((error: unknown): Reply => {
        // A caller that went away is no failure of ours.
        if (!request.destroyed || request.complete)
          options.say(`FAILED: ${visible(error instanceof Error ? error.message : String(error))}; nothing was sent`);
        return { status: 500, body: "the witness could not store the checkpoint\n" };
      })
      .then((answer) => send(response, answer))
      .catch(() => response.destroy());
  };
  const { tls } = options;
  const server = tls === undefined ? createServer(limits, listener) : createTlsServer({ ...limits, ...tls }, listener);
  server.maxConnections = 256;
  return server;
}
