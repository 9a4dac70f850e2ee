import { isDeepStrictEqual } from "node:util";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PasskeyAdded, Result } from "@tyr/contract";
import { accountEraser, createIdentity, type Identity, type IdentityDeps, type Own } from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { testDeps } from "../testing/test-vault.ts";
import { CHALLENGE_LIFE_MS } from "./challenges.ts";
import { SoftwareAuthenticator, type Deviation } from "./testing/software-authenticator.ts";

const PASSWORD = "the kettle sang at noon";
const START = "2026-11-02T08:00:00.000Z";
const PLACE = "https://tyr.example.org";
const origin = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };
const TABLES = [
  "webauthn_challenge",
  "passkey",
  "session",
  "totp",
  "recovery_code",
  "known_device",
  "sealed_secret",
  "subject",
  "login_delay",
  "audit_intake",
];
const refusal = (code: string) => ({ ok: false, refusal: { code } });

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}

describe.each(TEST_ENGINES)("passkeys on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let deps: IdentityDeps;
  let identity: Identity;
  let own: Own;
  let token: string;

  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of TABLES) await sql.raw(`delete from ${table}`).execute(tx);
    });
    clock.set(START);
    await open();
  });

  async function open(change: Partial<IdentityDeps> = {}): Promise<void> {
    identity = await createIdentity({ ...deps, ...change });
    if (identity.setUp.token === undefined) return;
    const body = { token: identity.setUp.token, name: "ada", password: PASSWORD };
    token = valueOf(await identity.setUp.complete(body, origin)).token;
    own = await ownOf(token);
  }

  async function ownOf(one: string): Promise<Own> {
    const caller = await identity.authenticate(one);
    if (caller === undefined) throw new Error("not signed in");
    return { caller, requestId: "r-2" };
  }

  /** Somebody else, signed in. */
  async function another(name = "bob"): Promise<Own> {
    const by = { actor: own.caller.actor, requestId: "r-3" };
    valueOf(await identity.createUser({ name, password: PASSWORD, roles: ["viewer"] }, by));
    return await ownOf(valueOf(await identity.signIn({ name, password: PASSWORD }, origin)).token);
  }

  async function add(
    authenticator: SoftwareAuthenticator,
    by: Own = own,
    deviation: Deviation = {},
  ): Promise<Result<PasskeyAdded>> {
    const begun = valueOf(await identity.passkeys.beginAdd(by));
    return await identity.passkeys.add({ ...authenticator.create(begun, deviation), name: "Laptop" }, by);
  }

  async function withPasskey(by: Own = own) {
    const authenticator = new SoftwareAuthenticator(PLACE);
    const { passkey, recoveryCodes } = valueOf(await add(authenticator, by));
    return { authenticator, passkey, recoveryCodes };
  }

  async function signIn(authenticator: SoftwareAuthenticator, deviation: Deviation = {}) {
    const begun = valueOf(await identity.passkeys.beginSignIn());
    return await identity.passkeys.signIn(authenticator.get(begun, deviation), origin);
  }

  async function prove(authenticator: SoftwareAuthenticator, by: Own = own, deviation: Deviation = {}) {
    const begun = valueOf(await identity.passkeys.beginProof(by));
    return await identity.passkeys.prove(authenticator.get(begun, deviation), by);
  }

  const entries = async (type: string) => (await world.records()).filter((one) => one.type === type);
  const reasons = async (type: string) => (await entries(type)).map(({ details }) => details["reason"]);

  describe("adding one", () => {
    test("asks for a discoverable one that verifies its user, and leaves one entry", async () => {
      const { options } = valueOf(await identity.passkeys.beginAdd(own));
      expect(options).toMatchObject({
        rp: { id: "tyr.example.org" },
        attestation: "none",
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        excludeCredentials: [],
      });
      expect(Buffer.from(options.challenge, "base64url")).toHaveLength(32);
      const { passkey } = await withPasskey();
      expect(await entries("passkey.added")).toMatchObject([
        { actor: { name: "ada" }, object: { kind: "passkey", id: passkey.id }, details: { name: "Laptop" } },
      ]);
      expect((await identity.passkeys.list(own)).items).toEqual([passkey]);
    });

    test("comes with recovery codes the first time; the browser is told which ones there are", async () => {
      const { recoveryCodes, authenticator } = await withPasskey();
      expect(recoveryCodes).toHaveLength(10);
      clock.advance(1);
      expect((await withPasskey()).recoveryCodes).toBeNull();
      const { options } = valueOf(await identity.passkeys.beginAdd(own));
      const first = authenticator.get(valueOf(await identity.passkeys.beginSignIn())).id;
      expect(options.excludeCredentials).toHaveLength(2);
      expect(options.excludeCredentials[0]).toEqual({ id: first, type: "public-key", transports: ["internal"] });
    });

    test("is refused when the answer is not good, and nothing is kept", async () => {
      for (const deviation of [{ origin: "https://tyr.example.com" }, { userVerified: false }])
        expect(await add(new SoftwareAuthenticator(PLACE), own, deviation)).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect((await identity.passkeys.list(own)).items).toEqual([]);
      expect(await entries("passkey.added")).toEqual([]);
    });

    test("counts a challenge once, in the session that asked, for what it was asked, for five minutes", async () => {
      const authenticator = new SoftwareAuthenticator(PLACE);
      const body = (begun: Parameters<SoftwareAuthenticator["create"]>[0]) => ({
        ...authenticator.create(begun),
        name: "Laptop",
      });
      const once = body(valueOf(await identity.passkeys.beginAdd(own)));
      valueOf(await identity.passkeys.add(once, own));
      expect(await identity.passkeys.add(once, own)).toMatchObject(refusal("PASSKEY_REFUSED"));
      const second = await ownOf(
        valueOf(
          await identity.signIn(
            {
              name: "ada",
              password: PASSWORD,
              passkey: authenticator.get(valueOf(await identity.passkeys.beginSignIn())),
            },
            origin,
          ),
        ).token,
      );
      const elsewhere = body(valueOf(await identity.passkeys.beginAdd(second)));
      expect(await identity.passkeys.add(elsewhere, own)).toMatchObject(refusal("PASSKEY_REFUSED"));
      const request = valueOf(await identity.passkeys.beginProof(own));
      const { options } = valueOf(await identity.passkeys.beginAdd(own));
      const forProof = body({ handle: request.handle, options: { ...options, challenge: request.options.challenge } });
      expect(await identity.passkeys.add(forProof, own)).toMatchObject(refusal("PASSKEY_REFUSED"));
      const late = body(valueOf(await identity.passkeys.beginAdd(own)));
      clock.advance(CHALLENGE_LIFE_MS);
      expect(await identity.passkeys.add(late, own)).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect((await identity.passkeys.list(own)).items).toHaveLength(1);
    });

    test("that somebody has registered already is refused, whoever it is", async () => {
      const { authenticator } = await withPasskey();
      const bob = await another();
      expect(await add(authenticator, bob)).toMatchObject(refusal("SECOND_FACTOR_STATE"));
      expect((await identity.passkeys.list(bob)).items).toEqual([]);
    });

    test("stops at twenty", async () => {
      for (let at = 0; at < 20; at += 1) await withPasskey();
      expect(await add(new SoftwareAuthenticator(PLACE))).toMatchObject(refusal("SECOND_FACTOR_STATE"));
    });

    test("is not offered where no browser would make one, and the list says so", async () => {
      await open({ publicUrl: "http://192.0.2.7:8970" });
      expect(await identity.passkeys.beginAdd(own)).toMatchObject(refusal("PASSKEYS_UNAVAILABLE"));
      expect(await identity.passkeys.beginSignIn()).toMatchObject(refusal("PASSKEYS_UNAVAILABLE"));
      expect(await identity.passkeys.list(own)).toEqual({ items: [], origin: null });
    });
  });

  describe("signing in with one", () => {
    test("asks for no name, opens a session of two factors, and says when it was used", async () => {
      const { authenticator, passkey } = await withPasskey();
      const begun = valueOf(await identity.passkeys.beginSignIn());
      expect(begun.options).toMatchObject({
        rpId: "tyr.example.org",
        userVerification: "required",
        allowCredentials: [],
      });
      clock.advance(60_000);
      const { session, token: opened } = valueOf(await identity.passkeys.signIn(authenticator.get(begun), origin));
      expect(session.user.name).toBe("ada");
      expect(await identity.authenticate(opened)).toMatchObject({ actor: { name: "ada" }, lacksSecondFactor: false });
      const [used] = (await identity.passkeys.list(own)).items;
      expect(used).toEqual({ ...passkey, lastUsedAt: clock.now().toISOString() });
      expect((await entries("session.created")).at(-1)).toMatchObject({
        actor: { name: "ada" },
        details: { factor: "passkey", address: "192.0.2.7" },
      });
    });

    test("is refused with anything but a good answer, and the log says why", async () => {
      const { authenticator } = await withPasskey();
      const wrong: readonly (readonly [string, Deviation])[] = [
        ["another origin", { origin: "https://tyr.example.com" }],
        ["another relying party", { rpId: "example.org" }],
        ["another challenge", { challenge: Buffer.alloc(32).toString("base64url") }],
        ["no user verification", { userVerified: false }],
        ["unknown passkey", { userHandle: Buffer.from("usr_x").toString("base64url") }],
      ];
      for (const [, deviation] of wrong)
        expect(await signIn(authenticator, deviation)).toEqual({
          ok: false,
          refusal: { code: "PASSKEY_REFUSED", detail: "this passkey was not accepted" },
        });
      expect(await reasons("session.refused")).toEqual(wrong.map(([reason]) => reason));
      expect((await signIn(authenticator)).ok).toBe(true);
    });

    test("is refused with a signature of another key, changed data, and what is no answer at all", async () => {
      const { authenticator } = await withPasskey();
      const begin = async () => valueOf(await identity.passkeys.beginSignIn());
      const good = async () => authenticator.get(await begin());
      const stranger = new SoftwareAuthenticator(PLACE).get(await begin());
      const attempts = [
        { ...(await good()), signature: stranger.signature },
        { ...(await good()), authenticatorData: stranger.authenticatorData },
        { ...(await good()), clientDataJSON: Buffer.from("null").toString("base64url") },
        { ...(await good()), clientDataJSON: "AAAA" },
        { ...(await good()), authenticatorData: "AAAA" },
        { ...(await good()), signature: "AAAA" },
      ];
      for (const proof of attempts)
        expect(await identity.passkeys.signIn(proof, origin)).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect(await entries("session.refused")).toHaveLength(attempts.length);
      expect((await identity.passkeys.list(own)).items[0]?.refusedSince).toBeNull();
    });

    test("answers a challenge once, also of many at once, and not after five minutes", async () => {
      const { authenticator } = await withPasskey();
      const proof = authenticator.get(valueOf(await identity.passkeys.beginSignIn()));
      const all = await Promise.all(
        Array.from({ length: 5 }, async () => await identity.passkeys.signIn(proof, origin)),
      );
      expect(all.filter(({ ok }) => ok)).toHaveLength(1);
      const late = authenticator.get(valueOf(await identity.passkeys.beginSignIn()));
      clock.advance(CHALLENGE_LIFE_MS);
      expect(await identity.passkeys.signIn(late, origin)).toMatchObject(refusal("PASSKEY_REFUSED"));
    });

    test("takes no challenge that was asked for in a session, nor the other way round", async () => {
      const { authenticator } = await withPasskey();
      const forProof = authenticator.get(valueOf(await identity.passkeys.beginProof(own)));
      expect(await identity.passkeys.signIn(forProof, origin)).toMatchObject(refusal("PASSKEY_REFUSED"));
      const forSignIn = authenticator.get(valueOf(await identity.passkeys.beginSignIn()));
      expect(await identity.passkeys.prove(forSignIn, own)).toMatchObject(refusal("PASSKEY_REFUSED"));
    });

    test("answers the same for an unknown passkey, a removed one and a disabled account", async () => {
      const bob = await another();
      const { authenticator: removed, passkey } = await withPasskey(bob);
      const { authenticator: disabled } = await withPasskey(bob);
      valueOf(await identity.passkeys.remove(passkey.id, bob));
      const by = { actor: own.caller.actor, requestId: "r-3" };
      valueOf(await identity.changeUser(bob.caller.actor.id, { active: false }, by));
      const answers: Result<unknown>[] = [];
      for (const one of [new SoftwareAuthenticator(PLACE), removed, disabled]) answers.push(await signIn(one));
      expect(answers.every((one) => isDeepStrictEqual(one, answers[0]))).toBe(true);
      expect(answers[0]).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect(await reasons("session.refused")).toEqual(["unknown passkey", "unknown passkey", "disabled"]);
    });
  });

  describe("whose counter goes backwards", () => {
    test("is refused, counts no more for anybody, and everybody is told", async () => {
      const { authenticator, passkey } = await withPasskey();
      expect((await signIn(authenticator, { counter: 100 })).ok).toBe(true);
      expect(await signIn(authenticator, { counter: 100 })).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect(await signIn(authenticator, { counter: 101 })).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect(await reasons("session.refused")).toEqual(["its counter went backwards", "a copy is suspected"]);
      expect(await entries("passkey.suspected")).toMatchObject([
        {
          outcome: "refused",
          object: { kind: "subject", id: own.caller.actor.id },
          before: "usable",
          after: "refused",
          details: { passkey: passkey.id, name: "Laptop" },
        },
      ]);
      expect((await identity.passkeys.list(own)).items).toMatchObject([{ refusedSince: START }]);
    });

    test("leaves no password alone behind: it stays a second factor", async () => {
      const { authenticator } = await withPasskey();
      await prove(authenticator, own, { counter: 50 });
      expect(await prove(authenticator, own, { counter: 1 })).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect(await identity.signIn({ name: "ada", password: PASSWORD }, origin)).toMatchObject(
        refusal("SECOND_FACTOR_NEEDED"),
      );
    });

    test("cannot be feigned without its key", async () => {
      const { authenticator } = await withPasskey();
      valueOf(await signIn(authenticator, { counter: 100 }));
      const begun = valueOf(await identity.passkeys.beginSignIn());
      const forged = { ...authenticator.get(begun, { counter: 1 }), signature: "MAYCAQECAQE" };
      expect(await identity.passkeys.signIn(forged, origin)).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect((await signIn(authenticator, { counter: 101 })).ok).toBe(true);
    });

    test("may stay at zero: many authenticators count nothing", async () => {
      const authenticator = new SoftwareAuthenticator(PLACE);
      valueOf(await add(authenticator, own, { counter: 0 }));
      for (let at = 0; at < 2; at += 1) expect((await signIn(authenticator, { counter: 0 })).ok).toBe(true);
    });
  });

  describe("beside the password", () => {
    test("is asked for, and takes the place of a code", async () => {
      const { authenticator, recoveryCodes } = await withPasskey();
      const credentials = { name: "ada", password: PASSWORD };
      expect(await identity.signIn(credentials, origin)).toMatchObject(refusal("SECOND_FACTOR_NEEDED"));
      const passkey = authenticator.get(valueOf(await identity.passkeys.beginSignIn()));
      const { token: opened } = valueOf(await identity.signIn({ ...credentials, passkey }, origin));
      expect((await identity.listSessions(await ownOf(opened)))[0]?.factor).toBe("password+passkey");
      expect(await identity.signIn({ ...credentials, passkey }, origin)).toMatchObject(refusal("LOGIN_FAILED"));
      expect((await identity.signIn({ ...credentials, code: recoveryCodes?.[0] }, origin)).ok).toBe(true);
    });

    test("of somebody else, or with the wrong password, opens nothing", async () => {
      const { authenticator } = await withPasskey();
      const { authenticator: bobs } = await withPasskey(await another());
      const shown = async (one: SoftwareAuthenticator) => one.get(valueOf(await identity.passkeys.beginSignIn()));
      const foreign = { name: "ada", password: PASSWORD, passkey: await shown(bobs) };
      expect(await identity.signIn(foreign, origin)).toMatchObject(refusal("LOGIN_FAILED"));
      const wrong = { name: "ada", password: "three grey herons wait", passkey: await shown(authenticator) };
      expect(await identity.signIn(wrong, origin)).toMatchObject(refusal("LOGIN_FAILED"));
    });
  });

  describe("proving again by one", () => {
    test("gives the session a new token and is as fresh as now", async () => {
      const { authenticator } = await withPasskey();
      clock.advance(20 * 60_000);
      const { token: renewed } = valueOf(await prove(authenticator));
      expect(await identity.authenticate(token)).toBeUndefined();
      expect(await identity.authenticate(renewed)).toMatchObject({
        provedAt: clock.now(),
        sessionId: own.caller.sessionId,
      });
      expect(await entries("session.proved")).toMatchObject([
        { details: { factor: "passkey" }, object: { kind: "session", id: own.caller.sessionId } },
      ]);
    });

    test("is told to whoever has none, before the browser asks for one", async () => {
      expect(await identity.passkeys.beginProof(own)).toMatchObject(refusal("SECOND_FACTOR_STATE"));
    });

    test("asks for one's own; somebody else's, and a challenge of another session, count nothing", async () => {
      const { authenticator } = await withPasskey();
      const bob = await another();
      const { authenticator: bobs } = await withPasskey(bob);
      expect(valueOf(await identity.passkeys.beginProof(own)).options.allowCredentials).toHaveLength(1);
      expect(await prove(bobs)).toMatchObject(refusal("PASSKEY_REFUSED"));
      const ofBob = valueOf(await identity.passkeys.beginProof(bob));
      expect(await identity.passkeys.prove(authenticator.get(ofBob), own)).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect(await reasons("session.proof_refused")).toEqual(["unknown passkey", "no such challenge"]);
    });
  });

  describe("renaming and removing", () => {
    test("happens to one's own only; removing ends the other sessions, and leaves one entry", async () => {
      const bob = await another();
      const signedWith: string[] = [];
      identity.endAccess.register({
        counted: "decisionsVoided",
        end: async () => ({ count: 0 }),
        async endKey(_tx, { keyId }) {
          signedWith.push(keyId);
          return { count: 2 };
        },
      });
      const { passkey, authenticator } = await withPasskey();
      const told: string[] = [];
      identity.watchSessions((ids) => told.push(...ids));
      const other = valueOf(await signIn(authenticator)).token;
      expect(await identity.passkeys.rename({ id: passkey.id, name: "Mine" }, bob)).toMatchObject(refusal("NOT_FOUND"));
      expect(await identity.passkeys.remove(passkey.id, bob)).toMatchObject(refusal("NOT_FOUND"));
      expect(valueOf(await identity.passkeys.rename({ id: passkey.id, name: "Desk" }, own)).name).toBe("Desk");
      valueOf(await identity.passkeys.remove(passkey.id, own));
      expect(await identity.authenticate(other)).toBeUndefined();
      expect(await identity.authenticate(token)).toBeDefined();
      expect(told).toHaveLength(1);
      expect(await entries("passkey.renamed")).toMatchObject([{ before: "Laptop", after: "Desk" }]);
      expect(await entries("passkey.removed")).toMatchObject([
        { details: { name: "Desk", sessionsEnded: 1, decisionsVoided: 2 } },
      ]);
      expect(signedWith).toEqual([passkey.id]);
    });

    test("takes the recovery codes with the last second factor, and a password alone opens the account again", async () => {
      const { passkey } = await withPasskey();
      valueOf(await identity.passkeys.remove(passkey.id, own));
      expect(valueOf(await identity.methods(own))).toMatchObject({ recoveryCodesLeft: 0, passkeys: 0 });
      expect((await identity.signIn({ name: "ada", password: PASSWORD }, origin)).ok).toBe(true);
    });

    test("is refused for what a short password or the installation needs", async () => {
      const { passkey } = await withPasskey();
      valueOf(await identity.changePassword({ current: PASSWORD, password: "zlw3hgq0" }, own));
      expect(await identity.passkeys.remove(passkey.id, own)).toMatchObject(refusal("SECOND_FACTOR_STATE"));
      valueOf(await identity.changePassword({ current: "zlw3hgq0", password: PASSWORD }, own));
      await open({ rules: { secondFactorFor: "all", passkeyFor: [] } });
      expect(await identity.passkeys.remove(passkey.id, own)).toMatchObject(refusal("SECOND_FACTOR_STATE"));
      await withPasskey();
      expect((await identity.passkeys.remove(passkey.id, own)).ok).toBe(true);
    });

    test("erasing somebody leaves none of theirs", async () => {
      const bob = await another();
      const { authenticator } = await withPasskey(bob);
      const { id } = bob.caller.actor;
      valueOf(await identity.changeUser(id, { active: false }, { actor: own.caller.actor, requestId: "r-3" }));
      await world.db.bookkeep("counters", async (tx) => await accountEraser(deps.vault)(tx, id));
      expect((await identity.passkeys.list(bob)).items).toEqual([]);
      expect(await signIn(authenticator)).toMatchObject(refusal("PASSKEY_REFUSED"));
    });

    test("an administrator's reset takes every passkey, each with its entry, and what they signed with counts no more", async () => {
      const bob = await another();
      const { authenticator, passkey } = await withPasskey(bob);
      const by = { actor: own.caller.actor, requestId: "r-3" };
      const reset: string[] = [];
      const committed: string[] = [];
      identity.endAccess.register({
        counted: "decisionsVoided",
        end: async () => ({ count: 0 }),
        async endFactors(_tx, { subjectId, actor }) {
          reset.push(subjectId);
          const fact = { type: "approval_key.revoked", actor, object: { kind: "approval_key", id: "apk_1" } } as const;
          return { count: 2, facts: [fact], committed: () => void committed.push(subjectId) };
        },
      });
      const { id } = bob.caller.actor;
      valueOf(await identity.resetSignIn(id, "three grey herons wait", by));
      expect(await signIn(authenticator)).toMatchObject(refusal("PASSKEY_REFUSED"));
      expect([reset, committed]).toEqual([[id], [id]]);
      expect(await entries("user.sign_in_reset")).toMatchObject([{ details: { decisionsVoided: 2 } }]);
      expect(await entries("passkey.removed")).toMatchObject([
        { actor: { id: own.caller.actor.id }, object: { kind: "passkey", id: passkey.id }, before: "usable" },
      ]);
      expect(await entries("approval_key.revoked")).toHaveLength(1);
    });
  });

  describe("where the installation asks for more", () => {
    test("a password alone is good for adding a second factor, and with one the session goes on", async () => {
      await open({ rules: { secondFactorFor: ["admin"], passkeyFor: [] } });
      const bob = await another();
      const ada = await ownOf(token);
      expect(ada.caller.lacksSecondFactor).toBe(true);
      expect(valueOf(await identity.session(ada)).lacksSecondFactor).toBe(true);
      expect(bob.caller.lacksSecondFactor).toBe(false);
      await withPasskey(ada);
      expect((await ownOf(token)).caller.lacksSecondFactor).toBe(false);
      expect(valueOf(await identity.session(ada))).not.toHaveProperty("lacksSecondFactor");
    });

    test("a passkey counts where one is asked for, and no other proof does", async () => {
      await open({ rules: { secondFactorFor: [], passkeyFor: ["approve"] } });
      expect((await ownOf(token)).caller.passkeyMissingFor).toEqual(["approve"]);
      const { authenticator, recoveryCodes } = await withPasskey();
      const { token: byPasskey } = valueOf(await prove(authenticator));
      expect((await ownOf(byPasskey)).caller.passkeyMissingFor).toEqual([]);
      const code = recoveryCodes?.[0];
      const { token: byCode } = valueOf(await identity.stepUp({ password: PASSWORD, code }, await ownOf(byPasskey)));
      expect((await ownOf(byCode)).caller.passkeyMissingFor).toEqual(["approve"]);
    });
  });

  test("leaves nothing in the database that would sign anybody in", async () => {
    const { authenticator } = await withPasskey();
    const begun = valueOf(await identity.passkeys.beginSignIn());
    const { token: opened } = valueOf(await identity.passkeys.signIn(authenticator.get(begun), origin));
    const rows = await world.db.bookkeep("counters", async (tx) => {
      const all = [];
      for (const table of TABLES) all.push((await sql.raw(`select * from ${table}`).execute(tx)).rows);
      return JSON.stringify(all);
    });
    for (const secret of [begun.handle, opened]) expect(rows).not.toContain(secret);
  });
});
