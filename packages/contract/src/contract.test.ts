import { describe, expect, test } from "vitest";
import {
  ApiProblem,
  createClient,
  AUDIT_EVENT_NAMES,
  ERRORS,
  FIRST_ROLES,
  ONLY_BY_CUSTOM_ROLE,
  PERMISSION_NAMES,
  ROLES,
  ROUTE_IDS,
  SERVICE_PRINCIPALS,
  isId,
  isLiveMessage,
  openapi,
  permissionsOf,
  routes,
  severityRank,
  urlOf,
  worstSeverity,
  type RouteDefinition,
} from "./index.ts";

const all: readonly [string, RouteDefinition][] = Object.entries(routes);

describe("the contract", () => {
  test("every route needs a permission that exists, or says that it is public", () => {
    for (const [id, route] of all)
      expect([id, route.needs === "public" || PERMISSION_NAMES.includes(route.needs)]).toEqual([id, true]);
  });

  test("no two routes answer on the same method and path", () => {
    const places = all.map(([, route]) => `${route.method} ${route.path}`);
    expect(new Set(places).size).toBe(places.length);
  });

  test("every permission is held by a role or a service principal, or is one that only custom roles give", () => {
    const held = new Set<string>([...Object.values(ROLES).flat(), ...Object.values(SERVICE_PRINCIPALS).flat()]);
    for (const name of ONLY_BY_CUSTOM_ROLE) expect(held).not.toContain(name);
    ONLY_BY_CUSTOM_ROLE.forEach((name) => held.add(name));
    expect(PERMISSION_NAMES.filter((name) => !held.has(name))).toEqual([]);
  });

  test("no service principal may approve, and the administrator's role alone may not either", () => {
    for (const held of Object.values(SERVICE_PRINCIPALS)) expect(held).not.toContain("action:approve");
    expect(permissionsOf(["admin"]).has("action:approve")).toBe(false);
  });

  test("who may do what is written down twice: a change of the table must be meant", () => {
    const reading =
      "overview:read event:read detection:read actor:read incident:read action:read block:read asset:read enforcer:read policy:read sensor:read session:own key:own";
    const responding = "actor:write incident:write action:request event:import rule:backtest";
    const expected = {
      viewer: reading,
      analyst: `${reading} ${responding} audit:read`,
      approver: `${reading} action:approve audit:read incident:write`,
      executor: `${reading} action:revert enforcer:write`,
      compliance_officer: `${reading} retention:run privacy:erase privacy:hold personal:read secret:read audit:read audit:verify user:read key:read duty:write review:read review:decide review:write`,
      security_manager: `${reading} ${responding} action:approve action:revert allow:write asset:write mode:write settings:write notification:read notification:write policy:write attack:load intel:load rule:write rule:backfill enforcer:write sensor:write personal:read audit:read audit:verify user:read key:read review:read review:decide`,
      admin: `${reading} ${responding} sensor:write enforcer:write allow:write asset:write mode:write settings:write notification:read notification:write policy:write attack:load intel:load rule:write rule:backfill user:read user:write role:write single_person:write scim:provision duty:write review:read review:decide review:write key:read key:write privacy:erase retention:run personal:read secret:read secret:rotate audit:read audit:verify`,
    };
    const said = Object.entries(ROLES).map(([role, held]) => [role, new Set<string>(held)]);
    const meant = Object.entries(expected).map(([role, held]) => [role, new Set(held.split(" "))]);
    expect(said).toEqual(meant);
    expect(SERVICE_PRINCIPALS).toEqual({
      sensor: ["event:write"],
      enforcer: ["block:enforce"],
      automation: ["action:request"],
    });
  });

  test("a viewer changes nothing, two roles approve, and only the administrator changes users", () => {
    const holders = (wanted: RegExp) =>
      Object.entries(ROLES)
        .filter(([, held]) => held.some((one) => wanted.test(one)))
        .map(([role]) => role);
    expect(holders(/:(write|approve|revert|request|import)$/)).not.toContain("viewer");
    expect(holders(/^action:approve$/)).toEqual(["approver", "security_manager"]);
    expect(holders(/^user:write$/)).toEqual(["admin"]);
    expect(FIRST_ROLES).toEqual(["admin", "approver"]);
  });

  test("reading never changes state: GET and HEAD routes need a reading permission", () => {
    const changing = all.filter(
      ([, route]) =>
        ["GET", "HEAD"].includes(route.method) && /:(write|approve|revert|request|import)$/.test(route.needs),
    );
    expect(changing).toEqual([]);
  });

  test("error statuses are error statuses and audit events are dotted", () => {
    for (const [status] of Object.values(ERRORS)) expect(status).toBeGreaterThanOrEqual(400);
    for (const name of AUDIT_EVENT_NAMES) expect(name).toMatch(/^[a-z_]+\.[a-z_]+$/);
  });

  test("the OpenAPI document names every route once and resolves its own references", () => {
    const document = openapi("1.2.3");
    const operations = Object.values(
      document["paths"] as Record<string, Record<string, { operationId: string }>>,
    ).flatMap((path) => Object.values(path).map((one) => one.operationId));
    expect(operations.toSorted()).toEqual([...ROUTE_IDS].toSorted());
    expect(
      JSON.stringify(document)
        .match(/"\$ref":"[^"]+"/g)
        ?.every((ref) => /#\/components\/schemas\/(Problem|CrowdsecError|OauthError)"/.test(ref)),
    ).toBe(true);
  });

  test("the OpenAPI document says how each route is really entered, and what it really answers", () => {
    type Operation = {
      security: object[];
      parameters: { name: string }[];
      responses: Record<string, { content?: object }>;
    };
    const document = openapi("1.2.3", "tyr") as unknown as {
      paths: Record<string, Record<string, Operation>>;
      components: { securitySchemes: Record<string, { name?: string }> };
    };
    const entry = (path: string, method: string) =>
      document.paths[path]?.[method]?.security.flatMap((one) => Object.keys(one));
    expect(entry("/api/v1/events", "post")).toEqual(["sensorKey", "honeypotKey"]);
    expect(entry("/v1/decisions", "head")).toEqual(["enforcerKey", "basic"]);
    expect(entry("/api/v1/events", "get")).toEqual(["session", "bearer"]);
    expect(entry("/docs/errors", "get")).toEqual([]);
    expect(entry("/oauth/token", "post")).toEqual(["client"]);
    const form = document.paths["/oauth/token"]?.["post"] as unknown as { requestBody: { content: object } };
    expect(Object.keys(form.requestBody.content)).toEqual(["application/x-www-form-urlencoded"]);
    expect(document.components.securitySchemes["session"]?.name).toBe("tyr");
    const sent = document.paths["/api/v1/imports"]?.["post"]?.parameters.map(({ name }) => name);
    expect(sent).toEqual(expect.arrayContaining(["Idempotency-Key", "Content-Encoding"]));
    expect(document.paths["/feeds/blocklist.txt"]?.["get"]?.responses).toHaveProperty("304");
    expect(Object.keys(document.paths["/v1/decisions"]?.["get"]?.responses["default"]?.content ?? {})).toEqual([
      "application/json",
    ]);
  });
});

describe("a message of the live feed", () => {
  const stored = { type: "message", seq: 7, topic: "event.stored", at: "2026-02-01T14:17:31.000Z" };

  test("is taken when it says what its topic says", () => {
    expect(isLiveMessage({ ...stored, data: { count: 12, head: "1200" } })).toBe(true);
    expect(isLiveMessage({ type: "hello", boot: "a", seq: 0 })).toBe(true);
    expect(isLiveMessage({ type: "reset", boot: "a", seq: 9, reason: "other-boot" })).toBe(true);
  });

  test("is refused when its data belongs to another topic, its topic is unknown, or it is no message at all", () => {
    expect(isLiveMessage({ ...stored, data: { count: "many", head: "1200" } })).toBe(false);
    expect(isLiveMessage({ ...stored, topic: "block.changed", data: { count: 12, head: "1200" } })).toBe(false);
    expect(isLiveMessage({ ...stored, topic: "moon.changed", data: {} })).toBe(false);
    for (const odd of [null, 7, "hello", [], {}, { type: "hello", boot: "a", seq: -1 }])
      expect([odd, isLiveMessage(odd)]).toEqual([odd, false]);
  });
});

describe("small things everybody relies on", () => {
  test("severity is compared by rank, never as text", () => {
    expect(severityRank("critical")).toBeGreaterThan(severityRank("high"));
    expect(worstSeverity(["low", "critical", "info"])).toBe("critical");
  });

  test("an id of one noun is not an id of another", () => {
    expect(isId("event", "evt_0190a3b4-1111-7222-8333-444455556666")).toBe(true);
    expect(isId("incident", "evt_0190a3b4-1111-7222-8333-444455556666")).toBe(false);
    expect(isId("event", "evt_0190a3b4-1111-7222-8333-444455556666\n")).toBe(false);
  });

  test("a hostile path parameter stays inside its segment", () => {
    expect(urlOf(routes["event.get"], { params: { id: "../../x?y=1#z" } })).toBe(
      "/api/v1/events/..%2F..%2Fx%3Fy%3D1%23z",
    );
    expect(urlOf(routes["audit.log"], { params: { "*": "tile/0/x001/067" } })).toBe(
      "/api/v1/audit/log/tile/0/x001/067",
    );
  });
});

test("an answer of something in between is a problem with every member, whatever it holds", async () => {
  const bodies = [
    "",
    "<html>",
    "[]",
    "null",
    '{"title":7,"code":null}',
    '{"title":"Bad gateway","extra":1,"__proto__":{"x":1}}',
  ];
  for (const body of bodies) {
    const fetch = async () => new Response(body, { status: 502, headers: { "retry-after": "3" } });
    const failed = await createClient({ baseUrl: "", fetch })
      .call("overview.get", {})
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiProblem);
    const { problem, retryAfterSeconds } = failed as ApiProblem;
    expect([problem.status, problem.code, problem.help, problem.requestId]).toEqual([502, "INTERNAL", "", ""]);
    expect(problem.title).toMatch(/^(Unexpected answer|Bad gateway)$/);
    expect([problem.detail.startsWith("502"), retryAfterSeconds]).toEqual([true, 3]);
  }
});
