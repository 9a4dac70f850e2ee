import type { Problem } from "./schemas/basics.ts";
import type { RouteDefinition } from "./route.ts";
import { routes, type InputOf, type OutputOf, type RouteId } from "./routes/index.ts";

/** Only the parts a route declares may be passed, and those it declares must be. */
type Declared<I> = { [K in keyof I as I[K] extends undefined ? never : K]: I[K] };
type Optionals<I> = { [K in keyof I]: {} extends I[K] ? K : never }[keyof I];
export type CallInput<K extends RouteId> = Omit<Declared<InputOf<K>>, Optionals<Declared<InputOf<K>>>> &
  Partial<Declared<InputOf<K>>>;

export type ClientOptions = Readonly<{
  /** e.g. `http://127.0.0.1:8970`; empty for the page's own origin. */
  baseUrl: string;
  fetch?: typeof fetch;
  headers?: () => Readonly<Record<string, string>>;
  /** Milliseconds until a call is given up. Default 30,000. */
  timeoutMs?: number;
}>;
type RequestBody = NonNullable<RequestInit["body"]>;
export type CallOptions = Readonly<{ signal?: AbortSignal; headers?: Readonly<Record<string, string>> }>;

/** The server answered with a problem document, or with something that is not one. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly problem: Problem;
  readonly retryAfterSeconds: number | undefined;
  constructor(problem: Problem, retryAfterSeconds?: number) {
    super(problem.detail || problem.title);
    this.status = problem.status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The server did not answer at all: refused, timed out, wrong address. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  readonly code = "UNREACHABLE";
}

export type Client = Readonly<{
  call<K extends RouteId>(id: K, input: CallInput<K>, options?: CallOptions): Promise<OutputOf<K>>;
}>;

type Scalar = string | number | boolean;
type LooseInput = { params?: Record<string, Scalar>; query?: Record<string, Scalar | undefined>; body?: unknown };

/** Fills `:name` and `*` of a route's path and appends the query; undefined values are left out. */
export function urlOf(route: RouteDefinition, input: LooseInput): string {
  const path = route.path.replace(/:([A-Za-z]+)|\*/g, (whole, name: string | undefined) => {
    const value = String(input.params?.[name ?? "*"] ?? "");
    return whole === "*" ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(input.query ?? {})) if (value !== undefined) query.set(key, String(value));
  return query.size > 0 ? `${path}?${query.toString()}` : path;
}

/** What a proxy in between answers may be JSON and no problem of ours: what is missing is filled in. */
function problemIn(text: string, response: Response): Problem {
  const detail = `${response.status} ${response.statusText}: ${text.slice(0, 200)}`;
  const blank = { type: "about:blank", title: "Unexpected answer", detail, code: "INTERNAL", help: "", requestId: "" };
  const given = parsed(text);
  const said = Object.entries(given).filter(([name, value]) => Object.hasOwn(blank, name) && typeof value === "string");
  return { ...given, ...blank, ...Object.fromEntries(said), status: response.status };
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : undefined;
  return new ApiProblem(problemIn(await response.text(), response), retryAfterSeconds);
}

function bodyOf(route: RouteDefinition, body: unknown): { body?: RequestBody; headers: Record<string, string> } {
  if (body === undefined) return { headers: {} };
  if (route.body === "raw") return { body: body as RequestBody, headers: { "content-type": "application/x-ndjson" } };
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

async function readBody(route: RouteDefinition, response: Response): Promise<unknown> {
  if (response.status === 204 || route.response === "empty") return undefined;
  if (route.response === "text/plain" || route.response === "text/html") return await response.text();
  if (route.response === "application/octet-stream") return new Uint8Array(await response.arrayBuffer());
  return await response.json();
}

/**
 * A client typed by the contract.
 *
 * @throws {ApiProblem} the server refused; `problem.code` is one of ERROR_CODES
 * @throws {Unreachable} no answer within the time limit, or none at all
 */
export function createClient(options: ClientOptions): Client {
  const doFetch = options.fetch ?? fetch;
  return {
    async call(id, input, callOptions = {}) {
      const route: RouteDefinition = routes[id];
      const loose = input as LooseInput;
      const sent = bodyOf(route, loose.body);
      const limit = AbortSignal.timeout(options.timeoutMs ?? 30_000);
      const signal = callOptions.signal === undefined ? limit : AbortSignal.any([limit, callOptions.signal]);
      const headers = {
        accept: "application/json, application/problem+json, */*",
        ...sent.headers,
        ...options.headers?.(),
        ...callOptions.headers,
      };
      const init: RequestInit = {
        method: route.method,
        headers,
        signal,
        ...(sent.body === undefined ? {} : { body: sent.body }),
      };
      let response: Response;
      try {
        response = await doFetch(`${options.baseUrl}${urlOf(route, loose)}`, init);
      } catch (cause) {
        if (callOptions.signal?.aborted === true) throw cause;
        throw new Unreachable(`no answer from ${options.baseUrl || "the server"}`, { cause });
      }
      if (!response.ok) throw await problemOf(response);
      return (await readBody(route, response)) as OutputOf<typeof id>;
    },
  };
}
