import { PERMISSION_NAMES, routes, STEP_UP_SECONDS, type RouteDefinition } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serviceCaller } from "#identity";
import { AS, fakeServer, person, type FakeServer } from "./testing/fake-server.ts";

const all: readonly [string, RouteDefinition][] = Object.entries(routes);
const guarded = all.filter(([, { stepUp }]) => stepUp !== undefined);
const everything = new Set(PERMISSION_NAMES);

function pathOf({ path }: RouteDefinition): string {
  return path.replace(/:[a-z]+/gi, "x");
}

describe("a route that asks for a recent proof", () => {
  let server: FakeServer;
  beforeAll(async () => {
    server = await fakeServer();
    const { provedAt, ...never } = person("never", everything);
    server.callers.set("never", never);
    server.callers.set("fresh", { ...person("fresh", everything), provedAt: server.clock.now() });
    server.callers.set("key", { ...serviceCaller("automation", { id: "svc", name: "svc" }), permissions: everything });
    server.callers.set("later", {
      ...person("later", everything),
      ...(provedAt && { provedAt: new Date(provedAt.getTime() + 60_000) }),
    });
  });
  afterAll(async () => await server.app.close());

  const ask = async (id: string, as: string) => {
    const route = routes[id as keyof typeof routes] as RouteDefinition;
    return await server.app.inject({
      method: route.method,
      url: pathOf(route),
      headers: {
        [AS]: as,
        host: "localhost:8970",
        ...(route.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(route.body === undefined ? {} : { payload: "{}" }),
    });
  };

  test("is every route that approves, administers people, changes how one signs in, shows or changes keys, or discloses or destroys what is kept", () => {
    const wanted = all
      .filter(([, { method }]) => method !== "GET" && method !== "HEAD")
      .filter(
        ([id, { needs }]) =>
          ["action.approve", "security.actionUpdate", "security.actionPut"].includes(id) ||
          [
            "action.breakGlass",
            "approvalKey.add",
            "approvalKey.revoke",
            "delegation.create",
            "breakGlass.review",
            "allow.add",
            "attack.load",
            "attack.unload",
            "intel.load",
            "rule.setState",
          ].includes(id) ||
          [
            "user:write",
            "role:write",
            "single_person:write",
            "key:write",
            "secret:rotate",
            "personal:read",
            "privacy:erase",
            "retention:run",
            "duty:write",
            "review:write",
            "asset:write",
            "settings:write",
            "notification:write",
            "mode:write",
            "action:revert",
          ].includes(needs) ||
          ["key.create", "key.rotate", "sensor.create", "sensor.rotate", "enforcer.create", "enforcer.rotate"].includes(
            id,
          ) ||
          ["passkey.beginAdd", "passkey.add", "passkey.rename", "passkey.remove", "sso.unlinkOwn"].includes(id) ||
          id.startsWith("account."),
      )
      .map(([id]) => id);
    expect(guarded.map(([id]) => id).toSorted()).toEqual(wanted.toSorted());
  });

  test.each(guarded)(
    "%s is refused without one, with an old one and to programs, and let in with a fresh one",
    async (id, route) => {
      const seconds = STEP_UP_SECONDS[route.stepUp ?? "users"];
      server.clock.set("2026-11-02T08:00:00.000Z");
      for (const as of route.programsUnproved === true ? ["never"] : ["never", "key"]) {
        const response = await ask(id, as);
        expect([as, response.statusCode, response.json()]).toMatchObject([
          as,
          403,
          { code: "STEP_UP_NEEDED", withinSeconds: seconds },
        ]);
      }
      const passes = async (): Promise<boolean> => (await ask(id, "fresh")).statusCode !== 403;
      expect(await passes()).toBe(true);
      server.clock.advance(seconds * 1_000);
      expect(await passes()).toBe(true);
      server.clock.advance(1);
      expect(await passes()).toBe(false);
      expect((await ask(id, "later")).statusCode).not.toBe(403);
    },
  );

  test("lets programs in without one only where their scope stands for it: keys of sensors and enforcement points, and what protects us but for the mode", async () => {
    const taken = all.filter(([, { programsUnproved }]) => programsUnproved === true).map(([id]) => id);
    const protecting = guarded
      .filter(([id, { stepUp }]) => stepUp === "defence" && id !== "mode.set")
      .map(([id]) => id);
    expect(taken.toSorted()).toEqual(
      ["enforcer.create", "enforcer.rotate", "sensor.create", "sensor.rotate", ...protecting].toSorted(),
    );
    for (const id of taken) expect([id, (await ask(id, "key")).statusCode !== 403]).toEqual([id, true]);
    server.callers.set("stolen", { ...person("stolen", everything), provedAt: new Date(0) });
    for (const id of taken) expect((await ask(id, "stolen")).json()).toMatchObject({ code: "STEP_UP_NEEDED" });
  });

  test("by passkey takes no other, and says that one can be added", async () => {
    const weak = {
      ...person("weak", everything),
      provedAt: server.clock.now(),
      passkeyMissingFor: ["approve" as const],
    };
    server.callers.set("weak", weak);
    expect((await ask("action.approve", "weak")).json()).toMatchObject({
      code: "STEP_UP_NEEDED",
      by: "passkey",
      detail: expect.stringContaining("add one under Account") as string,
    });
    expect((await ask("user.create", "weak")).statusCode).not.toBe(403);
  });

  test("never reaches its handler when refused", async () => {
    server.reached.length = 0;
    for (const [id] of guarded) await ask(id, "never");
    expect(server.reached).toEqual([]);
  });

  test("and a second factor: without one a session reaches its own account, and nothing else", async () => {
    server.callers.set("single", {
      ...person("single", everything),
      provedAt: server.clock.now(),
      lacksSecondFactor: true,
    });
    const open: string[] = [];
    for (const [id, { needs, response }] of all) {
      if (needs === "public" || response === "websocket") continue;
      // By its status: SCIM and CrowdSec say their refusals in words of their own.
      if ((await ask(id, "single")).statusCode !== 403) open.push(id);
    }
    const own = all.filter(([, { beforeSecondFactor }]) => beforeSecondFactor === true).map(([id]) => id);
    expect(open.toSorted()).toEqual(own.toSorted());
    expect(own.every((id) => /^(session|account|passkey|sso)\./.test(id))).toBe(true);
  });

  test("and a password of one's own: with one that somebody gave a session chooses another, and nothing else", async () => {
    server.callers.set("given", {
      ...person("given", everything),
      provedAt: server.clock.now(),
      mustChangePassword: true,
    });
    const open: string[] = [];
    for (const [id, { needs }] of all) {
      if (needs === "public") continue;
      if ((await ask(id, "given")).statusCode !== 403) open.push(id);
    }
    const needed = ["account.changePassword", "account.methods", "session.get", "session.logout", "session.stepUp"];
    expect(open.toSorted()).toEqual([...needed, "sso.logout"]);
    expect((await ask("incident.list", "given")).json()).toMatchObject({ code: "PASSWORD_CHANGE_REQUIRED" });
  });

  test("says so only to whoever may use it at all", async () => {
    server.callers.set("viewer", person("viewer", new Set(["session:own"])));
    expect((await ask("user.create", "viewer")).json()).toMatchObject({ code: "NOT_PERMITTED" });
  });
});
