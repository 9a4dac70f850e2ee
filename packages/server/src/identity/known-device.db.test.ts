import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createIdentity, type Identity, type IdentityDeps } from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { testDeps } from "./testing/test-vault.ts";

const PASSWORD = "the kettle sang at noon";
const OTHER = "three grey herons wait";
const START = "2026-11-02T08:00:00.000Z";
const DAY_MS = 24 * 3_600_000;
const here = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };
const elsewhere = { address: "203.0.113.9", userAgent: "curl", requestId: "r-2" };

describe.each(TEST_ENGINES)("guessing at somebody's password on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let deps: IdentityDeps;
  let identity: Identity;

  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of ["known_device", "session", "subject", "login_delay", "audit_intake"])
        await sql.raw(`delete from ${table}`).execute(tx);
    });
    clock.set(START);
    identity = await createIdentity(deps);
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    const done = await identity.setUp.complete(body, here);
    if (!done.ok) throw new Error(done.refusal.code);
    const by = { actor: { kind: "person", id: done.value.session.user.id, name: "ada" }, requestId: "r-3" } as const;
    await identity.createUser({ name: "mallory", password: OTHER, roles: ["viewer"] }, by);
  });

  async function attempt(password: string, device?: string, name = "ada"): Promise<string> {
    const origin = device === undefined ? elsewhere : { ...here, device };
    const done = await identity.signIn({ name, password }, origin);
    return done.ok ? "in" : done.refusal.code;
  }
  async function deviceOf(name: string, password: string): Promise<string> {
    const done = await identity.signIn({ name, password }, here);
    if (!done.ok || done.value.device === undefined) throw new Error("no device");
    return done.value.device;
  }
  async function attack(times = 40): Promise<void> {
    for (let at = 0; at < times; at += 1) await attempt("a wrong guess indeed");
  }

  test("is no longer hindered by programs that signed in: they are no browsers, and push none out", async () => {
    const device = await deviceOf("ada", PASSWORD);
    for (let at = 0; at < 25; at += 1) {
      const done = await identity.signIn({ name: "ada", password: PASSWORD }, { ...elsewhere, isProgram: true });
      expect([done.ok, done.ok && done.value.device]).toEqual([true, undefined]);
    }
    await attack();
    expect(await attempt(PASSWORD, device)).toBe("in");
  });

  test("keeps the attacker waiting, and the owner gets in from their own browser all the same", async () => {
    const device = await deviceOf("ada", PASSWORD);
    await attack();
    expect(await attempt(PASSWORD)).toBe("LOGIN_DELAYED");
    expect(await attempt(PASSWORD, device)).toBe("in");
    // The owner's success does not give the attacker new guesses.
    expect(await attempt("a wrong guess indeed")).toBe("LOGIN_DELAYED");
  });

  test("is no quicker with a browser of one's own, an invented one, or none", async () => {
    const mallorys = await deviceOf("mallory", OTHER);
    await attack();
    for (const device of [mallorys, "x".repeat(43), "", "'; drop table known_device; --"])
      expect([device, await attempt(PASSWORD, device)]).toEqual([device, "LOGIN_DELAYED"]);
  });

  test("from the owner's own browser waits as everywhere, and only there", async () => {
    const device = await deviceOf("ada", PASSWORD);
    for (let at = 0; at < 6; at += 1) expect(await attempt("a wrong guess indeed", device)).toBe("LOGIN_FAILED");
    expect(await attempt(PASSWORD, device)).toBe("LOGIN_DELAYED");
    expect(await attempt(PASSWORD)).toBe("in");
  });

  test("a browser is known after a sign-in only, is not made known twice, and is forgotten after half a year", async () => {
    await attempt("a wrong guess indeed");
    const device = await deviceOf("ada", PASSWORD);
    const again = await identity.signIn({ name: "ada", password: PASSWORD }, { ...here, device });
    expect(again).toMatchObject({ ok: true });
    expect(again.ok && "device" in again.value).toBe(false);
    const stored = JSON.stringify(await world.db.read.selectFrom("known_device").selectAll().execute());
    expect(stored).not.toContain(device);
    clock.advance(181 * DAY_MS);
    await attack();
    expect(await attempt(PASSWORD, device)).toBe("LOGIN_DELAYED");
  });

  test("twenty browsers of one person are known, the newest ones", async () => {
    const devices: string[] = [];
    for (let at = 0; at < 23; at += 1) {
      clock.advance(1_000);
      devices.push(await deviceOf("ada", PASSWORD));
    }
    expect(await world.db.read.selectFrom("known_device").select("device_hash").execute()).toHaveLength(20);
    await attack();
    expect(await attempt(PASSWORD, devices[0])).toBe("LOGIN_DELAYED");
    expect(await attempt(PASSWORD, devices.at(-1))).toBe("in");
  });

  test("after an administrator's reset no browser is known any more", async () => {
    const device = await deviceOf("mallory", OTHER);
    const users = await identity.listUsers();
    const [ada, mallory] = ["ada", "mallory"].map((name) => users.find((user) => user.name === name)?.id ?? "");
    const by = { actor: { kind: "person", id: ada ?? "", name: "ada" }, requestId: "r-4" } as const;
    expect(await identity.resetSignIn(mallory ?? "", "another kettle sang at ten", by)).toMatchObject({ ok: true });
    for (let at = 0; at < 7; at += 1) await attempt("a wrong guess indeed", undefined, "mallory");
    expect(await attempt("another kettle sang at ten", device, "mallory")).toBe("LOGIN_DELAYED");
  });
});
