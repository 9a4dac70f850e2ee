import { createHash } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import type { Role } from "@tyr/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  accountEraser,
  createIdentity,
  listDeciders,
  operatorAddresses,
  type Identity,
  type IdentityDeps,
  type Own,
} from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { testDeps } from "./testing/test-vault.ts";

/** Watched, not replaced: every hash is really computed. */
vi.mock("@node-rs/argon2", { spy: true });

const PASSWORD = "the kettle sang at noon";
const OTHER = "three grey herons wait";
const START = "2026-11-02T08:00:00.000Z";
const origin = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };

describe.each(TEST_ENGINES)("identity on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let identity: Identity;
  let deps: IdentityDeps;

  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of ["session", "totp", "recovery_code", "subject", "login_delay", "audit_intake"])
        await sql.raw(`delete from ${table}`).execute(tx);
    });
    clock.set(START);
    identity = await createIdentity(deps);
  });

  const facts = async (): Promise<string[]> =>
    (await world.records()).map((record) => `${record.type} ${record.outcome} ${record.actor.name}`);

  async function setUp(name = "ada"): Promise<{ token: string; own: Own }> {
    const done = await identity.setUp.complete({ token: identity.setUp.token ?? "", name, password: PASSWORD }, origin);
    if (!done.ok) throw new Error(done.refusal.detail);
    return { token: done.value.token, own: await ownOf(done.value.token) };
  }

  async function ownOf(token: string): Promise<Own> {
    const caller = await identity.authenticate(token);
    if (caller === undefined) throw new Error("not signed in");
    return { caller, requestId: "r-2" };
  }

  async function addUser(own: Own, name: string, roles: Role[]): Promise<string> {
    const by = { actor: own.caller.actor, requestId: "r-3" };
    const made = await identity.createUser({ name, password: OTHER, roles }, by);
    if (!made.ok) throw new Error(made.refusal.detail);
    return made.value.id;
  }

  const login = async (name: string, password: string) => await identity.signIn({ name, password }, origin);

  describe("setting up", () => {
    test("makes the first administrator with the printed token, signs in and is logged", async () => {
      const { own } = await setUp();
      expect(own.caller).toMatchObject({ actor: { kind: "person", name: "ada" }, roles: ["admin", "approver"] });
      expect(await facts()).toEqual(["setup.completed success ada", "session.created success ada"]);
      expect(await identity.setUp.isNeeded()).toBe(false);
      expect((await createIdentity(deps)).setUp.token).toBeUndefined();
    });

    test("gives one administrator, however many use the link at once", async () => {
      const token = identity.setUp.token ?? "";
      const all = await Promise.all(
        Array.from(
          { length: 8 },
          async (_, at) => await identity.setUp.complete({ token, name: `ada${at}`, password: PASSWORD }, origin),
        ),
      );
      expect(all.filter((one) => one.ok)).toHaveLength(1);
      expect(all.flatMap((one) => (one.ok ? [] : [one.refusal.code]))).toEqual(Array(7).fill("SETUP_ALREADY_DONE"));
      expect(await identity.listUsers()).toHaveLength(1);
    });

    test("refuses a wrong or empty token, and a weak password without using the link up", async () => {
      const body = { name: "ada", password: PASSWORD };
      for (const token of ["", "x", "A".repeat(43)])
        expect(await identity.setUp.complete({ ...body, token }, origin)).toMatchObject({
          refusal: { code: "SETUP_TOKEN_INVALID" },
        });
      const token = identity.setUp.token ?? "";
      expect(await identity.setUp.complete({ token, name: "ada", password: "short" }, origin)).toMatchObject({
        refusal: { code: "PASSWORD_TOO_WEAK" },
      });
      expect(await facts()).toEqual([]);
      expect((await setUp()).own.caller.actor.name).toBe("ada");
    });
  });

  describe("signing in", () => {
    test("stores neither the password nor the token, and logs neither", async () => {
      await setUp();
      const done = await login("ADA", PASSWORD);
      if (!done.ok) throw new Error("refused");
      const { token } = done.value;
      expect(Buffer.from(token, "base64url")).toHaveLength(32);
      const stored = JSON.stringify([
        await world.db.read.selectFrom("subject").selectAll().execute(),
        await world.db.read.selectFrom("session").selectAll().execute(),
        await world.records(),
      ]);
      expect(stored).not.toContain(token);
      expect(stored).not.toContain(PASSWORD);
      expect(stored).toContain("$argon2id$v=19$m=47104,t=1,p=1$");
      const { token_hash } = await world.db.read
        .selectFrom("session")
        .select("token_hash")
        .orderBy("created_at", "desc")
        .limit(1)
        .executeTakeFirstOrThrow();
      expect([...token_hash]).toHaveLength(createHash("sha256").digest().length);
    });

    test("answers the same for an unknown name, a wrong password and a disabled account, and logs which it was", async () => {
      const { own } = await setUp();
      const id = await addUser(own, "bob", ["viewer"]);
      await identity.changeUser(id, { active: false }, { actor: own.caller.actor, requestId: "r" });
      const answers = [await login("nobody", OTHER), await login("ada", OTHER), await login("bob", OTHER)];
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(answers[0]).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      const refused = (await world.records()).filter((record) => record.type === "session.refused");
      expect(refused.map((record) => record.details["reason"])).toEqual(["unknown name", "wrong password", "disabled"]);
      expect(refused[0]).toMatchObject({ object: { id: "unknown" }, actor: { kind: "anonymous" } });
      expect(JSON.stringify(refused)).not.toContain("nobody");
    });

    test("does the same work for an unknown name, a wrong password and a disabled account: one hash of the same cost", async () => {
      const { own } = await setUp();
      const id = await addUser(own, "bob", ["viewer"]);
      await identity.changeUser(id, { active: false }, { actor: own.caller.actor, requestId: "r" });
      for (const [name, password] of [
        ["nobody", OTHER],
        ["ada", OTHER],
        ["bob", OTHER],
      ] as const) {
        vi.mocked(hash).mockClear();
        vi.mocked(verify).mockClear();
        expect(await login(name, password)).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
        const costs = vi.mocked(verify).mock.calls.map(([phc]) => String(phc).slice(0, 31));
        expect([name, costs]).toEqual([name, ["$argon2id$v=19$m=47104,t=1,p=1$"]]);
        expect(hash).not.toHaveBeenCalled();
      }
    });

    test("waits from the sixth failure on, 1 s doubling to 15 min, also with the right password, for any name", async () => {
      await setUp();
      for (const name of ["ada", "nobody at all"]) {
        for (let at = 0; at < 6; at += 1)
          expect(await login(name, OTHER)).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
        expect(await login(name, PASSWORD)).toMatchObject({
          refusal: { code: "LOGIN_DELAYED", facts: { retryAfterSeconds: 1 } },
        });
      }
      let waited = 1;
      for (let at = 0; at < 14; at += 1) {
        clock.advance(waited * 1_000);
        await login("ada", OTHER);
        const again = await login("ada", OTHER);
        waited = again.ok ? 0 : Number(again.refusal.facts?.["retryAfterSeconds"]);
      }
      expect(waited).toBe(900);
      clock.advance(900_000);
      expect((await login("ada", PASSWORD)).ok).toBe(true);
      expect(await login("ada", OTHER)).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
    });

    test("counts a thousand guesses at once as a thousand: only a handful are looked at", async () => {
      await setUp();
      const all = await Promise.all(Array.from({ length: 60 }, async () => await login("ada", OTHER)));
      const codes = all.map((one) => (one.ok ? "ok" : one.refusal.code));
      expect(codes.filter((code) => code === "LOGIN_FAILED").length).toBeLessThanOrEqual(6);
      expect(codes).toContain("LOGIN_DELAYED");
    });

    test("hashes again when the parameters of a stored password are old", async () => {
      await setUp();
      const old = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
      await world.db.bookkeep(
        "counters",
        async (tx) => await tx.updateTable("subject").set({ password: old }).execute(),
      );
      expect((await login("ada", PASSWORD)).ok).toBe(true);
      const { password } = await world.db.read.selectFrom("subject").select("password").executeTakeFirstOrThrow();
      expect(password).toContain("m=47104");
      expect((await login("ada", PASSWORD)).ok).toBe(true);
    });
  });

  describe("a session", () => {
    test("ends after 30 idle minutes, is kept alive by use, and ends after 12 hours all the same", async () => {
      const { token } = await setUp();
      clock.advance(29 * 60_000);
      expect(await identity.authenticate(token)).toBeDefined();
      clock.advance(31 * 60_000);
      expect(await identity.authenticate(token)).toBeUndefined();
      const again = await login("ada", PASSWORD);
      const second = again.ok ? again.value.token : "";
      for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
        clock.advance(20 * 60_000);
        expect([minutes, await identity.authenticate(second)]).toMatchObject([
          minutes,
          { roles: ["admin", "approver"] },
        ]);
      }
      clock.advance(20 * 60_000);
      expect(await identity.authenticate(second)).toBeUndefined();
    });

    test("is not kept alive by a page that asks by itself while nobody is there", async () => {
      const { token } = await setUp();
      for (let minutes = 0; minutes < 30; minutes += 5) {
        expect([minutes, await identity.authenticate(token, "page")]).toMatchObject([
          minutes,
          { actor: { name: "ada" } },
        ]);
        clock.advance(5 * 60_000);
      }
      expect(await identity.authenticate(token, "page")).toBeUndefined();
    });

    test("of who may decide about actions, while it is alive, says where operators are", async () => {
      const { own } = await setUp();
      const from = async (name: string, address: string) =>
        await identity.signIn({ name, password: OTHER }, { ...origin, address });
      for (const [name, role] of [
        ["analyst", "analyst"],
        ["viewer", "viewer"],
        ["gone", "approver"],
      ] as const)
        await addUser(own, name, [role]);
      await from("analyst", "45.0.0.1");
      await from("viewer", "45.0.0.2");
      await from("gone", "45.0.0.3");
      const addresses = async () => (await operatorAddresses(world.db.read, clock.now())).toSorted();
      expect(await addresses()).toEqual(["192.0.2.7", "45.0.0.1", "45.0.0.3"]);
      await identity.changeUser(
        (await identity.listUsers()).find(({ name }) => name === "gone")?.id ?? "",
        { active: false },
        {
          actor: own.caller.actor,
          requestId: "r-4",
        },
      );
      expect(await addresses()).toEqual(["192.0.2.7", "45.0.0.1"]);
      clock.advance(30 * 60_000);
      expect(await addresses()).toEqual([]);
    });

    test("is not kept alive by being looked at, as an open live feed does", async () => {
      const { own } = await setUp();
      clock.advance(29 * 60_000);
      expect(await identity.look(own.caller.sessionId ?? "")).toBeDefined();
      clock.advance(2 * 60_000);
      expect(await identity.look(own.caller.sessionId ?? "")).toBeUndefined();
    });

    test("ends when its owner signs out, and cannot be used again", async () => {
      const { token, own } = await setUp();
      const told: string[] = [];
      identity.watchSessions((ids) => told.push(...ids));
      await identity.signOut(own);
      expect(await identity.authenticate(token)).toBeUndefined();
      expect(told).toEqual([own.caller.sessionId]);
      expect((await facts()).at(-1)).toBe("session.ended success ada");
    });

    test("can be listed and the others ended", async () => {
      const { token, own } = await setUp();
      clock.advance(1_000);
      const second = await login("ada", PASSWORD);
      expect(await identity.listSessions(own)).toMatchObject([
        { current: false, address: "192.0.2.7" },
        { current: true },
      ]);
      await identity.endOtherSessions(own);
      expect(await identity.authenticate(second.ok ? second.value.token : "")).toBeUndefined();
      expect(await identity.authenticate(token)).toBeDefined();
    });

    test("can be ended one by one by its owner and by nobody else", async () => {
      const { token, own } = await setUp();
      clock.advance(1_000);
      const second = await login("ada", PASSWORD);
      if (!second.ok) throw new Error("refused");
      const id = (await ownOf(second.value.token)).caller.sessionId ?? "";
      await addUser(own, "bob", ["viewer"]);
      const foreign = await login("bob", OTHER);
      if (!foreign.ok) throw new Error("refused");
      const before = (await facts()).length;
      const byBob = await identity.endSession(id, await ownOf(foreign.value.token));
      expect(byBob).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
      expect(await identity.authenticate(second.value.token)).toBeDefined();
      expect(await facts()).toHaveLength(before);

      const told: string[] = [];
      identity.watchSessions((ids) => told.push(...ids));
      expect(await identity.endSession(id, own)).toMatchObject({ ok: true });
      expect(await identity.authenticate(second.value.token)).toBeUndefined();
      expect(await identity.authenticate(token)).toBeDefined();
      expect(told).toEqual([id]);
      expect((await facts()).at(-1)).toBe("session.ended success ada");
      expect(await identity.endSession(id, own)).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
    });

    test("of a guessed or foreign token does not exist", async () => {
      const { own } = await setUp();
      for (const token of ["", "x", own.caller.sessionId ?? "", "' or 1=1 --"])
        expect(await identity.authenticate(token)).toBeUndefined();
    });
  });

  describe("users", () => {
    test("that were erased sign in no more, are not told from strangers, and nobody becomes them again", async () => {
      const { own } = await setUp();
      const by = { actor: own.caller.actor, requestId: "r-4" };
      const id = await addUser(own, "bob", ["viewer"]);
      const opened = await login("bob", OTHER);
      expect(opened.ok && opened.value.device).toBeTruthy();
      await identity.changeUser(id, { active: false }, by);
      await world.db.bookkeep("counters", async (tx) => await accountEraser(deps.vault)(tx, id));
      const device = await world.db.read
        .selectFrom("known_device")
        .select("subject_id")
        .where("subject_id", "=", id as `usr_${string}`)
        .executeTakeFirst();
      expect(device).toBeUndefined();
      expect(await login(`erased-${id.slice(-12)}`, "")).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      expect(await identity.resetSignIn(id, PASSWORD, by)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
      expect(await identity.changeUser(id, { active: true }, by)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    });

    test("that are disabled are out within one request, and the change is one entry", async () => {
      const { own } = await setUp();
      const id = await addUser(own, "bob", ["analyst"]);
      const signed = await login("bob", OTHER);
      const token = signed.ok ? signed.value.token : "";
      expect(await identity.authenticate(token)).toBeDefined();
      const by = { actor: own.caller.actor, requestId: "r" };
      expect(await identity.changeUser(id, { active: false }, by)).toMatchObject({
        ok: true,
        value: { active: false },
      });
      expect(await identity.authenticate(token)).toBeUndefined();
      expect((await world.records()).at(-1)).toMatchObject({
        type: "user.changed",
        before: "active: analyst",
        after: "disabled: analyst",
        details: { sessionsEnded: 1 },
      });
    });

    test("have their new roles from the next request", async () => {
      const { own } = await setUp();
      const id = await addUser(own, "bob", ["viewer"]);
      const signed = await login("bob", OTHER);
      const token = signed.ok ? signed.value.token : "";
      await identity.changeUser(id, { roles: ["analyst"] }, { actor: own.caller.actor, requestId: "r" });
      expect((await identity.authenticate(token))?.permissions.has("action:request")).toBe(true);
    });

    test("cannot take each other's name, whatever its case", async () => {
      const { own } = await setUp();
      const by = { actor: own.caller.actor, requestId: "r" };
      expect(await identity.createUser({ name: "Ada", password: OTHER, roles: ["viewer"] }, by)).toMatchObject({
        refusal: { code: "NAME_TAKEN" },
      });
    });

    test("always include an active administrator, even when two give the role up at once", async () => {
      const { own } = await setUp();
      const by = { actor: own.caller.actor, requestId: "r" };
      const ada = own.caller.actor.id;
      for (const change of [{ active: false }, { roles: ["viewer"] as Role[] }])
        expect(await identity.changeUser(ada, change, by)).toMatchObject({ refusal: { code: "LAST_ADMINISTRATOR" } });
      const bob = await addUser(own, "bob", ["admin"]);
      const both = await Promise.all(
        [ada, bob].map(async (id) => await identity.changeUser(id, { roles: ["viewer"] }, by)),
      );
      expect(both.filter((one) => one.ok)).toHaveLength(1);
      expect((await identity.listUsers()).filter((user) => user.roles.includes("admin"))).toHaveLength(1);
    });

    test("who decide about actions are all found, however many accounts there are, and nobody else", async () => {
      const { own } = await setUp();
      const zoe = await addUser(own, "zoe", ["approver"]);
      const gone = await addUser(own, "gone", ["security_manager"]);
      const by = { actor: own.caller.actor, requestId: "r" };
      await identity.changeUser(gone, { active: false }, by);
      await world.db.bookkeep("counters", async (tx) => {
        await sql`insert into subject (id, name, name_key, password, roles, active, created_at)
          select 'usr_crowd' || n, 'b' || n, 'b' || n, '', '["viewer"]', true, now() from generate_series(1, 1200) n`.execute(
          tx,
        );
      });
      expect((await listDeciders(world.db.read)).map(({ id }) => id).toSorted()).toEqual(
        [own.caller.actor.id, zoe].toSorted(),
      );
    });

    test("that do not exist cannot be changed, and changing nothing is no entry", async () => {
      const { own } = await setUp();
      const by = { actor: own.caller.actor, requestId: "r" };
      expect(await identity.changeUser("usr_none", { active: false }, by)).toMatchObject({
        refusal: { code: "NOT_FOUND" },
      });
      const before = await facts();
      expect(await identity.changeUser(own.caller.actor.id, { active: true }, by)).toMatchObject({ ok: true });
      expect(await facts()).toEqual(before);
    });
  });
});
