import { routes, type RouteDefinition } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { inputReader } from "./validate.ts";

const all = Object.entries<RouteDefinition>(routes);
const id = (prefix: string): string => `${prefix}_01234567-89ab-7cde-8f01-23456789abcd`;

/** What is said about a request; "taken" when nothing. */
function said(route: keyof typeof routes, given: Partial<Record<"params" | "query" | "body", unknown>>): string {
  const read = inputReader(routes[route])({ params: {}, query: {}, body: {}, ...given });
  return read.ok ? "taken" : read.refusal.detail;
}

describe("text that cannot be stored", () => {
  const reason = (route: keyof typeof routes, prefix: string, name = "reason") =>
    [route, { params: { id: id(prefix) } }, name] as const;

  test.each([
    ["session.login", { body: { name: "a\u0000", password: "x" } }],
    ["session.login", { body: { name: "a", password: "\u0000" } }],
    ["sensor.create", { body: { name: "m", kind: "web", metadata: { a: { b: ["\u0000"] } } } }],
    ["sensor.create", { body: { name: "m", kind: "web", metadata: { "\u0000": 1 } } }],
    ["action.create", { body: { type: "block_ip", target: "45.9.1.1", justification: "a\u0000b" } }],
    ["allow.add", { body: { value: "45.9.1.1", reason: "a\u0000b" } }],
    ["allow.add", { body: { value: "45.9.1.1", reason: "half \ud800 a character" } }],
    ["event.list", { query: { q: "\u0000" } }],
    ["event.list", { query: { user: "\u0000" } }],
    ["event.list", { query: { session: "\u0000" } }],
    ["incident.list", { query: { ip: "\u0000" } }],
    ["action.list", { query: { target: "\u0000" } }],
    ["audit.list", { query: { type: "\u0000" } }],
    ["audit.list", { query: { actor: "\u0000" } }],
    ["audit.list", { query: { object: "\u0000" } }],
    ["audit.events", { query: { text: "\u0000" } }],
    ["audit.events", { query: { correlationId: "\u0000" } }],
    ["detection.list", { query: { rule: "\u0000" } }],
    ["audit.log", { params: { "*": "tile/\u0000" } }],
    ["crowdsec.decisions", { query: { value: "\u0000" } }],
  ] as const)("is refused before any handler: %s %j", (route, given) => {
    expect(said(route, given)).toMatch(/cannot be stored$/);
  });

  test("nests no deeper than a body of the contract ever does", () => {
    let metadata: unknown = {};
    for (let at = 0; at < 50_000; at += 1) metadata = { a: metadata };
    expect(said("sensor.create", { body: { name: "m", kind: "web", metadata } })).toContain("nested deeper than");
  });

  test.each([reason("action.cancel", "act"), reason("action.revert", "act"), reason("incident.note", "inc", "text")])(
    "%s: what people write for others is not blank",
    (route, given, name) => {
      expect(said(route, { ...given, body: { [name]: " \n\t " } })).toBe(
        `body/${name} must be text that is not blank, without the character U+0000`,
      );
      expect(said(route, { ...given, body: { [name]: " two\nlines " } })).toBe("taken");
    },
  );

  test.each([" \n\t ", "a\u202eb", "\u0007", "a\u0000", "x".repeat(1001)])(
    "%j is no reason to put one's name under",
    (words) => {
      const [route, given] = reason("action.reject", "act");
      expect(said(route, { ...given, body: { reason: words } })).toMatch(/^body\/reason (must|holds) /);
    },
  );

  test.each(["   ", "a\u202eb", "a\u2066b", "\u200f", "a\nb", "a\u0085b", "\ufeff"])(
    "%j is no name of a sensor or an enforcement point",
    (name) => {
      for (const given of [
        said("sensor.create", { body: { name, kind: "web" } }),
        said("enforcer.create", { body: { name } }),
      ])
        expect(given).toBe("body/name must be a name: not blank, on one line, without control characters");
    },
  );

  test.each(["Räuber 7", "حساس الويب", "蜜罐 – edge/1"])("%j is a name", (name) => {
    expect(said("sensor.create", { body: { name, kind: "web" } })).toBe("taken");
  });

  test.each(["2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "now", "2026-01-01"])(
    "%j is no instant an engine holds",
    (from) => expect(said("event.list", { query: { from } })).toMatch(/^query\/from must be an instant \(RFC 3339\)/),
  );
});

describe("a query parameter nobody reads", () => {
  test.each(all.filter(([name, { response }]) => !/^(crowdsec|scim)\./.test(name) && response !== "websocket"))(
    "is refused by name on %s",
    (_name, definition) => {
      const read = inputReader({ ...definition, params: undefined, body: undefined } as unknown as RouteDefinition);
      const outcome = read({ params: {}, query: { sensor: id("snr"), newerThan: "now" }, body: {} });
      expect(outcome).toMatchObject({
        ok: false,
        refusal: { code: "VALIDATION_FAILED", facts: { errors: expect.arrayContaining([unknown]) as unknown } },
      });
    },
  );
  const unknown = { in: "query", path: "/newerThan", message: "is not known here" };

  test("is passed over for CrowdSec's clients, whose newer versions ask for more", () => {
    expect(said("crowdsec.stream", { query: { startup: "true", dedup: "false" } })).toBe("taken");
  });
});

describe("what is wrong is said in plain words", () => {
  const user = { name: "bob", password: "x", roles: ["viewer"] };
  test.each([
    ["user.create", { body: { ...user, admin: true } }, "body/admin is not known here"],
    ["user.create", { body: { name: "bob", roles: ["viewer"] } }, "body/password is missing"],
    ["user.create", { body: [] }, "body must be an object"],
    ["user.create", { body: { ...user, name: 3 } }, "body/name must be text"],
    ["user.create", { body: { ...user, roles: [] } }, "body/roles must have at least 1 entry"],
    ["user.create", { body: { ...user, password: "" } }, "body/password must not be empty"],
    ["mode.set", { body: { mode: "x", reason: "r" } }, "body/mode must be one of: normal, elevated, lockdown"],
    ["event.list", { query: { limit: "501" } }, "query/limit must be at most 500"],
    ["event.list", { query: { limit: "abc" } }, "query/limit must be a whole number"],
    ["action.list", { query: { waiting: "yes" } }, "query/waiting must be true or false"],
    ["event.get", { params: { id: "x" } }, `params/id must be an id such as ${id("evt")}`],
  ] as const)("%s %j: %s", (route, given, words) => {
    expect(said(route, given)).toBe(words);
  });

  test("and every pattern of the contract says in words what it takes", () => {
    const silent: unknown[] = [];
    const look = (schema: unknown, place: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      if ("pattern" in schema && typeof schema.pattern === "string" && !("description" in schema)) silent.push(place);
      for (const [name, part] of Object.entries(schema)) look(part, `${place}/${name}`);
    };
    for (const [name, { params, query, body }] of all) look({ params, query, body }, name);
    expect(silent).toEqual([]);
  });
});
