import type { KeyCreate, Permission, Role } from "@tyr/contract";
import { permissionsOf } from "@tyr/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createIdentity, createKeys, type Caller, type Identity, type KeyMaker, type Keys } from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { testDeps } from "../testing/test-vault.ts";

const PASSWORD = "the kettle sang at noon";
const START = "2026-11-02T08:00:00.000Z";
const DAY_MS = 86_400_000;
const HERE = { address: "192.0.2.7", requestId: "r-1" };
const ELSEWHERE = { address: "198.51.100.1", requestId: "r-2" };

describe.each(TEST_ENGINES)("API keys on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let identity: Identity;
  let keys: Keys;
  let ada: KeyMaker;
  let deps: Parameters<typeof createIdentity>[0];
  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of ["api_key_secret", "api_key", "service_account", "session", "subject", "audit_intake"])
        await sql.raw(`delete from ${table}`).execute(tx);
    });
    clock.set(START);
    identity = await createIdentity(deps);
    keys = createKeys({ database: world.db, clock });
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    const done = await identity.setUp.complete(body, { address: "192.0.2.7", userAgent: null, requestId: "r" });
    const caller = done.ok ? await identity.authenticate(done.value.token) : undefined;
    if (caller === undefined) throw new Error("not set up");
    ada = { caller, requestId: "r-0" };
  });

  const later = (ms: number): void => clock.set(new Date(clock.now().getTime() + ms).toISOString());
  const facts = async (prefix: string): Promise<string[]> =>
    (await world.records())
      .filter(({ type }) => type.startsWith(prefix))
      .map(({ type, actor }) => `${type} ${actor.name}`);
  const wish = (more: Partial<KeyCreate> = {}): KeyCreate => ({
    name: "nightly",
    scopes: ["event:read"],
    lifeDays: 30,
    ...more,
  });
  async function made(more: Partial<KeyCreate> = {}): Promise<{ id: string; secret: string }> {
    const one = await keys.create(wish(more), ada);
    if (!one.ok) throw new Error(one.refusal.detail);
    return { id: one.value.key.id, secret: one.value.secret };
  }
  async function caller(secret: string, from = HERE): Promise<Caller | string> {
    const found = await keys.check(secret, from);
    return found.ok ? found.value : found.refusal.code;
  }
  async function addUser(name: string, roles: Role[]): Promise<string> {
    const by = { actor: ada.caller.actor, requestId: "r-3" };
    const one = await identity.createUser({ name, password: PASSWORD, roles }, by);
    if (!one.ok) throw new Error(one.refusal.detail);
    return one.value.id;
  }
  const as = (id: string, name: string, roles: Role[]): KeyMaker => ({
    caller: { actor: { kind: "person", id, name }, permissions: permissionsOf(roles), roles },
    requestId: "r-4",
  });

  test("act as their person, within their scopes, and are logged", async () => {
    const { id, secret } = await made();
    expect(await caller(secret)).toMatchObject({
      actor: { kind: "person", name: "ada" },
      permissions: new Set(["event:read"]),
      roles: [],
      keyId: id,
    });
    expect(await facts("key.")).toEqual(["key.created ada"]);
  });

  test("are stored as a hash only, and shown once", async () => {
    const { secret } = await made();
    await caller(secret);
    const stored = JSON.stringify([
      await world.db.read.selectFrom("api_key").selectAll().execute(),
      await world.db.read.selectFrom("api_key_secret").selectAll().execute(),
      await world.records(),
      await keys.list("everybody"),
    ]);
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain(secret.slice(25, 68));
  });

  test("give nothing their maker does not hold, and nothing that asks for a person", async () => {
    const id = await addUser("vic", ["viewer"]);
    const vic = as(id, "vic", ["viewer"]);
    expect(await keys.create(wish({ scopes: ["event:read", "incident:write"] }), vic)).toMatchObject({
      ok: false,
      refusal: { code: "PERMISSIONS_TOO_WIDE", facts: { permissions: ["incident:write"] } },
    });
    // What an older or altered row holds is cut at use.
    const { id: key, secret } = await made();
    const wide: Permission[] = ["event:read", "action:approve", "user:write"];
    await world.db.bookkeep("counters", async (tx) => {
      await tx
        .updateTable("api_key")
        .set({ scopes: JSON.stringify(wide) })
        .where("id", "=", key as `key_${string}`)
        .execute();
    });
    expect(await caller(secret)).toMatchObject({ permissions: new Set(["event:read"]) });
  });

  test("lose at the next request what their person loses", async () => {
    const id = await addUser("ben", ["analyst"]);
    const one = await keys.create(wish({ scopes: ["event:read", "incident:write"] }), as(id, "ben", ["analyst"]));
    const secret = one.ok ? one.value.secret : "";
    expect(await caller(secret)).toMatchObject({ permissions: new Set(["event:read", "incident:write"]) });
    const by = { actor: ada.caller.actor, requestId: "r" };
    await identity.changeUser(id, { roles: ["viewer"] }, by);
    expect(await caller(secret)).toMatchObject({ permissions: new Set(["event:read"]) });
    await identity.changeUser(id, { active: false }, by);
    expect(await caller(secret)).toBe("KEY_INVALID");
    await identity.changeUser(id, { active: true }, by);
    expect(await caller(secret)).toBe("KEY_INVALID");
    const changed = (await world.records()).filter(({ type }) => type === "user.changed");
    expect(changed.map(({ details }) => details["keysRevoked"])).toEqual([0, 1, 0]);
  });

  test("end at once when revoked, and for good", async () => {
    const { id, secret } = await made();
    expect(await caller(secret)).not.toBe("KEY_INVALID");
    expect(await keys.revoke(id, ada)).toMatchObject({ ok: true, value: { state: "revoked" } });
    expect(await caller(secret)).toBe("KEY_INVALID");
    expect(await keys.revoke(id, ada)).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
    expect(await keys.rotate({ id, body: { overlapSeconds: 0, lifeDays: 1 } }, ada)).toMatchObject({ ok: false });
    expect(await facts("key.")).toEqual(["key.created ada", "key.revoked ada", "key.refused anonymous"]);
  });

  test("expire on time", async () => {
    const { secret } = await made({ lifeDays: 1 });
    later(DAY_MS - 1);
    expect(await caller(secret)).not.toBe("KEY_INVALID");
    later(1);
    expect(await caller(secret)).toBe("KEY_INVALID");
    expect(await keys.list("everybody")).toMatchObject([{ state: "expired" }]);
  });

  test("count from their networks only, and a stranger learns nothing but no", async () => {
    const { secret } = await made({ networks: ["192.0.2.0/24"] });
    const wrong = `${secret.slice(0, -1)}${secret.endsWith("a") ? "b" : "a"}`;
    const answers = [
      await keys.check(secret, ELSEWHERE),
      await keys.check(wrong, HERE),
      await keys.check("tyr_key_x", HERE),
    ];
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(await caller(secret, { ...HERE, address: "::ffff:192.0.2.200" })).toMatchObject({ actor: { name: "ada" } });
    for (let again = 0; again < 5; again += 1) await caller(secret, ELSEWHERE);
    const refused = (await world.records()).filter(({ type }) => type === "key.refused");
    expect(refused.map(({ details }) => details["reason"])).toEqual(["foreign network"]);
    expect(await keys.create(wish({ networks: ["everywhere"] }), ada)).toMatchObject({
      refusal: { code: "TARGET_INVALID" },
    });
  });

  test("are rotated with an overlap in which both secrets count, and no third one", async () => {
    const { id, secret: first } = await made();
    const turn = async (overlapSeconds: number): Promise<string> => {
      const one = await keys.rotate({ id, body: { overlapSeconds, lifeDays: 30 } }, ada);
      if (!one.ok) throw new Error(one.refusal.detail);
      return one.value.secret;
    };
    const usable = async (secrets: string[]) =>
      await Promise.all(secrets.map(async (one) => (await caller(one)) !== "KEY_INVALID"));
    const second = await turn(3_600);
    expect(await usable([first, second])).toEqual([true, true]);
    const third = await turn(3_600);
    expect(await usable([first, second, third])).toEqual([false, true, true]);
    later(3_600_000);
    expect(await usable([second, third])).toEqual([false, true]);
    const fourth = await turn(0);
    expect(await usable([third, fourth])).toEqual([false, true]);
    expect(await keys.list("everybody")).toMatchObject([{ overlapEndsAt: null, state: "active" }]);
  });

  test("of somebody else can be ended by administrators, but nobody else gets their secret", async () => {
    const { id } = await made();
    const eve = as(await addUser("eve", ["admin"]), "eve", ["admin"]);
    const vic = as(await addUser("vic", ["viewer"]), "vic", ["viewer"]);
    const body = { overlapSeconds: 0, lifeDays: 1 };
    expect(await keys.rotate({ id, body }, eve)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    expect(await keys.revoke(id, vic)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    expect(await keys.revoke(id, eve)).toMatchObject({ ok: true });
  });

  test("are limited in number, also when many are asked for at once", async () => {
    const all = await Promise.all(Array.from({ length: 24 }, async () => await keys.create(wish(), ada)));
    expect(all.filter((one) => one.ok)).toHaveLength(20);
    expect(all.flatMap((one) => (one.ok ? [] : [one.refusal.code]))).toEqual(Array(4).fill("KEY_LIMIT_REACHED"));
  });

  test("say when and from where they were used, to the minute, with one write a minute", async () => {
    const { secret } = await made();
    await Promise.all(Array.from({ length: 5 }, async () => await caller(secret)));
    expect(await keys.list("everybody")).toMatchObject([{ lastUsedAt: START, lastUsedFrom: "192.0.2.7" }]);
    later(59_000);
    await caller(secret);
    expect(await keys.list("everybody")).toMatchObject([{ lastUsedAt: START }]);
    later(1_000);
    await caller(secret);
    expect(await keys.list("everybody")).toMatchObject([{ lastUsedAt: "2026-11-02T08:01:00.000Z" }]);
  });

  test("used from a new address say so in the log, once for each", async () => {
    const { secret } = await made();
    for (const from of [HERE, ELSEWHERE, HERE, ELSEWHERE, ELSEWHERE]) await caller(secret, from);
    const told = (await world.records()).filter(({ type }) => type === "key.used_elsewhere");
    expect(told.map(({ before, after }) => [before, after])).toEqual([["192.0.2.7", "198.51.100.1"]]);
  });

  describe("of service accounts", () => {
    async function service(by = ada): Promise<{ id: string; secret: string; key: string }> {
      const account = await keys.createService({ name: "soar" }, by);
      if (!account.ok) throw new Error(account.refusal.detail);
      const one = await keys.createFor({ id: account.value.id, body: wish({ scopes: ["action:request"] }) }, ada);
      if (!one.ok) throw new Error(one.refusal.detail);
      return { id: account.value.id, secret: one.value.secret, key: one.value.key.id };
    }

    test("act as automation, which has no role and can never approve", async () => {
      const { id, secret } = await service();
      expect(await caller(secret)).toMatchObject({
        actor: { kind: "automation", id, name: "soar" },
        roles: [],
        permissions: new Set(["action:request"]),
      });
    });

    test("carry the people behind them: the owner, and whoever was shown the secret in use", async () => {
      const eve = as(await addUser("eve", ["admin"]), "eve", ["admin"]);
      const { key, secret } = await service(eve);
      const idOf = (one: typeof ada) => one.caller.actor.id;
      expect(await caller(secret)).toMatchObject({ behind: [idOf(eve), idOf(ada)] });
      const rotated = await keys.rotate({ id: key, body: { overlapSeconds: 60, lifeDays: 30 } }, eve);
      if (!rotated.ok) throw new Error(rotated.refusal.detail);
      expect(await caller(rotated.value.secret)).toMatchObject({ behind: [idOf(eve)] });
    });

    const passOn = async (id: string) =>
      await keys.changeService({ id, change: { ownerId: ada.caller.actor.id as `usr_${string}` } }, ada);

    test("lose their keys when their owner is disabled, also for whoever takes them over later", async () => {
      const eve = as(await addUser("eve", ["admin"]), "eve", ["admin"]);
      const { id, secret } = await service(eve);
      await identity.changeUser(eve.caller.actor.id, { active: false }, { actor: ada.caller.actor, requestId: "r" });
      expect(await caller(secret)).toBe("KEY_INVALID");
      expect(await passOn(id)).toMatchObject({ value: { owner: { name: "ada" } } });
      expect(await caller(secret)).toBe("KEY_INVALID");
    });

    test("keep their keys when somebody takes them over before their owner goes", async () => {
      const eve = as(await addUser("eve", ["admin"]), "eve", ["admin"]);
      const { id, secret } = await service(eve);
      await passOn(id);
      await identity.changeUser(eve.caller.actor.id, { active: false }, { actor: ada.caller.actor, requestId: "r" });
      expect(await caller(secret)).not.toBe("KEY_INVALID");
    });

    test("end with the account, and do not come back with it", async () => {
      const { id, secret } = await service();
      expect(await keys.changeService({ id, change: { active: false } }, ada)).toMatchObject({
        value: { active: false },
      });
      await keys.changeService({ id, change: { active: true } }, ada);
      expect(await caller(secret)).toBe("KEY_INVALID");
      expect(await facts("service.")).toEqual(["service.created ada", "service.changed ada", "service.changed ada"]);
    });

    test("are rotated only by whoever holds as much as they can do", async () => {
      const { key } = await service();
      const poor = as(await addUser("pat", ["viewer"]), "pat", ["viewer"]);
      const narrow = {
        ...poor,
        caller: { ...poor.caller, permissions: new Set<Permission>(["key:write", "key:own"]) },
      };
      const body = { overlapSeconds: 0, lifeDays: 1 };
      expect(await keys.rotate({ id: key, body }, poor)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
      expect(await keys.rotate({ id: key, body }, narrow)).toMatchObject({ refusal: { code: "PERMISSIONS_TOO_WIDE" } });
      expect(await keys.rotate({ id: key, body }, ada)).toMatchObject({ ok: true });
    });

    test("belong to one name, however it is written, and to an owner who may sign in", async () => {
      await service();
      expect(await keys.createService({ name: "SOAR" }, ada)).toMatchObject({ refusal: { code: "NAME_TAKEN" } });
      const nobody = "usr_0190a3b4-1111-7222-8333-444455556666" as const;
      expect(await keys.createService({ name: "x", ownerId: nobody }, ada)).toMatchObject({
        refusal: { code: "NOT_FOUND" },
      });
    });
  });
});
