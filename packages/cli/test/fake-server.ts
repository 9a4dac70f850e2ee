import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { ERRORS, routes, type ErrorCode, type OutputOf, type RouteDefinition, type RouteId } from "@tyr/contract";

/** What came over the wire, read back as the contract's parts. */
export type Seen = Readonly<{
  route: RouteId;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}>;
/** A refusal with the status and the help of the contract; extra facts as the real server adds them. */
export class Refuses {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | undefined;
  constructor(code: ErrorCode, facts: Readonly<Record<string, unknown>> = {}, retryAfterSeconds?: number) {
    this.code = code;
    this.facts = facts;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
type Answer<K extends RouteId> = unknown extends OutputOf<K> ? Uint8Array : OutputOf<K>;
export type Handlers = { [K in RouteId]?: (seen: Seen) => Answer<K> | Refuses };

export type FakeServer = AsyncDisposable & Readonly<{ url: string; seen: Seen[]; handlers: Handlers; token: string }>;

type Pattern = Readonly<{ id: RouteId; route: RouteDefinition; pattern: RegExp }>;
const patterns: readonly Pattern[] = Object.entries(routes).map(([id, route]) => {
  const source = route.path
    .replace(/[.]/g, "\\.")
    .replace(/:([A-Za-z]+)/g, "(?<$1>[^/]+)")
    .replace("*", "(?<rest>.+)");
  return { id: id as RouteId, route, pattern: new RegExp(`^${source}$`) };
});

function find(
  method: string,
  path: string,
): { id: RouteId; route: RouteDefinition; params: Record<string, string> } | undefined {
  for (const { id, route, pattern } of patterns) {
    const match = route.method === method ? pattern.exec(path) : null;
    if (match !== null)
      return {
        id,
        route,
        params: Object.fromEntries(
          Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value ?? "")]),
        ),
      };
  }
  return undefined;
}

function refuse(response: ServerResponse, { code, facts, retryAfterSeconds }: Refuses): void {
  const [status, title, help] = ERRORS[code];
  const problem = { type: "about:blank", title, status, detail: "", code, help, requestId: "req-42", ...facts };
  const retry = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  response.writeHead(status, { "content-type": "application/problem+json", ...retry }).end(JSON.stringify(problem));
}

function answer(response: ServerResponse, route: RouteDefinition, value: unknown): void {
  if (value instanceof Refuses) return refuse(response, value);
  if (value === undefined) return void response.writeHead(204).end();
  if (value instanceof Uint8Array)
    return void response.writeHead(200, { "content-type": "application/octet-stream" }).end(value);
  return void response
    .writeHead(route.status ?? 200, { "content-type": "application/json" })
    .end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Answers on every route of the contract: as its handler says, 401 without the token, 404 without a handler. */
export async function startFakeServer(handlers: Handlers = {}): Promise<FakeServer> {
  const seen: Seen[] = [];
  const token = "test-token";
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? "/", "http://fake");
      const found = find(request.method ?? "", url.pathname);
      if (found === undefined) return refuse(response, new Refuses("NOT_FOUND"));
      const { id, route, params } = found;
      const one: Seen = {
        route: id,
        params,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers as Seen["headers"],
        body: await bodyOf(request),
      };
      seen.push(one);
      if (route.needs !== "public" && request.headers.authorization !== `Bearer ${token}`)
        return refuse(response, new Refuses("NOT_AUTHENTICATED"));
      const handler = handlers[id] as ((seen: Seen) => unknown) | undefined;
      answer(response, route, handler?.(one) ?? (route.response === "empty" ? undefined : new Refuses("NOT_FOUND")));
    })();
  });
  const listening = Promise.withResolvers<undefined>();
  server.listen(0, "127.0.0.1", () => listening.resolve(undefined));
  await listening.promise;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    handlers,
    token,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      const closed = Promise.withResolvers<undefined>();
      server.close(() => closed.resolve(undefined));
      await closed.promise;
    },
  };
}
