import { ok, refuse, type Result } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { serviceCaller, type Caller } from "#identity";
import { createAuthenticate, type Authenticated } from "./authenticate.ts";
import { sessionCookie } from "./cookie.ts";
import { problemOf, refusalOf } from "./problem.ts";
import { person } from "./testing/fake-server.ts";

/** What a browser does with a cookie on receipt (RFC 6265bis sections 4.1.3 and 5.6). */
function browserKeeps(setCookie: string, url: string): boolean {
  const [pair = "", ...attributes] = setCookie.split("; ");
  const has = (name: string): boolean => attributes.includes(name);
  const secure = has("Secure");
  const prefixOk = !pair.startsWith("__Host-") || (secure && has("Path=/") && !setCookie.includes("Domain="));
  return prefixOk && (!secure || url.startsWith("https:"));
}

describe("the session cookie", () => {
  test.each(["https://tyr.example", "http://127.0.0.1:8970"])("is one that browsers keep at %s", (url) => {
    expect(browserKeeps(sessionCookie(url).keep("t".repeat(43)), url)).toBe(true);
  });

  test("is bound to host and https where there is https, and never readable by scripts", () => {
    expect(sessionCookie("https://tyr.example").keep("abc")).toBe(
      "__Host-tyr=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=43200",
    );
    expect(sessionCookie("http://127.0.0.1:8970").keep("abc")).toBe(
      "tyr=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200",
    );
    expect(sessionCookie("https://tyr.example").forget()).toContain("Max-Age=0");
  });

  test("is found among others, and nothing else is taken for it", () => {
    const token = "A".repeat(43);
    const cookie = sessionCookie("https://tyr.example");
    expect(cookie.read(`a=1; __Host-tyr=${token}; b=2`)).toBe(token);
    for (const header of [
      undefined,
      "",
      `tyr=${token}`,
      `x__Host-tyr=${token}`,
      "__Host-tyr=",
      "__Host-tyr=a b",
      `__Host-tyr=${token}%0d%0a`,
    ])
      expect([header, cookie.read(header)]).toEqual([header, undefined]);
  });
});

describe("who calls", () => {
  const ada = person("ada", new Set());
  const sensor = serviceCaller("sensor", { id: "snr_1", name: "web" });
  const enforcer = serviceCaller("enforcer", { id: "enf_1", name: "edge" });
  const robot: Caller = { ...person("robot", new Set()), actor: { kind: "automation", id: "svc_1", name: "robot" } };
  const find = (key: string, caller: Caller) => async (given: string) => (given === key ? caller : undefined);
  const token = "a".repeat(43);
  const authenticate = createAuthenticate({
    identity: { authenticate: find(token, ada) },
    cookie: sessionCookie("http://127.0.0.1:8970"),
    findSensor: find("sensor-key", sensor),
    findEnforcer: find("enforcer-key", enforcer),
    findApiKey: async (given, { address }) =>
      given === "tyr_key_good" && address === "192.0.2.7" ? ok(robot) : refuse("KEY_INVALID", "no"),
    findToken: async (given) => (given === "a.jwt.good" ? ok(robot) : refuse("TOKEN_INVALID", "no")),
  });
  const said = (result: Result<Authenticated>): string =>
    result.ok ? `${result.value.caller.actor.name} by ${result.value.by}` : result.refusal.code;
  const basic = `Basic ${Buffer.from("anything:enforcer-key").toString("base64")}`;

  test.each([
    ["event:read", { cookie: `tyr=${token}` }, "ada by cookie"],
    ["event:read", { authorization: `Bearer ${token}` }, "ada by bearer"],
    ["event:read", { authorization: `bearer ${token}` }, "ada by bearer"],
    ["event:read", { authorization: "Bearer wrong", cookie: `tyr=${token}` }, "NOT_AUTHENTICATED"],
    ["event:read", { authorization: "Bearer a.jwt.good" }, "robot by bearer"],
    ["event:read", { authorization: "Bearer a.jwt.bad", cookie: `tyr=${token}` }, "TOKEN_INVALID"],
    ["event:read", { cookie: "tyr=a.jwt.good" }, "NOT_AUTHENTICATED"],
    ["event:read", { "x-tyr-key": "sensor-key" }, "NOT_AUTHENTICATED"],
    ["event:read", { "x-tyr-key": "wrong", cookie: `tyr=${token}` }, "ada by cookie"],
    ["event:read", { authorization: basic }, "NOT_AUTHENTICATED"],
    ["event:read", {}, "NOT_AUTHENTICATED"],
    ["event:read", { authorization: "Bearer tyr_key_good" }, "robot by bearer"],
    ["event:read", { authorization: "Bearer tyr_key_bad", cookie: `tyr=${token}` }, "KEY_INVALID"],
    ["event:read", { cookie: "tyr=tyr_key_good_and_long_enough" }, "NOT_AUTHENTICATED"],
    ["event:read", { "x-api-key": "tyr_key_good" }, "NOT_AUTHENTICATED"],
    ["public", { cookie: `tyr=${token}` }, "anonymous by nothing"],
    ["event:write", { "x-tyr-key": "sensor-key" }, "web by key"],
    ["event:write", { "x-honeypot-key": "sensor-key" }, "web by key"],
    ["event:write", { "x-tyr-key": "sensor-key", cookie: `tyr=${token}` }, "web by key"],
    ["event:write", { "x-tyr-key": "enforcer-key", cookie: `tyr=${token}` }, "KEY_INVALID"],
    ["event:write", { "x-api-key": "enforcer-key" }, "NOT_AUTHENTICATED"],
    ["event:write", { cookie: `tyr=${token}` }, "ada by cookie"],
    ["block:enforce", { "x-api-key": "enforcer-key" }, "edge by key"],
    ["block:enforce", { authorization: basic }, "edge by key"],
    ["block:enforce", { authorization: "Basic !!!" }, "NOT_AUTHENTICATED"],
    ["block:enforce", { "x-api-key": "sensor-key" }, "KEY_INVALID"],
  ] as const)("on a route that needs %s with %j is %s", async (needs, headers, expected) => {
    expect(said(await authenticate({ headers, address: "192.0.2.7", requestId: "r" }, needs))).toBe(expected);
  });
});

describe("a problem document", () => {
  test("cannot have its own members replaced by facts", () => {
    const facts = { status: 200, code: "OK", legal: ["close"] };
    expect(problemOf({ code: "NOT_FOUND", detail: "none", facts }, "r")).toMatchObject({
      status: 404,
      code: "NOT_FOUND",
      legal: ["close"],
    });
  });

  test("names a database that is away as such, and everything unknown as ours", () => {
    const limits = { bodyBytesMax: 1 };
    expect(refusalOf({ code: "57P01" }, limits).code).toBe("DATABASE_UNAVAILABLE");
    expect(refusalOf({ code: "08006" }, limits).code).toBe("DATABASE_UNAVAILABLE");
    expect(refusalOf({ code: "DATABASE_UNAVAILABLE" }, limits).code).toBe("DATABASE_UNAVAILABLE");
    expect(refusalOf({ code: "23505", message: "duplicate key" }, limits)).toMatchObject({ code: "INTERNAL" });
    for (const code of ["ECONNRESET", "ECONNREFUSED", "EPIPE"])
      expect([code, refusalOf({ code, message: "aborted" }, limits).code]).toEqual([code, "INTERNAL"]);
    expect(refusalOf("text", limits).code).toBe("INTERNAL");
    expect(refusalOf(undefined, limits).code).toBe("INTERNAL");
  });
});

test("a value the database refuses is the sender's mistake, told without the database's words", () => {
  const refusal = refusalOf({ code: "22021", message: "invalid byte sequence: 0x00" }, { bodyBytesMax: 1 });
  expect(refusal.code).toBe("VALIDATION_FAILED");
  expect(refusal.detail).not.toContain("0x00");
});
