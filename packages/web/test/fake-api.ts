import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import {
  ERRORS,
  isLiveMessage,
  permissionsOf,
  ROUTE_IDS,
  routes,
  type CallInput,
  type ErrorCode,
  type LiveData,
  type LiveEntry,
  type LiveMessage,
  type LiveTopic,
  type RouteDefinition,
  type RouteId,
  type User,
} from "@tyr/contract";
import { WebSocketServer, type WebSocket } from "ws";
import { needCode } from "./fake/account.ts";
import { answers, type Asking } from "./fake/answers.ts";
import { Refused } from "./fake/refused.ts";
import { faultsOf } from "./fake/check-contract.ts";
import { sessionOf, type World } from "./fake/world.ts";

/** The strictest policy the application promises to work under: no nonce, no inline anything. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".json": "application/json",
};
const APP = join(import.meta.dirname, "../dist/app");

export type FakeApi = Readonly<{
  url: string;
  world: World;
  /** Sends a message of the live feed to everybody connected, and keeps it for those who come back. */
  tell: <T extends LiveTopic>(topic: T, data: LiveData[T]) => void;
  dropSockets: () => void;
  /** What the application sent, or this answered, that the contract does not have. Every test ends with none. */
  faults: string[];
  /** Ends every session at once, as disabling a user does. */
  endSessions: () => void;
  /** Milliseconds each answer waits, to see the skeletons. */
  slow: { ms: number };
  close: () => Promise<void>;
}>;

type Matched = Readonly<{ id: RouteId; params: Record<string, string> }>;

function match(method: string, path: string): Matched | undefined {
  for (const id of ROUTE_IDS) {
    const route: RouteDefinition = routes[id];
    const names: string[] = [];
    const pattern = route.path.replace(/:([a-zA-Z]+)|\*/g, (_, name: string | undefined) => {
      names.push(name ?? "*");
      return name === undefined ? "(.+)" : "([^/]+)";
    });
    const found = route.method === method ? new RegExp(`^${pattern}$`).exec(path) : null;
    if (found !== null)
      return {
        id,
        params: Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")])),
      };
  }
  return undefined;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}

function queryOf(url: URL): Record<string, unknown> {
  const read = (value: string): unknown => (value === "true" ? true : value === "false" ? false : value);
  return Object.fromEntries([...url.searchParams].map(([key, value]) => [key, read(value)]));
}

function problem(response: ServerResponse, code: ErrorCode, detail: string): void {
  const [status, title, help] = ERRORS[code];
  const requestId = `req_${randomBytes(8).toString("hex")}`;
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(JSON.stringify({ type: `/docs/errors#${code}`, title, status, detail, code, help, requestId }));
}

type Sent = Readonly<{ status: number; value: unknown; cookie?: string }>;

function json(response: ServerResponse, { status, value, cookie }: Sent): void {
  const headers = { "content-type": "application/json", ...(cookie === undefined ? {} : { "set-cookie": cookie }) };
  response.writeHead(status, headers);
  response.end(value === undefined ? "" : JSON.stringify(value));
}

async function serveApp(path: string, response: ServerResponse): Promise<void> {
  const asked = normalize(path).replace(/^(\.\.[/\\])+/, "");
  const file = Object.hasOwn(TYPES, extname(asked)) ? asked : "/index.html";
  try {
    const bytes = await readFile(join(APP, file));
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
    });
    response.end(bytes);
  } catch {
    response.writeHead(404).end("not built");
  }
}

function cookieOf(request: IncomingMessage): string {
  return /tyr_session=([0-9a-f]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
}

/**
 * A server which speaks the contract from memory: enough to look at every screen and to drive its main task. Whatever
 * goes either way is held against the contract's schemas.
 */
export async function startFakeApi(world: World): Promise<FakeApi> {
  const boot = randomBytes(6).toString("hex");
  const sent: LiveMessage[] = [];
  const sockets = new Set<WebSocket>();
  const slow = { ms: 0 };
  const faults: string[] = [];

  function tell<T extends LiveTopic>(topic: T, data: LiveData[T]): void {
    const at = new Date().toISOString();
    const message: LiveEntry<T> = { type: "message", seq: sent.length + 1, topic, at, data };
    if (!isLiveMessage(message)) faults.push(`live ${topic}: ${JSON.stringify(data)}`);
    sent.push(message as LiveEntry);
    for (const socket of sockets) socket.send(JSON.stringify(message));
  }

  function signIn(user: User, response: ServerResponse): void {
    const token = randomBytes(16).toString("hex");
    world.sessions.set(token, user);
    const value = sessionOf(user);
    faults.push(...faultsOf("session.login", "response", value));
    json(response, {
      status: 201,
      value,
      cookie: `tyr_session=${token}; HttpOnly; SameSite=Strict; Path=/`,
    });
  }

  /** The two routes that make a session out of nothing. True when this was one of them. */
  async function enter(id: RouteId, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (id !== "session.login" && id !== "setup.complete") return false;
    const body = (await bodyOf(request)) as { name: string; password: string; token?: string; code?: string };
    if (id === "setup.complete") {
      if (body.token !== "one-time") {
        problem(response, "SETUP_TOKEN_INVALID", "this is not the set-up link this server printed");
        return true;
      }
      world.setupNeeded = false;
      const [first] = world.users.filter((user) => user.roles.includes("admin"));
      if (first !== undefined) signIn({ ...first, name: body.name }, response);
      return true;
    }
    const user = world.users.find((one) => one.name === body.name && one.active);
    if (user === undefined || body.password === "wrong") problem(response, "LOGIN_FAILED", "name or password is wrong");
    else {
      needCode(world.account, body.code);
      signIn(user, response);
    }
    return true;
  }

  function mayCall(route: RouteDefinition, user: User | undefined, response: ServerResponse): boolean {
    if (route.needs === "public") return true;
    const granted = world.granted.has(route.needs);
    if (user !== undefined && (granted || permissionsOf(user.roles).has(route.needs))) {
      if (route.stepUp === undefined || !world.account.proofIsOld) return true;
      problem(response, "STEP_UP_NEEDED", "this needs a proof of who you are that is at most 5 minutes old");
      return false;
    }
    if (user === undefined) problem(response, "NOT_AUTHENTICATED", "this needs a signed-in person or a key");
    else problem(response, "NOT_PERMITTED", `${route.path} needs ${route.needs}`);
    return false;
  }

  async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const matched = match(request.method ?? "GET", url.pathname);
    if (matched === undefined) return problem(response, "NOT_FOUND", "no such route");
    if (await enter(matched.id, request, response)) return undefined;
    const route: RouteDefinition = routes[matched.id];
    const user = world.sessions.get(cookieOf(request));
    if (!mayCall(route, user, response)) return undefined;
    const handler = answers[matched.id] as ((input: CallInput<RouteId>, asking: Asking) => unknown) | undefined;
    const anybody = user ?? world.users[0];
    if (handler === undefined || anybody === undefined) {
      return problem(response, "INTERNAL", `the stand-in has no answer for ${matched.id}`);
    }
    const input = { params: matched.params, query: queryOf(url), body: await bodyOf(request) };
    faults.push(...faultsOf(matched.id, "body", input.body));
    const value = handler(input as CallInput<RouteId>, { world, user: anybody, tell });
    faults.push(...faultsOf(matched.id, "response", value));
    return json(response, { status: value === undefined ? 204 : (route.status ?? 200), value });
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    const respond = async (): Promise<void> => {
      if (!url.pathname.startsWith("/api/")) return serveApp(url.pathname, response);
      if (slow.ms > 0) await new Promise((resolve) => setTimeout(resolve, slow.ms));
      return answer(request, response, url);
    };
    respond().catch((error: unknown) => {
      if (error instanceof Refused) problem(response, error.code, error.message);
      else problem(response, "INTERNAL", String(error));
    });
  });

  const live = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url ?? "/", "http://fake");
    if (!world.sessions.has(cookieOf(request))) {
      socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      return;
    }
    live.handleUpgrade(request, socket, head, (opened) => {
      sockets.add(opened);
      opened.on("close", () => sockets.delete(opened));
      opened.send(JSON.stringify({ type: "hello", boot, seq: sent.length } satisfies LiveMessage));
      const after = url.searchParams.get("boot") === boot ? Number(url.searchParams.get("after")) : sent.length;
      for (const message of sent.slice(after)) opened.send(JSON.stringify(message));
    });
  });

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stand-in has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    world,
    tell,
    slow,
    faults,
    endSessions: () => {
      world.sessions.clear();
      for (const socket of sockets) socket.close(4401, "the session has ended");
    },
    dropSockets: () => {
      for (const socket of sockets) socket.terminate();
    },
    close: async () => {
      for (const socket of sockets) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
