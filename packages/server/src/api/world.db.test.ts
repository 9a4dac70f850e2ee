import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, ok, refuse, ROUTE_IDS, type ApiProblem, type Client } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  auditHandlers,
  buildServer,
  createAuthenticate,
  deviceCookie,
  sessionCookie,
  accountHandlers,
  sessionHandlers,
  systemHandlers,
  type Handlers,
} from "#api";
import { createAudit, type Audit } from "#audit";
import { createIdentity, openKnownPasswords } from "#identity";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { createSecrets, openKeyRotation } from "#platform/secrets";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";

const PASSWORD = "the kettle sang at noon";
const OTHER = "three grey herons wait";

/** Identity, audit and API over HTTP; the other rooms' handlers only refuse. */
describe.each(TEST_ENGINES)("a server over HTTP on %s", (engine) => {
  let world: TestDatabase;
  let audit: Audit;
  let base: string;
  let token: string;
  let close: () => Promise<void>;

  beforeAll(async () => {
    world = await openTestDatabase(engine);
    const dataDir = mkdtempSync(join(tmpdir(), "tyr-world-"));
    const log = silentLogger;
    const clock = systemClock;
    audit = await createAudit({ database: world.db, clock, log, dataDir });
    const vault = createSecrets({ keyringPath: join(dataDir, "secrets.keys"), clock });
    await openKeyRotation({ database: world.db, secrets: vault, log });
    const { isKnown } = await openKnownPasswords(undefined);
    const identity = await createIdentity({
      database: world.db,
      clock,
      vault,
      isKnownPassword: isKnown,
      publicUrl: "http://127.0.0.1:8970",
      rules: { secondFactorFor: [], passkeyFor: [] },
    });
    const cookie = sessionCookie("http://127.0.0.1:8970");
    const nothing = Object.fromEntries(ROUTE_IDS.map((id) => [id, async () => refuse("NOT_FOUND", "not here")]));
    const handlers = {
      ...(nothing as unknown as Handlers),
      ...sessionHandlers({ identity, cookie, device: deviceCookie("http://127.0.0.1:8970") }),
      ...accountHandlers({ identity, cookie }),
      ...auditHandlers({ audit, clock, reveal: async (entries) => [...entries] }),
      ...systemHandlers({ cookieName: "tyr", version: "1.2.3", notReady: async () => audit.diverged()?.message }),
      "sensor.list": async () => ok({ items: [] }),
    };
    const nobody = async () => undefined;
    const app = await buildServer({
      handlers,
      authenticate: createAuthenticate({
        identity,
        cookie,
        findSensor: nobody,
        findEnforcer: nobody,
        findApiKey: async () => refuse("KEY_INVALID", "none"),
        findToken: async () => refuse("TOKEN_INVALID", "none"),
      }),
      identity,
      database: world.db,
      bus: createBus(clock),
      clock,
      log,
      publicUrl: "http://127.0.0.1:8970",
      host: "127.0.0.1",
      webDir: "/nowhere",
      trustProxy: false,
      checkAnswers: true,
    });
    base = await app.listen({ host: "127.0.0.1", port: 0 });
    token = identity.setUp.token ?? "";
    close = async () => {
      await app.close();
      await world[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    };
  });
  afterAll(async () => await close());

  const as = (headers: Record<string, string>): Client => createClient({ baseUrl: base, headers: () => headers });
  const code = async (call: Promise<unknown>): Promise<string> =>
    await call.then(
      () => "ok",
      (error: ApiProblem) => error.problem.code,
    );

  async function bearer(name: string, password: string): Promise<Client> {
    const { token: given } = await as({}).call("session.login", { body: { name, password, token: true } });
    return as({ authorization: `Bearer ${given ?? ""}` });
  }

  test("is set up once by the printed link, and signs in with a cookie that scripts cannot read", async () => {
    expect(await as({}).call("setup.state", {})).toEqual({ needed: true });
    const response = await fetch(`${base}/api/v1/setup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, name: "ada", password: PASSWORD }),
    });
    expect(response.status).toBe(201);
    const set = response.headers.get("set-cookie") ?? "";
    expect(set).toMatch(/^tyr=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/);
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({ user: { name: "ada", roles: ["admin", "approver"] } });
    expect(body["token"]).toBeUndefined();
    const page = as({ cookie: set.split(";")[0] ?? "", "sec-fetch-site": "same-origin" });
    expect((await page.call("session.get", {})).permissions).toContain("action:approve");
    expect(await as({}).call("setup.state", {})).toEqual({ needed: false });
    expect(await code(as({}).call("setup.complete", { body: { token, name: "eve", password: PASSWORD } }))).toBe(
      "SETUP_ALREADY_DONE",
    );
    await page.call("session.logout", {});
    expect(await code(page.call("session.get", {}))).toBe("NOT_AUTHENTICATED");
  });

  test("lets an administrator make users, who have their roles' permissions until they are disabled", async () => {
    const ada = await bearer("ada", PASSWORD);
    const { id } = await ada.call("user.create", { body: { name: "bob", password: OTHER, roles: ["viewer"] } });
    const given = await bearer("bob", OTHER);
    expect(await code(given.call("sensor.list", {}))).toBe("PASSWORD_CHANGE_REQUIRED");
    expect((await given.call("session.get", {})).mustChangePassword).toBe(true);
    await given.call("account.changePassword", { body: { current: OTHER, password: "a path along the dunes" } });
    expect(await given.call("session.get", {})).not.toHaveProperty("mustChangePassword");
    const bob = await bearer("bob", "a path along the dunes");
    expect(await bob.call("sensor.list", {})).toEqual({ items: [] });
    expect(await code(bob.call("audit.head", {}))).toBe("NOT_PERMITTED");
    expect(await code(bob.call("user.create", { body: { name: "x", password: OTHER, roles: ["admin"] } }))).toBe(
      "NOT_PERMITTED",
    );
    await ada.call("user.change", { params: { id }, body: { active: false } });
    expect(await code(bob.call("sensor.list", {}))).toBe("NOT_AUTHENTICATED");
    expect(await code(as({}).call("session.login", { body: { name: "bob", password: OTHER } }))).toBe("LOGIN_FAILED");
    expect((await ada.call("user.list", {})).items.map((user) => [user.name, user.active])).toEqual([
      ["ada", true],
      ["bob", false],
    ]);
    expect((await ada.call("session.list", {})).items.some((session) => session.current)).toBe(true);
  });

  test("shows what happened as audit entries, proves each and verifies the whole", async () => {
    await audit.settle();
    const ada = await bearer("ada", PASSWORD);
    await audit.settle();
    const { items } = await ada.call("audit.list", { query: { limit: 100 } });
    const types = new Set(items.map((item) => item.type));
    for (const type of [
      "setup.completed",
      "session.created",
      "session.ended",
      "user.created",
      "user.changed",
      "access.refused",
      "session.refused",
    ])
      expect([type, types.has(type)]).toEqual([type, true]);
    expect(
      items.every(
        (item) => ["system.heartbeat", "secret.key_activated"].includes(item.type) || item.requestId !== null,
      ),
    ).toBe(true);
    const created = (await ada.call("audit.list", { query: { type: "user.created" } })).items[0];
    const proof = await ada.call("audit.proof", { params: { id: created?.id ?? "aud_" } });
    const head = await ada.call("audit.head", {});
    expect(proof).toMatch(new RegExp(`^c2sp.org/tlog-proof@v1\\nextra [A-Za-z0-9+/]+=*\\nindex ${created?.index}\\n`));
    expect(proof).toContain(head.checkpoint);
    const bundle = await ada.call("audit.log", { params: { "*": `tile/entries/000.p/${head.size}` } });
    expect(new TextDecoder().decode(Buffer.from(bundle))).toContain(created?.id);
    expect(await code(ada.call("audit.list", { query: { after: "'" } }))).toBe("VALIDATION_FAILED");
    expect(await ada.call("audit.verify", {})).toMatchObject({ ok: true, problems: [], size: head.size });
    await audit.settle();
    const after = (await ada.call("audit.list", { query: { limit: 3 } })).items.map((item) => item.type);
    expect(after).toEqual(expect.arrayContaining(["audit.exported", "audit.verified"]));
  });

  test("describes itself", async () => {
    const document = await as({}).call("openapi.get", {});
    expect(document).toMatchObject({ openapi: "3.1.0", info: { version: "1.2.3" } });
    expect(await as({}).call("health.ready", {})).toEqual({ ready: true });
  });
});
