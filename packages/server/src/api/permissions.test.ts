import {
  PERMISSION_NAMES,
  permissionsOf,
  ROLE_NAMES,
  ROUTE_IDS,
  routes,
  SERVICE_PRINCIPALS,
  type Permission,
  type RouteDefinition,
  type ServicePrincipal,
} from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serviceCaller } from "#identity";
import { AS, fakeServer, person, type FakeServer } from "./testing/fake-server.ts";

const all: readonly [string, RouteDefinition][] = Object.entries(routes);
const services = Object.keys(SERVICE_PRINCIPALS) as ServicePrincipal[];
/** A person who came with a key of two scopes, and one whose only role was made here. */
const narrow = ["key", "custom_triage"] as const;
const everybody = ["anonymous", ...ROLE_NAMES, ...services, ...narrow];

function pathOf({ path }: RouteDefinition): string {
  return path.replace(/:[a-z]+/gi, "x").replace("*", "checkpoint");
}

/** Every address by every method that reaches it: HEAD where there is a GET, but not where a WebSocket waits. */
const places = all.flatMap(([id, route]) => {
  const hasHead = route.method === "GET" && route.response !== "websocket" && id !== "crowdsec.decisions";
  return [[id, route.method, route] as const, ...(hasHead ? [[id, "HEAD", route] as const] : [])];
});

/** Statuses that say: who you are, or what you may do, was the reason. */
const STOPPED = new Set([401, 403]);

describe("every route with every caller", () => {
  let server: FakeServer;
  beforeAll(async () => {
    server = await fakeServer();
    for (const role of ROLE_NAMES) server.callers.set(role, person(role, permissionsOf([role]), [role]));
    for (const kind of services) server.callers.set(kind, serviceCaller(kind, { id: `${kind}_1`, name: kind }));
    const keyed = person("key", new Set<Permission>(["event:read", "incident:write"]), ["admin"]);
    server.callers.set("key", { ...keyed, keyId: "key_0190a3b4-1111-7222-8333-444455556666" });
    const held = new Set<Permission>(["incident:read", "session:own", "key:own"]);
    server.callers.set("custom_triage", person("custom_triage", held, ["custom_triage"]));
  });
  afterAll(async () => await server.app.close());

  test.each(places.flatMap(([id, method, route]) => everybody.map((name) => ({ id, method, name, route }))))(
    "$id by $method as $name is let in exactly when the table of permissions says so",
    async ({ id, method, name, route }) => {
      // Each caller from an address of its own: limits per address are not what is tested here.
      const remoteAddress = `2001:db8:${places.findIndex(([one, by]) => one === id && by === method).toString(16)}:${everybody.indexOf(name)}::1`;
      const response = await server.app.inject({
        method,
        url: pathOf(route),
        headers: { [AS]: name, host: "localhost:8970" },
        remoteAddress,
      });
      const allowed = route.needs === "public" || (server.callers.get(name)?.permissions.has(route.needs) ?? false);
      expect([name, id, STOPPED.has(response.statusCode)]).toEqual([name, id, !allowed]);
      if (!allowed && method !== "HEAD" && !/^(crowdsec|scim)\./.test(id))
        // oxlint-disable-next-line vitest/no-conditional-expect -- the table decides which of the two is tested
        expect(response.json()).toMatchObject({ code: name === "anonymous" ? "NOT_AUTHENTICATED" : "NOT_PERMITTED" });
    },
  );

  test("HEAD of the live feed is nothing", async () => {
    server.callers.set("ada", person("ada", permissionsOf(["admin"])));
    const head = await server.app.inject({
      method: "HEAD",
      url: "/api/v1/live",
      headers: { [AS]: "ada", host: "localhost" },
    });
    expect(head.statusCode).toBe(404);
  });

  test("whoever is refused does not reach the handler", async () => {
    server.reached.length = 0;
    await server.app.inject({ method: "POST", url: "/api/v1/sensors", headers: { [AS]: "viewer", host: "localhost" } });
    expect(server.reached).toEqual([]);
  });

  test("every permission guards a route, and every route names a permission or says that it is public", () => {
    const used = new Set(all.map(([, route]) => route.needs));
    expect(PERMISSION_NAMES.filter((name) => !used.has(name))).toEqual([]);
    expect([...used].filter((needs) => needs !== "public" && !PERMISSION_NAMES.includes(needs))).toEqual([]);
  });

  test("the server answers on exactly the contract's routes", () => {
    const known = server.app.printRoutes({ commonPrefix: false });
    expect(known).not.toBe("");
    for (const id of ROUTE_IDS) {
      const { method, path } = routes[id];
      expect([id, server.app.hasRoute({ method, url: path })]).toEqual([id, true]);
    }
  });

  test("only changing methods reach handlers that change something: GET and HEAD need a reading permission", () => {
    const changing = /:(write|approve|revert|request|import)$/;
    expect(all.filter(([, route]) => ["GET", "HEAD"].includes(route.method) && changing.test(route.needs))).toEqual([]);
  });
});

describe("a server", () => {
  test("with a route that names no permission does not start", async () => {
    const { needs: _, ...open } = routes["sensor.list"];
    const table = { ...routes, "sensor.list": open as unknown as RouteDefinition };
    await expect(fakeServer({ routes: table })).rejects.toMatchObject({
      code: "ROUTE_INCOMPLETE",
      message: expect.stringContaining("sensor.list") as string,
    });
  });

  test("with a route that names a permission nobody knows does not start", async () => {
    const table = { ...routes, "sensor.list": { ...routes["sensor.list"], needs: "sensor:all" as "sensor:read" } };
    await expect(fakeServer({ routes: table })).rejects.toMatchObject({ code: "ROUTE_INCOMPLETE" });
  });

  test("with a route nobody answers does not start", async () => {
    const table = { "sensor.unknown": { ...routes["sensor.list"], path: "/api/v1/unknown" } as RouteDefinition };
    await expect(fakeServer({ routes: table })).rejects.toMatchObject({ code: "ROUTE_INCOMPLETE" });
  });
});
