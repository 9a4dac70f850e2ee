import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ok, PERMISSION_NAMES, routes, type RouteDefinition, type RouteId } from "@tyr/contract";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Handlers } from "./handler.ts";
import { limitOf, ROUTE_LIMITS } from "./route-limits.ts";
import { AS, fakeServer, person, portOf, type FakeServer } from "./testing/fake-server.ts";

const everything = new Set(PERMISSION_NAMES);
const HOST = { host: "127.0.0.1:8970" };
const ADA = { ...HOST, [AS]: "ada/bearer" };
const SOC = "https://soc.example.org";

async function started(options: Parameters<typeof fakeServer>[0] = {}): Promise<FakeServer> {
  const server = await fakeServer(options);
  for (const name of ["ada", "bob"]) server.callers.set(name, person(name, everything));
  onTestFinished(async () => await server.app.close());
  return server;
}

describe("other origins", () => {
  const ask = async ({ app }: FakeServer, method: "GET" | "POST" | "OPTIONS", headers: Record<string, string>) =>
    await app.inject({ method, url: "/api/v1/sensors", headers: { ...HOST, ...headers } });
  const preflight = (origin: string) => ({
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  });

  test("read nothing by default: no preflight is answered and no answer is shared", async () => {
    const server = await started();
    for (const origin of [SOC, "null", "http://127.0.0.1:8970"]) {
      const before = await ask(server, "OPTIONS", preflight(origin));
      const after = await ask(server, "GET", { ...ADA, origin });
      expect([before.statusCode, before.headers["access-control-allow-origin"]]).toEqual([404, undefined]);
      expect(after.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test("that are listed may call with a bearer token, and are told so before", async () => {
    const server = await started({ corsOrigins: [SOC] });
    const before = await ask(server, "OPTIONS", preflight(SOC));
    expect([before.statusCode, before.body]).toEqual([204, ""]);
    expect(before.headers).toMatchObject({ "access-control-allow-origin": SOC, vary: "origin" });
    expect(before.headers["access-control-allow-headers"]).toContain("authorization");
    const after = await ask(server, "POST", { ...ADA, origin: SOC, "sec-fetch-site": "cross-site" });
    expect([after.statusCode, after.headers["access-control-allow-origin"]]).not.toEqual([403, undefined]);
    expect(after.statusCode).not.toBe(403);
    expect(after.headers["access-control-expose-headers"]).toContain("x-request-id");
  });

  test.each([
    "https://soc.example.org.evil.example",
    "https://evil-soc.example.org",
    "http://soc.example.org",
    "https://soc.example.org:8443",
    "https://SOC.example.org",
    "https://soc.example.org/",
    "null",
    "*",
    `${SOC}, https://evil.example`,
  ])("that only look like a listed one stay out: %s", async (origin) => {
    const server = await started({ corsOrigins: [SOC] });
    const before = await ask(server, "OPTIONS", preflight(origin));
    expect([before.statusCode, before.headers["access-control-allow-origin"]]).toEqual([404, undefined]);
    const change = await ask(server, "POST", { ...ADA, origin, "sec-fetch-site": "cross-site" });
    expect([change.statusCode, change.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    // A shared cache shall not hand the answer for one origin to another.
    expect(change.headers.vary).toBe("origin");
  });

  test("that are listed still cannot use the cookie, nor sign anybody in", async () => {
    const server = await started({ corsOrigins: [SOC] });
    const cross = { origin: SOC, "sec-fetch-site": "cross-site" };
    const change = await ask(server, "POST", { [AS]: "ada/cookie", ...cross });
    expect(change.statusCode).toBe(403);
    expect(change.headers["access-control-allow-credentials"]).toBeUndefined();
    const login = await server.app.inject({
      method: "POST",
      url: "/api/v1/session",
      headers: { ...HOST, ...cross },
      payload: { name: "a", password: "b" },
    });
    expect(login.json()).toMatchObject({ code: "CROSS_SITE_REQUEST" });
  });
});

describe("the content security policy", () => {
  test("lets no inline or foreign script or style run, and nobody frame the page", async () => {
    const { app } = await started();
    const { headers } = await app.inject({ url: "/", headers: { ...HOST, accept: "text/html" } });
    const policy = String(headers["content-security-policy"]);
    const directives = new Map(policy.split("; ").map((one) => [one.split(" ")[0], one.split(" ").slice(1)]));
    expect(policy).not.toMatch(/unsafe-|\*|https?:|data:[^;]*script/);
    for (const [name, sources] of Object.entries({
      "default-src": ["'none'"],
      "script-src": ["'self'"],
      "style-src": ["'self'"],
      "frame-ancestors": ["'none'"],
      "base-uri": ["'none'"],
      "form-action": ["'self'"],
    }))
      expect([name, directives.get(name)]).toEqual([name, sources]);
  });
});

describe("answers of the API", () => {
  test("are never kept by a cache, be they good or bad", async () => {
    const { app } = await started({ handlers: { "health.live": async () => ok({ live: true }) } });
    for (const url of ["/health/live", "/api/v1/sensors", "/api/v1/nothing", "/api/v1/session", "/v1/decisions"]) {
      const { headers, statusCode } = await app.inject({ url, headers: HOST });
      expect([url, statusCode, headers["cache-control"]]).toEqual([url, statusCode, "no-store"]);
    }
  });
});

describe("a reading request", () => {
  test("of every route changes nothing by method: what changes something is POST, PUT, PATCH or DELETE", () => {
    const changing = /:(write|approve|revert|request|import|enforce)$/;
    const offenders = Object.entries<RouteDefinition>(routes)
      .filter(([, { method }]) => method === "GET" || method === "HEAD")
      .filter(([, { needs, body }]) => (changing.test(needs) && needs !== "block:enforce") || body !== undefined);
    expect(offenders).toEqual([]);
  });
});

describe("limits of accounts and keys", () => {
  test("every route belongs to a class, and public ones count addresses", () => {
    for (const [id, definition] of Object.entries<RouteDefinition>(routes)) {
      const limit = limitOf({ id: id as RouteId, definition });
      const per = definition.needs === "public" ? "address" : "caller";
      expect([id, ROUTE_LIMITS[limit].per]).toEqual([id, per]);
    }
  });

  test("slow down one account that asks without end, not its colleague at the same address", async () => {
    const server = await started();
    const get = async (who: string) =>
      await server.app.inject({ url: "/api/v1/sensors", headers: { ...HOST, [AS]: `${who}/bearer` } });
    const { capacity } = ROUTE_LIMITS.read;
    for (let at = 0; at < capacity; at += 1) await get("ada");
    const slow = await get("ada");
    expect(slow.json()).toMatchObject({ code: "TOO_MANY_REQUESTS", limit: "read" });
    expect(slow.headers["retry-after"]).toBe("1");
    expect((await get("bob")).statusCode).toBe(404);
    server.clock.advance(1_000);
    expect((await get("ada")).statusCode).toBe(404);
  });

  test("end guessing at sessions and keys from one address, and keep nobody there out who has valid ones", async () => {
    const server = await started();
    const guess = async () =>
      await server.app.inject({ url: "/api/v1/sensors", headers: { ...HOST, [AS]: "nobody/bearer" } });
    for (let at = 0; at < ROUTE_LIMITS["failed authentication"].capacity; at += 1) await guess();
    expect((await guess()).json()).toMatchObject({ code: "TOO_MANY_REQUESTS", limit: "failed authentication" });
    expect((await server.app.inject({ url: "/api/v1/sensors", headers: ADA })).statusCode).toBe(404);
  });

  test("keep the costly routes for few: verifying the whole log again and again", async () => {
    const server = await started();
    const codes: number[] = [];
    for (let at = 0; at < 8; at += 1)
      codes.push((await server.app.inject({ method: "POST", url: "/api/v1/audit/verify", headers: ADA })).statusCode);
    expect(codes).toEqual([...Array<number>(ROUTE_LIMITS.verify.capacity).fill(404), 429, 429, 429]);
    // Other work of the same account goes on.
    expect((await server.app.inject({ url: "/api/v1/audit/head", headers: ADA })).statusCode).toBe(404);
  });

  test("are in force over the permission: asking for what one may not do is limited too", async () => {
    const server = await started();
    server.callers.set("eve", person("eve", new Set()));
    const knock = async () =>
      await server.app.inject({
        method: "POST",
        url: "/api/v1/audit/verify",
        headers: { ...HOST, [AS]: "eve/bearer" },
      });
    const codes: number[] = [];
    for (let at = 0; at < 6; at += 1) codes.push((await knock()).statusCode);
    expect(codes).toEqual([403, 403, 403, 403, 403, 429]);
  });

  test("that cannot be counted let nobody through", async () => {
    const limits = { take: async () => await Promise.reject(new Error("the store is away")) };
    const server = await started({ limits });
    const login = await server.app.inject({
      method: "POST",
      url: "/api/v1/session",
      headers: HOST,
      payload: { name: "a", password: "b" },
    });
    const read = await server.app.inject({ url: "/api/v1/sensors", headers: ADA });
    expect([login.statusCode, read.statusCode, server.reached]).toEqual([500, 500, []]);
  });

  test("count the client that a listed proxy names; from anywhere else the header is not believed", async () => {
    const server = await started({ trustProxy: ["192.0.2.0/28"] });
    const login = async (remoteAddress: string, client: string) => {
      const headers = { ...HOST, "x-forwarded-for": client };
      const payload = { name: "a", password: "b" };
      return (await server.app.inject({ method: "POST", url: "/api/v1/session", headers, payload, remoteAddress }))
        .statusCode;
    };
    for (let at = 0; at < 10; at += 1) await login("192.0.2.1", `6.6.6.${at}, 198.51.100.9, 192.0.2.2`);
    expect(await login("192.0.2.1", "6.6.6.99, 198.51.100.9, 192.0.2.2")).toBe(429);
    expect(await login("192.0.2.1", "198.51.100.10")).toBe(404);
    for (let at = 0; at < 10; at += 1) await login("203.0.113.5", `198.51.100.${at}`);
    expect(await login("203.0.113.5", "198.51.100.77")).toBe(429);
  });
});

describe("a request too large in its head", () => {
  test("is refused by the length of its address and the number of its headers", async () => {
    const server = await started();
    const long = await server.app.inject({ url: `/api/v1/events?q=${"a".repeat(9_000)}`, headers: ADA });
    expect([long.statusCode, long.json<{ code: string }>().code]).toEqual([414, "URL_TOO_LONG"]);
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-${at}`, "1"]));
    const crowded = await server.app.inject({ url: "/api/v1/sensors", headers: { ...ADA, ...many } });
    expect([crowded.statusCode, crowded.json<{ code: string }>().code]).toEqual([431, "HEADERS_TOO_MANY"]);
    expect(server.reached).toEqual([]);
  });
});

describe("slow peers", () => {
  async function open(server: FakeServer): Promise<Socket> {
    const socket = connect({ port: portOf(server.app), host: "127.0.0.1" });
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  }
  const listening = async (options: Parameters<typeof fakeServer>[0]) => {
    const handlers: Partial<Handlers> = { "health.live": async () => ok({ live: true }) };
    const server = await started({ ...options, handlers });
    await server.app.listen({ host: "127.0.0.1", port: 0 });
    return server;
  };

  test("that never end their headers are cut off, whatever they drip", async () => {
    const server = await listening({ requestTimeoutMs: 300 });
    const socket = await open(server);
    let answer = "";
    socket.on("data", (chunk: Buffer) => void (answer += chunk.toString()));
    const dripping = setInterval(() => void socket.write("x-a: 1\r\n"), 50);
    onTestFinished(() => clearInterval(dripping));
    socket.write("GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("hold a bounded number of connections each, and get them back", async () => {
    const server = await listening({ connectionsPerPeerMax: 3 });
    const held = [await open(server), await open(server), await open(server)];
    const refused = await open(server);
    await once(refused, "close");
    held[0]?.destroy();
    const answer = async (): Promise<string> => {
      const socket = await open(server);
      socket.write("GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
      let text = "";
      socket.on("data", (chunk: Buffer) => void (text += chunk.toString()));
      await once(socket, "close");
      return text.slice(0, 12);
    };
    await expect.poll(answer).toBe("HTTP/1.1 200");
  });

  test("behind a trusted proxy share its connections: the proxy is not cut off for its many clients", async () => {
    const server = await listening({ connectionsPerPeerMax: 1, trustProxy: ["127.0.0.0/8"] });
    const sockets = [await open(server), await open(server)];
    for (const socket of sockets) {
      socket.write("GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
      const [chunk] = (await once(socket, "data")) as [Buffer];
      expect(chunk.toString()).toMatch(/^HTTP\/1\.1 200/);
    }
  });
});
