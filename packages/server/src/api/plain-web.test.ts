import { ok, PERMISSION_NAMES, refuse } from "@tyr/contract";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AS, fakeServer, person, type FakeServer } from "./testing/fake-server.ts";

const HOST = { host: "127.0.0.1:8970" };
const ADA = { ...HOST, [AS]: "ada" };

describe("what a web server must not give away", () => {
  let server: FakeServer;
  const lines: string[] = [];
  beforeAll(async () => {
    server = await fakeServer({
      log: pino({ level: "info" }, { write: (line: string) => void lines.push(line) }),
      handlers: {
        "health.live": async () => ok({ live: true }),
        "sensor.list": async () => await Promise.reject(new Error("the disk is on fire")),
        "incident.list": async () => refuse("NOT_FOUND", "café"),
      },
    });
    server.callers.set("ada", person("ada", new Set(PERMISSION_NAMES)));
  });
  afterAll(async () => await server.app.close());

  test.each(["TRACE", "CONNECT", "PROPFIND", "LOCK"])("the method %s is answered by nothing", async (method) => {
    for (const url of ["/", "/api/v1/incidents", "/health/live"]) {
      const secret = "Bearer token-of-somebody";
      const answer = await server.app.inject({
        method: method as "GET",
        url,
        headers: { ...ADA, authorization: secret },
      });
      expect([url, answer.statusCode]).toEqual([url, 404]);
      expect(answer.body).not.toContain("token-of-somebody");
    }
  });

  test.each([
    "/assets",
    "/assets/",
    "/.git/config",
    "/.git/HEAD",
    "/.svn/entries",
    "/.env",
    "/assets/index-abc.js.map",
    "/package.json",
    "/node_modules/",
    "/metrics",
    "/debug/pprof",
    "/server-status",
  ])("%s is no list, no source and no window into the process", async (url) => {
    const answer = await server.app.inject({ url, headers: { ...ADA, accept: "*/*" } });
    expect([url, answer.statusCode, answer.json().code]).toEqual([url, 404, "NOT_FOUND"]);
  });

  test("every answer says what it is and in which characters", async () => {
    const types = await Promise.all(
      ["/health/live", "/api/v1/incidents", "/api/v1/sensors", "/api/v1/nothing", "/", "/assets/index-abc.js"].map(
        async (url) => {
          const { headers } = await server.app.inject({ url, headers: { ...ADA, accept: "text/html" } });
          return [url, String(headers["content-type"]).toLowerCase()];
        },
      ),
    );
    expect(types).toEqual([
      ["/health/live", "application/json; charset=utf-8"],
      ["/api/v1/incidents", "application/problem+json; charset=utf-8"],
      ["/api/v1/sensors", "application/problem+json; charset=utf-8"],
      ["/api/v1/nothing", "application/problem+json; charset=utf-8"],
      ["/", "text/html; charset=utf-8"],
      ["/assets/index-abc.js", "application/javascript; charset=utf-8"],
    ]);
  });

  test("no program is led from http to https: what it sent in the open would go unnoticed", async () => {
    const secure = await fakeServer({ publicUrl: "https://tyr.example" });
    for (const url of ["/api/v1/incidents", "/v1/decisions", "/feeds/blocklist.txt", "/oauth/token", "/health/live"]) {
      const answer = await secure.app.inject({ url, headers: { host: "tyr.example" } });
      expect([url, answer.headers.location, answer.statusCode >= 300 && answer.statusCode < 400]).toEqual([
        url,
        undefined,
        false,
      ]);
    }
    await secure.app.close();
  });

  test("what broke is in the log with its cause and the request's id, as a line of JSON, and not in the answer", async () => {
    lines.length = 0;
    const id = "abc-12345678";
    const answer = await server.app.inject({ url: "/api/v1/sensors", headers: { ...ADA, "x-request-id": id } });
    expect([answer.statusCode, answer.body.includes("fire")]).toEqual([500, false]);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: 50,
      requestId: id,
      err: { message: "the disk is on fire" },
    });
  });
});
