import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { ERRORS, PERMISSION_NAMES, ok, refuse, routes, type RouteDefinition } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Authenticate } from "./authenticate.ts";
import type { Handlers } from "./handler.ts";
import { ROUTE_LIMITS } from "./route-limits.ts";
import { systemHandlers } from "./system.ts";
import { AS, fakeServer, person, portOf, type FakeServer } from "./testing/fake-server.ts";

const everything = new Set(PERMISSION_NAMES);
const HOST = { host: "127.0.0.1:8970" };
const ADA = { ...HOST, [AS]: "ada" };
const HEADERS = [
  "content-security-policy",
  "x-content-type-options",
  "x-frame-options",
  "referrer-policy",
  "cross-origin-opener-policy",
  "x-request-id",
];

async function started(
  handlers: Partial<Handlers> = {},
  more: Parameters<typeof fakeServer>[0] = {},
): Promise<FakeServer> {
  const missing = async () => refuse("NOT_FOUND", "reached");
  const whole = new Proxy(handlers, { get: (given, name) => Reflect.get(given, name) ?? missing });
  const server = await fakeServer({ ...more, handlers: whole });
  server.callers.set("ada", person("ada", everything));
  return server;
}

describe("every answer", () => {
  let server: FakeServer;
  beforeAll(async () => {
    server = await started({
      "health.live": async () => ok({ live: true }),
      "sensor.list": async () => await Promise.reject(new Error("secret inside")),
    });
  });
  afterAll(async () => await server.app.close());

  const places: [string, string, string][] = [
    ...Object.entries<RouteDefinition>(routes).map(([id, route]): [string, string, string] => [
      id,
      route.method,
      route.path.replace(/:[a-z]+/gi, "x").replace("*", "x"),
    ]),
    ["an unknown path", "GET", "/api/v1/nothing"],
    ["an unknown method", "PUT", "/api/v1/sensors"],
    ["the page", "GET", "/"],
    ["a deep page", "GET", "/incidents/inc_1"],
    ["a file", "GET", "/assets/index-abc.js"],
    ["a bad escape", "GET", "/api/v1/events/%ff%zz"],
    ["a dot file", "GET", "/.secret"],
    ["a walk upwards", "GET", "/assets/..%2f..%2fpackage.json"],
  ];
  test.each(places)("to %s carries the security headers and a request id", async (_name, method, url) => {
    const response = await server.app.inject({
      method: method as "GET",
      url,
      headers: { ...ADA, accept: "text/html" },
      remoteAddress: `2001:db8:0:${places.findIndex((one) => one[2] === url).toString(16)}::1`,
    });
    for (const name of HEADERS) expect([name, typeof response.headers[name]]).toEqual([name, "string"]);
    expect(response.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
    expect(response.headers["strict-transport-security"]).toBeUndefined();
    expect(response.headers["access-control-allow-origin"]).toBeUndefined();
    expect(response.headers["x-powered-by"]).toBeUndefined();
  });

  test("that is an error is a problem document, and tells nothing of the inside", async () => {
    const response = await server.app.inject({
      url: "/api/v1/sensors",
      headers: { ...ADA, "x-request-id": "abc-12345678" },
    });
    expect(response.statusCode).toBe(500);
    expect(response.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(response.json()).toMatchObject({
      type: "/docs/errors#INTERNAL",
      status: 500,
      code: "INTERNAL",
      requestId: "abc-12345678",
    });
    expect(response.body).not.toContain("secret inside");
  });

  test("says when to come back and how to sign in", async () => {
    const response = await server.app.inject({ url: "/api/v1/sensors", headers: HOST });
    expect(response.headers["www-authenticate"]).toBe('Bearer realm="tyr"');
    const feed = await server.app.inject({ url: "/feeds/blocklist.txt", headers: HOST });
    expect(feed.headers["www-authenticate"]).toBe('Basic realm="tyr"');
  });

  test("over https tells browsers to stay there", async () => {
    const secure = await started({}, { publicUrl: "https://tyr.example" });
    const response = await secure.app.inject({ url: "/health/live", headers: HOST });
    expect(response.headers["strict-transport-security"]).toMatch(/^max-age=31536000; includeSubDomains$/);
    await secure.app.close();
  });

  test("keeps a sane request id and replaces an odd one", async () => {
    for (const [given, kept] of [
      ["trace-0123456789", true],
      ["short", false],
      ["a b c d e f g h", false],
      ["x".repeat(200), false],
      ["<script>alert(1)</script>", false],
    ] as const) {
      const response = await server.app.inject({ url: "/health/live", headers: { ...HOST, "x-request-id": given } });
      expect([given, response.headers["x-request-id"] === given]).toEqual([given, kept]);
    }
  });
});

describe("a request", () => {
  test("is validated by the contract: what, where, and nothing unknown in a body", async () => {
    const server = await started();
    const post = async (payload: string | object, type = "application/json") =>
      await server.app.inject({
        method: "POST",
        url: "/api/v1/users",
        headers: { ...ADA, "content-type": type },
        payload,
      });
    const bad = await post({ name: "bob", password: "x", roles: ["god"], admin: true });
    expect(bad.json()).toMatchObject({ code: "VALIDATION_FAILED", status: 400 });
    expect(JSON.stringify(bad.json().errors)).toContain("/roles/0");
    expect(JSON.stringify(bad.json().errors)).toContain("admin");
    expect((await post("{")).json()).toMatchObject({ code: "VALIDATION_FAILED" });
    expect((await post('{"__proto__": {"x": 1}}')).json()).toMatchObject({ code: "VALIDATION_FAILED" });
    expect((await post("a=1", "application/x-www-form-urlencoded")).json()).toMatchObject({
      code: "MEDIA_TYPE_UNSUPPORTED",
    });
    expect((await post("hello", "text/plain")).json()).toMatchObject({ code: "MEDIA_TYPE_UNSUPPORTED" });
    expect((await post({ name: "x".repeat(300_000) })).json()).toMatchObject({
      code: "BODY_TOO_LARGE",
      limit: 262_144,
    });
    await server.app.close();
  });

  test("has numbers and switches of its address read strictly, with their defaults", async () => {
    const seen: unknown[] = [];
    const server = await started({
      "event.list": async ({ query }) => {
        seen.push(query);
        return ok({ items: [], next: null });
      },
    });
    const get = async (query: string) =>
      (await server.app.inject({ url: `/api/v1/events?${query}`, headers: ADA })).statusCode;
    expect(await get("limit=20")).toBe(200);
    expect(await get("")).toBe(200);
    expect(seen).toMatchObject([{ limit: 20 }, { limit: 50 }]);
    for (const query of ["limit=20.5", "limit=1e2", "limit=0x10", "limit=-1", "limit=501", "limit=", "limit=1&limit=2"])
      expect([query, await get(query)]).toEqual([query, 400]);
    await server.app.close();
  });

  test("with bytes reaches its handler as they came, up to 8 MiB, whatever it calls itself", async () => {
    const seen: [number, string | undefined][] = [];
    const server = await started({
      "event.send": async ({ body }, { headers }) => {
        seen.push([body.length, headers["content-encoding"]]);
        return refuse("NOT_FOUND", "x");
      },
    });
    const send = async (bytes: number, headers: Record<string, string>) =>
      await server.app.inject({
        method: "POST",
        url: "/api/v1/events",
        headers: { ...ADA, ...headers },
        payload: Buffer.alloc(bytes, 0x0a),
      });
    await send(3_000_000, { "content-type": "application/x-ndjson", "content-encoding": "gzip" });
    await send(10, { "content-type": "application/json" });
    await send(10, {});
    await server.app.inject({ method: "POST", url: "/api/v1/events", headers: ADA });
    expect(seen).toEqual([
      [3_000_000, "gzip"],
      [10, undefined],
      [10, undefined],
      [0, undefined],
    ]);
    const large = await send(8 * 1024 * 1024 + 1, { "content-type": "text/plain" });
    expect(large.json()).toMatchObject({ code: "BODY_TOO_LARGE", limit: 8_388_608 });
    await server.app.close();
  });

  test("of somebody who may not send is refused before its body is read", async () => {
    const server = await started();
    await server.app.listen({ host: "127.0.0.1", port: 0 });
    onTestFinished(async () => await server.app.close());
    const port = portOf(server.app);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/api/v1/events",
        headers: { "content-length": 5_000_000 },
      });
      request.on("response", (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on("error", reject);
      request.write("only the beginning");
    });
    expect(status).toBe(401);
  });

  test("that is not HTTP is cut off shortly", async () => {
    const server = await started();
    await server.app.listen({ host: "127.0.0.1", port: 0 });
    onTestFinished(async () => await server.app.close());
    const port = portOf(server.app);
    const answers = async (sent: string): Promise<string> =>
      await new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => void socket.write(sent));
        let text = "";
        socket.on("data", (chunk: Buffer) => void (text += chunk.toString()));
        socket.on("close", () => resolve(text));
        socket.on("error", () => resolve(text));
      });
    expect(await answers("\x16\x03\x01 hello\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*content-security-policy/,
    );
    expect(await answers(`GET / HTTP/1.1\r\nhost: x\r\nx-a: ${"a".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/);
  });
});

describe("a change", () => {
  const change = async (server: FakeServer, headers: Record<string, string>) =>
    (
      await server.app.inject({ method: "POST", url: "/api/v1/sessions/end-others", headers: { ...HOST, ...headers } })
    ).json<{ code: string }>().code;

  test("carried by the cookie must come from our own page", async () => {
    const server = await started();
    const cookie = { [AS]: "ada/cookie" };
    for (const own of [
      { "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
      { origin: "http://127.0.0.1:8970" },
    ])
      expect([own, await change(server, { ...cookie, ...own })]).toEqual([own, "NOT_FOUND"]);
    for (const foreign of [
      {},
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "cross-site", origin: "http://127.0.0.1:8970" },
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: "http://127.0.0.1:9999" },
    ])
      expect([foreign, await change(server, { ...cookie, ...foreign })]).toEqual([foreign, "CROSS_SITE_REQUEST"]);
    expect(await change(server, { [AS]: "ada/bearer" })).toBe("NOT_FOUND");
    await server.app.close();
  });

  test("of a public route is refused to other sites, and open to programs", async () => {
    const server = await started();
    const login = async (headers: Record<string, string>) =>
      (
        await server.app.inject({
          method: "POST",
          url: "/api/v1/session",
          headers: { ...HOST, ...headers },
          payload: { name: "a", password: "b" },
        })
      ).statusCode;
    expect(await login({})).toBe(404);
    expect(await login({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await login({ origin: "http://evil.example" })).toBe(403);
    await server.app.close();
  });
});

describe("a server on loopback", () => {
  test("answers to loopback names only, so that a rebound name reads nothing", async () => {
    const server = await started({ "health.live": async () => ok({ live: true }) });
    const status = async (host: string) =>
      (await server.app.inject({ url: "/health/live", headers: { host } })).statusCode;
    for (const host of ["localhost:8970", "127.0.0.1:8970", "127.9.9.9", "[::1]:8970", "LOCALHOST"])
      expect([host, await status(host)]).toEqual([host, 200]);
    for (const host of [
      "evil.example:8970",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "10.0.0.1",
      "1.127.0.0.1:80",
    ])
      expect([host, await status(host)]).toEqual([host, 403]);
    await server.app.close();
    const reachable = await started({ "health.live": async () => ok({ live: true }) }, { host: "0.0.0.0" });
    expect((await reachable.app.inject({ url: "/health/live", headers: { host: "tyr.lan" } })).statusCode).toBe(200);
    await reachable.app.close();
  });
});

describe("limits", () => {
  test("slow down an address that signs in again and again, not its neighbours", async () => {
    const server = await started();
    const login = async (remoteAddress: string) =>
      await server.app.inject({
        method: "POST",
        url: "/api/v1/session",
        headers: HOST,
        payload: { name: "a", password: "b" },
        remoteAddress,
      });
    const codes: number[] = [];
    for (let at = 0; at < 12; at += 1) codes.push((await login(`2001:db8::${at}`)).statusCode);
    expect(codes).toEqual([...Array<number>(10).fill(404), 429, 429]);
    const slow = await login("2001:db8::ffff");
    expect(slow.headers["retry-after"]).toBe("3");
    expect(slow.json()).toMatchObject({ code: "TOO_MANY_REQUESTS" });
    expect((await login("2001:db8:0:1::1")).statusCode).toBe(404);
    server.clock.advance(3_000);
    expect((await login("2001:db8::1")).statusCode).toBe(404);
    await server.app.close();
  });

  test("count the client behind a trusted proxy, and believe nobody else", async () => {
    for (const trustProxy of [true, false]) {
      const addresses: string[] = [];
      const server = await started(
        {
          "health.live": async (_input, { address }) => {
            addresses.push(address);
            return ok({ live: true });
          },
        },
        { trustProxy },
      );
      const headers = { ...HOST, "x-forwarded-for": "6.6.6.6, 198.51.100.9" };
      await server.app.inject({ url: "/health/live", headers, remoteAddress: "192.0.2.1" });
      expect(addresses).toEqual([trustProxy ? "198.51.100.9" : "192.0.2.1"]);
      await server.app.close();
    }
  });
});

describe("refused access", () => {
  test("is logged once a minute per person and route, with the count", async () => {
    const server = await started();
    server.callers.set("bob", person("bob", new Set()));
    const knock = async (url: string) => await server.app.inject({ url, headers: { ...HOST, [AS]: "bob" } });
    for (let at = 0; at < 50; at += 1) await knock("/api/v1/users");
    await knock("/api/v1/sensors");
    expect(server.facts).toMatchObject([
      {
        type: "access.refused",
        outcome: "refused",
        actor: { name: "bob" },
        object: { id: "user.list" },
        details: { permission: "user:read", times: 1 },
      },
      { object: { id: "sensor.list" } },
    ]);
    server.clock.advance(60_000);
    await knock("/api/v1/users");
    expect(server.facts.at(-1)).toMatchObject({ object: { id: "user.list" }, details: { times: 50 } });
    await knock("/api/v1/users");
    await server.app.close();
    expect(server.facts.at(-1)).toMatchObject({ object: { id: "user.list" }, details: { times: 1 } });
    expect(server.facts).toHaveLength(4);
  });

  test("for want of a recent proof is logged too, and says where it was asked for", async () => {
    const server = await started();
    const { provedAt: _never, ...unproved } = person("bob", new Set(["secret:rotate"] as const));
    server.callers.set("bob", unproved);
    const headers = { ...HOST, [AS]: "bob", "content-type": "application/json", "sec-fetch-site": "same-origin" };
    const { method, path: url } = routes["secret.rotate"];
    for (let at = 0; at < 3; at += 1) await server.app.inject({ method, url, headers, payload: "{}" });
    await server.app.close();
    expect(server.facts).toMatchObject([
      {
        type: "access.refused",
        outcome: "refused",
        object: { kind: "route", id: "secret.rotate" },
        origin: { client: "browser", address: "127.0.0.1" },
        details: { permission: "secret:rotate", reason: "no recent proof", times: 1 },
      },
      { details: { reason: "no recent proof", times: 2 } },
    ]);
  });

  test("is logged for keys that do not count, for input that fits no request and for asking too often, each once a minute", async () => {
    const unknown: Authenticate = async (_sent, needs) =>
      needs === "event:write"
        ? refuse("KEY_INVALID", "the key is unknown")
        : ok({ caller: person("bob", new Set(["sensor:write", "sensor:read"])), by: "bearer" });
    const server = await started({}, { authenticate: unknown });
    const knock = async (route: { method: string; path: string }, payload?: string) =>
      await server.app.inject({
        method: route.method as "GET",
        url: route.path,
        headers: { ...HOST, "content-type": "application/json" },
        ...(payload === undefined ? {} : { payload }),
      });
    for (let at = 0; at < 3; at += 1) {
      await knock(routes["event.send"], "{}");
      await knock(routes["sensor.create"], '{"unknown":1}');
    }
    for (let at = 0; at <= ROUTE_LIMITS.read.capacity + 2; at += 1) await knock(routes["sensor.list"]);
    await server.app.close();
    const told = server.facts.map(({ type, actor, object, details }) => [
      type,
      actor.name,
      object.id,
      details?.["reason"],
    ]);
    expect(told).toEqual(
      expect.arrayContaining([
        ["access.refused", "anonymous", "event.send", "credentials not accepted"],
        ["access.refused", "bob", "sensor.create", "input refused"],
        ["access.refused", "bob", "sensor.list", "too many requests"],
      ]),
    );
    // Each once when it began, and once with the count of the rest when the server stopped.
    expect(told).toHaveLength(6);
  });

  test("by nobody in particular is not logged", async () => {
    const server = await started();
    await server.app.inject({ url: "/api/v1/users", headers: HOST });
    expect(server.facts).toEqual([]);
    await server.app.close();
  });
});

describe("answers that are not JSON", () => {
  test("are text with its own headers, or nothing with 304, also for HEAD", async () => {
    const server = await started({
      "feed.blocklist": async (_input, call) => {
        call.setHeader("etag", '"1"');
        if (call.headers["if-none-match"] === '"1"') call.setStatus(304);
        return ok("192.0.2.1\n");
      },
      "crowdsec.stream": async () => await Promise.reject(new Error("x")),
      "audit.log": async () => ok(new Uint8Array([1, 2, 255])),
    });
    const feed = await server.app.inject({ url: "/feeds/blocklist.txt", headers: ADA });
    expect([feed.statusCode, feed.body, feed.headers["content-type"], feed.headers["etag"]]).toEqual([
      200,
      "192.0.2.1\n",
      "text/plain; charset=utf-8",
      '"1"',
    ]);
    const same = await server.app.inject({ url: "/feeds/blocklist.txt", headers: { ...ADA, "if-none-match": '"1"' } });
    expect([same.statusCode, same.body]).toEqual([304, ""]);
    const head = await server.app.inject({ method: "HEAD", url: "/feeds/blocklist.txt", headers: ADA });
    expect([head.statusCode, head.body, head.headers["content-length"]]).toEqual([200, "", "10"]);
    const tile = await server.app.inject({ url: "/api/v1/audit/log/tile/0/000", headers: ADA });
    expect([...tile.rawPayload]).toEqual([1, 2, 255]);
    await server.app.close();
  });

  test("CrowdSec's clients get the refusals they know", async () => {
    const server = await started({ "crowdsec.stream": async () => await Promise.reject(new Error("x")) });
    const bad = await server.app.inject({ url: "/v1/decisions/stream?startup=true", headers: HOST });
    expect([bad.statusCode, bad.json()]).toEqual([403, { message: "access forbidden" }]);
    expect((await server.app.inject({ method: "HEAD", url: "/v1/decisions", headers: HOST })).statusCode).toBe(403);
    const broken = await server.app.inject({ url: "/v1/decisions/stream", headers: ADA });
    expect([broken.statusCode, Object.keys(broken.json())]).toEqual([500, ["message"]]);
    await server.app.close();
  });

  test("work after an answer runs when it was sent", async () => {
    let done = 0;
    const server = await started({
      "health.live": async (_input, call) => {
        call.afterSent(async () => void (done += 1));
        return ok({ live: true });
      },
    });
    await server.app.inject({ url: "/health/live", headers: HOST });
    expect(done).toBe(1);
    await server.app.inject({ method: "HEAD", url: "/health/live", headers: HOST });
    expect(done).toBe(1);
    await server.app.close();
  });

  test("an answer that is not what the contract says is found in tests", async () => {
    const server = await started(
      { "health.live": async () => ok({ live: false } as unknown as { live: true }) },
      { checkAnswers: true },
    );
    expect((await server.app.inject({ url: "/health/live", headers: HOST })).statusCode).toBe(500);
    await server.app.close();
  });
});

describe("the page about errors", () => {
  test("is where the type of every problem leads, without signing in", async () => {
    const server = await started(
      systemHandlers({ version: "1.0.0", cookieName: "tyr", notReady: async () => undefined }),
    );
    const problem = (await server.app.inject({ url: "/api/v1/sensors", headers: HOST })).json<{ type: string }>();
    const { pathname, hash } = new URL(problem.type, "http://127.0.0.1:8970");
    const page = await server.app.inject({ url: pathname, headers: { ...HOST, accept: "text/html" } });
    expect([page.statusCode, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.body).toContain(`id="${hash.slice(1)}"`);
    for (const [code, [status]] of Object.entries(ERRORS)) {
      expect(page.body).toContain(`<h2 id="${code}">`);
      expect(page.body).toContain(`(HTTP ${status})`);
    }
    await server.app.close();
  });
});

describe("the browser application", () => {
  test("is served for every path a person may keep, never where programs call", async () => {
    const server = await started();
    const get = async (url: string, accept = "text/html") =>
      await server.app.inject({ url, headers: { ...HOST, accept } });
    for (const url of ["/", "/incidents", "/incidents/inc_1?tab=2", "/setup"]) {
      const page = await get(url);
      expect([url, page.statusCode, page.headers["cache-control"], page.body]).toEqual([
        url,
        200,
        "no-cache",
        "<!doctype html><title>Tyr</title>",
      ]);
    }
    const file = await get("/assets/index-abc.js");
    expect([file.statusCode, file.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    for (const url of ["/api/v1/nothing", "/v1/nothing", "/feeds/x", "/assets/gone.js", "/health/x"])
      expect([url, (await get(url)).statusCode]).toEqual([url, 404]);
    expect((await get("/incidents", "application/json")).json()).toMatchObject({ code: "NOT_FOUND" });
    for (const url of ["/.secret", "/assets/..%2f.secret", "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd"])
      expect([url, (await get(url)).body]).not.toEqual([url, "no"]);
    await server.app.close();
  });

  test("that was not built says how to build it", async () => {
    const server = await started({}, { webDir: "/nowhere" });
    const page = await server.app.inject({ url: "/", headers: { ...HOST, accept: "text/html" } });
    expect([page.statusCode, page.body]).toEqual([503, expect.stringContaining("npm run build:web")]);
    await server.app.close();
  });
});
