import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createIdentity, type Identity, type IdentityDeps, type Own } from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { testDeps } from "./testing/test-vault.ts";
import { codeAt, stepAt } from "./totp.ts";

const PASSWORD = "the kettle sang at noon";
const OTHER = "three grey herons wait";
const SHORT = "zlw3hgq0";
const START = "2026-11-02T08:00:00.000Z";
const origin = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** As an authenticator application reads it. */
function fromBase32(text: string): Uint8Array {
  const bits = Array.from(text, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

describe.each(TEST_ENGINES)("one's own account on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let identity: Identity;
  let deps: IdentityDeps;
  let own: Own;
  let token: string;

  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      const tables = ["session", "totp", "recovery_code", "sealed_secret", "subject", "login_delay", "audit_intake"];
      for (const table of tables) await sql.raw(`delete from ${table}`).execute(tx);
    });
    clock.set(START);
    identity = await createIdentity(deps);
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    token = valueOf(await identity.setUp.complete(body, origin)).token;
    own = await ownOf(token);
  });

  function valueOf<T>(result: { ok: true; value: T } | { ok: false; refusal: { detail: string } }): T {
    if (!result.ok) throw new Error(result.refusal.detail);
    return result.value;
  }

  async function ownOf(one: string): Promise<Own> {
    const caller = await identity.authenticate(one);
    if (caller === undefined) throw new Error("not signed in");
    return { caller, requestId: "r-2" };
  }

  const types = async (): Promise<string[]> => (await world.records()).map(({ type }) => type);
  const login = async (password: string, code?: string) =>
    await identity.signIn({ name: "ada", password, code }, origin);

  /** @returns what the application shows at the clock's time, perhaps some steps away */
  async function withTotp(): Promise<{ show: (steps?: number) => string; recovery: string[]; secret: string }> {
    const { secret } = valueOf(await identity.enrolTotp(own));
    const show = (steps = 0): string => codeAt(fromBase32(secret), stepAt(clock.now()) + steps);
    const { codes } = valueOf(await identity.confirmTotp(show(), own));
    clock.advance(30_000);
    return { show, recovery: codes, secret };
  }

  describe("changing the password", () => {
    test("ends every other session, keeps this one, and only the new password opens the account", async () => {
      const second = valueOf(await login(PASSWORD)).token;
      const told: string[] = [];
      identity.watchSessions((ids) => told.push(...ids));
      expect(await identity.changePassword({ current: PASSWORD, password: OTHER }, own)).toMatchObject({ ok: true });
      expect(await identity.authenticate(second)).toBeUndefined();
      expect(await identity.authenticate(token)).toBeDefined();
      expect(told).toHaveLength(1);
      expect(await login(PASSWORD)).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      expect((await login(OTHER)).ok).toBe(true);
      const changed = (await world.records()).find(({ type }) => type === "password.changed");
      expect(changed).toMatchObject({ actor: { name: "ada" }, details: { sessionsEnded: 1 } });
    });

    test("asks for the current one, counts wrong guesses in that session, and logs them", async () => {
      for (let at = 0; at < 6; at += 1)
        expect(await identity.changePassword({ current: OTHER, password: OTHER }, own)).toMatchObject({
          refusal: { code: "PROOF_WRONG" },
        });
      expect(await identity.changePassword({ current: PASSWORD, password: OTHER }, own)).toMatchObject({
        refusal: { code: "LOGIN_DELAYED" },
      });
      expect((await types()).filter((type) => type === "session.proof_refused")).toHaveLength(6);
      expect((await login(PASSWORD)).ok).toBe(true);
    });

    test("refuses one that is weak, leaked or too short to stand alone, and changes nothing", async () => {
      for (const password of [SHORT, "passwordpassword", "aaaaaaaaaaaaaaaaaaaa"])
        expect(await identity.changePassword({ current: PASSWORD, password }, own)).toMatchObject({
          refusal: { code: "PASSWORD_TOO_WEAK" },
        });
      expect(await types()).not.toContain("password.changed");
      expect((await login(PASSWORD)).ok).toBe(true);
    });

    test("lets a sign-in with the old one that is under way open nothing", async () => {
      const [changed, ...signIns] = await Promise.all([
        identity.changePassword({ current: PASSWORD, password: OTHER }, own),
        ...Array.from({ length: 4 }, async () => await login(PASSWORD)),
      ]);
      expect(changed).toMatchObject({ ok: true });
      const opened = signIns.flatMap((one) => (one.ok ? [one.value.token] : []));
      expect(await Promise.all(opened.map(async (token) => await identity.authenticate(token)))).toEqual(
        opened.map(() => undefined),
      );
      expect((await login(OTHER)).ok).toBe(true);
    });

    test("never writes a password into the log or the database", async () => {
      await identity.changePassword({ current: OTHER, password: OTHER }, own);
      await identity.changePassword({ current: PASSWORD, password: OTHER }, own);
      const rows = await world.db.read.selectFrom("subject").selectAll().execute();
      const written = JSON.stringify([await world.records(), rows]);
      for (const password of [PASSWORD, OTHER]) expect(written).not.toContain(password);
    });
  });

  describe("an authenticator application", () => {
    test("counts from its first code on: then a password alone opens nothing", async () => {
      const { secret } = valueOf(await identity.enrolTotp(own));
      expect((await login(PASSWORD)).ok).toBe(true);
      const code = codeAt(fromBase32(secret), stepAt(clock.now()));
      expect(valueOf(await identity.confirmTotp(code, own)).codes).toHaveLength(10);
      expect(await login(PASSWORD)).toMatchObject({ refusal: { code: "SECOND_FACTOR_NEEDED" } });
      clock.advance(30_000);
      const next = codeAt(fromBase32(secret), stepAt(clock.now()));
      expect(await login(OTHER, next)).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      const opened = valueOf(await login(PASSWORD, next));
      const caller = await identity.authenticate(opened.token);
      expect(caller?.actor.name).toBe("ada");
      expect((await world.records()).at(-1)).toMatchObject({
        type: "session.created",
        details: { factor: "password+totp" },
      });
    });

    test("shows codes that count once: not again, not an earlier one, and of many at once exactly one", async () => {
      const { show } = await withTotp();
      const code = show();
      const all = await Promise.all(Array.from({ length: 5 }, async () => await login(PASSWORD, code)));
      expect(all.filter((one) => one.ok)).toHaveLength(1);
      clock.advance(120_000);
      expect((await login(PASSWORD, show())).ok).toBe(true);
      expect(await login(PASSWORD, show())).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      expect(await login(PASSWORD, show(-1))).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      expect((await login(PASSWORD, show(1))).ok).toBe(true);
    });

    test("cannot confirm and sign in with one and the same code", async () => {
      const { secret } = valueOf(await identity.enrolTotp(own));
      const code = codeAt(fromBase32(secret), stepAt(clock.now()));
      valueOf(await identity.confirmTotp(code, own));
      expect(await login(PASSWORD, code)).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
    });

    test("is guessed no faster than a password: from the sixth wrong code on the account waits", async () => {
      const { show } = await withTotp();
      const wrong = show() === "000000" ? "000001" : "000000";
      const codes: string[] = [];
      for (let at = 0; at < 8; at += 1) {
        const one = await login(PASSWORD, wrong);
        codes.push(one.ok ? "in" : one.refusal.code);
      }
      expect(codes).toEqual([...Array<string>(6).fill("LOGIN_FAILED"), "LOGIN_DELAYED", "LOGIN_DELAYED"]);
      for (let at = 0; at < 6; at += 1)
        expect(await identity.stepUp({ password: PASSWORD, code: wrong }, own)).toMatchObject({
          refusal: { code: "PROOF_WRONG" },
        });
      expect(await identity.stepUp({ password: PASSWORD, code: show() }, own)).toMatchObject({
        refusal: { code: "LOGIN_DELAYED" },
      });
    });

    test("has a secret that neither the database nor the log holds in clear", async () => {
      const { secret, recovery } = await withTotp();
      const tables = ["totp", "recovery_code", "sealed_secret"] as const;
      const rows = await Promise.all(
        tables.map(async (table) => await world.db.read.selectFrom(table).selectAll().execute()),
      );
      const bytes = rows
        .flat()
        .flatMap((row) => Object.values(row))
        .filter((value) => value instanceof Uint8Array);
      const clear = Buffer.from(fromBase32(secret));
      expect(bytes.length).toBeGreaterThan(10);
      for (const one of bytes) expect(Buffer.from(one).includes(clear)).toBe(false);
      const text = JSON.stringify([rows, await world.records()]);
      for (const one of [secret, ...recovery]) expect(text).not.toContain(one);
    });

    test("is removed, and can be begun anew only after that", async () => {
      await withTotp();
      expect(await identity.enrolTotp(own)).toMatchObject({ refusal: { code: "SECOND_FACTOR_STATE" } });
      expect(await identity.removeTotp(own)).toMatchObject({ ok: true });
      expect(await identity.removeTotp(own)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
      expect(await world.db.read.selectFrom("sealed_secret").selectAll().execute()).toEqual([]);
      expect((await login(PASSWORD)).ok).toBe(true);
      expect(await identity.enrolTotp(own)).toMatchObject({ ok: true });
    });

    test("that was begun twice counts in its newest form only, and without having begun nothing is confirmed", async () => {
      expect(await identity.confirmTotp("000000", own)).toMatchObject({ refusal: { code: "SECOND_FACTOR_STATE" } });
      const first = valueOf(await identity.enrolTotp(own)).secret;
      const second = valueOf(await identity.enrolTotp(own)).secret;
      const show = (secret: string): string => codeAt(fromBase32(secret), stepAt(clock.now()));
      expect(await identity.confirmTotp(show(first), own)).toMatchObject({ refusal: { code: "PROOF_WRONG" } });
      expect(await identity.confirmTotp(show(second), own)).toMatchObject({ ok: true });
    });

    test("lets the password be short, and a short password keeps it", async () => {
      await withTotp();
      expect(await identity.changePassword({ current: PASSWORD, password: SHORT }, own)).toMatchObject({ ok: true });
      expect(valueOf(await identity.methods(own))).toMatchObject({ passwordStandsAlone: false, recoveryCodesLeft: 10 });
      expect(await identity.removeTotp(own)).toMatchObject({ refusal: { code: "SECOND_FACTOR_STATE" } });
      expect(await identity.changePassword({ current: SHORT, password: OTHER }, own)).toMatchObject({ ok: true });
      expect(await identity.removeTotp(own)).toMatchObject({ ok: true });
    });
  });

  describe("a recovery code", () => {
    test("opens the account once, however it is typed, and is logged by itself", async () => {
      const { recovery } = await withTotp();
      const [first = "", second = ""] = recovery;
      expect((await login(PASSWORD, ` ${first.toLowerCase().replaceAll("-", " ")} `)).ok).toBe(true);
      expect(await login(PASSWORD, first)).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      const both = await Promise.all([login(PASSWORD, second), login(PASSWORD, second)]);
      expect(both.filter((one) => one.ok)).toHaveLength(1);
      expect((await types()).filter((type) => type === "recovery.used")).toHaveLength(2);
      expect(valueOf(await identity.methods(own)).recoveryCodesLeft).toBe(8);
    });

    test("counts no more once new ones were made, and there are none without a second factor", async () => {
      expect(await identity.renewRecoveryCodes(own)).toMatchObject({ refusal: { code: "SECOND_FACTOR_STATE" } });
      const { recovery } = await withTotp();
      const renewed = valueOf(await identity.renewRecoveryCodes(own)).codes;
      expect(new Set([...recovery, ...renewed]).size).toBe(20);
      expect(await login(PASSWORD, recovery[0])).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      expect((await login(PASSWORD, renewed[0])).ok).toBe(true);
    });

    test("does not count without the password, and not for another account", async () => {
      const { recovery } = await withTotp();
      const by = { actor: own.caller.actor, requestId: "r" };
      valueOf(await identity.createUser({ name: "bob", password: OTHER, roles: ["viewer"] }, by));
      expect(await login(OTHER, recovery[0])).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
      const bob = await ownOf(valueOf(await identity.signIn({ name: "bob", password: OTHER }, origin)).token);
      const { secret } = valueOf(await identity.enrolTotp(bob));
      valueOf(await identity.confirmTotp(codeAt(fromBase32(secret), stepAt(clock.now())), bob));
      const asBob = await identity.signIn({ name: "bob", password: OTHER, code: recovery[0] }, origin);
      expect(asBob).toMatchObject({ refusal: { code: "LOGIN_FAILED" } });
    });
  });

  describe("proving again who one is", () => {
    test("renews the proof and the token: the old token is nobody's any more", async () => {
      clock.advance(600_000);
      const before = (await ownOf(token)).caller;
      const { token: renewed } = valueOf(await identity.stepUp({ password: PASSWORD }, own));
      expect(await identity.authenticate(token)).toBeUndefined();
      const after = await identity.authenticate(renewed);
      expect(after?.sessionId).toBe(before.sessionId);
      expect([before.provedAt, after?.provedAt]).toEqual([new Date(START), clock.now()]);
      expect((await types()).at(-1)).toBe("session.proved");
    });

    test("asks for the second factor of an account that has one, as signing in does", async () => {
      const { show, recovery } = await withTotp();
      expect(await identity.stepUp({ password: PASSWORD }, own)).toMatchObject({
        refusal: { code: "SECOND_FACTOR_NEEDED" },
      });
      expect(await identity.stepUp({ password: OTHER, code: show() }, own)).toMatchObject({
        refusal: { code: "PROOF_WRONG" },
      });
      expect(await identity.stepUp({ password: PASSWORD, code: "123" }, own)).toMatchObject({
        refusal: { code: "PROOF_WRONG" },
      });
      const once = valueOf(await identity.stepUp({ password: PASSWORD, code: show() }, own));
      const again = await ownOf(once.token);
      expect(await identity.stepUp({ password: PASSWORD, code: show() }, again)).toMatchObject({
        refusal: { code: "PROOF_WRONG" },
      });
      expect(await identity.stepUp({ password: PASSWORD, code: recovery[0] }, again)).toMatchObject({ ok: true });
    });

    test("does not bring a session back that has ended", async () => {
      await identity.signOut(own);
      expect(await identity.stepUp({ password: PASSWORD }, own)).toMatchObject({
        refusal: { code: "NOT_AUTHENTICATED" },
      });
    });
  });

  describe("an administrator", () => {
    async function addBob() {
      const by = { actor: own.caller.actor, requestId: "r" };
      const { id } = valueOf(await identity.createUser({ name: "bob", password: OTHER, roles: ["viewer"] }, by));
      const signed = valueOf(await identity.signIn({ name: "bob", password: OTHER }, origin)).token;
      return { id, by, signed };
    }

    test("sees and ends somebody's sessions, each in an entry of its own", async () => {
      const { id, by, signed } = await addBob();
      const [row] = await identity.sessionsOf(id);
      expect(row).toMatchObject({ address: "192.0.2.7", factor: "password", current: false });
      expect(await identity.endSessionsOf(id, by)).toMatchObject({ ok: true });
      expect(await identity.authenticate(signed)).toBeUndefined();
      expect((await world.records()).at(-1)).toMatchObject({
        type: "session.ended",
        actor: { name: "ada" },
        object: { id: row?.id },
      });
      expect(await identity.sessionsOf(id)).toEqual([]);
      expect(await identity.endSessionsOf("usr_none", by)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    });

    test("helps somebody back in who lost everything: a new password alone opens the account, sessions are over", async () => {
      const { id, by, signed } = await addBob();
      const bob = await ownOf(signed);
      const { secret } = valueOf(await identity.enrolTotp(bob));
      valueOf(await identity.confirmTotp(codeAt(fromBase32(secret), stepAt(clock.now())), bob));
      for (let at = 0; at < 7; at += 1) await identity.signIn({ name: "bob", password: PASSWORD }, origin);
      expect(await identity.resetSignIn(id, SHORT, by)).toMatchObject({ refusal: { code: "PASSWORD_TOO_WEAK" } });
      expect(await identity.resetSignIn(id, PASSWORD, by)).toMatchObject({ ok: true });
      expect(await identity.authenticate(signed)).toBeUndefined();
      expect((await identity.signIn({ name: "bob", password: PASSWORD }, origin)).ok).toBe(true);
      expect(await types()).toContain("user.sign_in_reset");
      expect(await identity.resetSignIn("usr_none", PASSWORD, by)).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    });
  });
});
