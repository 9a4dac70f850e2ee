import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createIdentity, type Identity, type IdentityDeps, type Own } from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { FAILURES_MAX } from "./login-delay.ts";
import { SoftwareAuthenticator } from "./passkeys/testing/software-authenticator.ts";
import { nameKey } from "./store.ts";
import { testDeps } from "./testing/test-vault.ts";

const PASSWORD = "the kettle sang at noon";
const WRONG = "three grey herons wait";
const START = "2026-11-02T08:00:00.000Z";
const DAY_MS = 86_400_000;
const origin = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };
const refusal = (code: string) => ({ ok: false, refusal: { code } });

describe.each(TEST_ENGINES)("a password that failed a hundred times in a row on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let deps: IdentityDeps;
  let identity: Identity;
  let own: Own;

  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      const tables = ["webauthn_challenge", "passkey", "session", "recovery_code", "known_device", "subject"];
      for (const table of [...tables, "login_delay", "audit_intake"]) await sql.raw(`delete from ${table}`).execute(tx);
    });
    clock.set(START);
    identity = await createIdentity(deps);
    const body = { token: identity.setUp.token ?? "", name: "Ada", password: PASSWORD };
    const done = await identity.setUp.complete(body, origin);
    const caller = done.ok ? await identity.authenticate(done.value.token) : undefined;
    if (caller === undefined) throw new Error("not signed in");
    own = { caller, requestId: "r-2" };
  });

  const signIn = async (name: string, password: string, device?: string) =>
    await identity.signIn({ name, password }, { ...origin, device });
  const types = async () => (await world.records()).map(({ type }) => type);

  /** As if so many guesses had been made, each after its wait. */
  async function failed(name: string, times: number): Promise<void> {
    await signIn(name, WRONG);
    await world.db.bookkeep("counters", async (tx) => {
      await tx.updateTable("login_delay").set({ failures: times, not_before: clock.now() }).execute();
    });
  }

  test("counts no more, the right one neither, however long one waits; the hundredth is logged once", async () => {
    await failed("ada", FAILURES_MAX - 1);
    expect(await signIn("ada", WRONG)).toMatchObject(refusal("LOGIN_FAILED"));
    expect((await types()).filter((type) => type === "user.locked")).toHaveLength(1);
    for (const days of [0, 1, 400]) {
      clock.advance(days * DAY_MS);
      expect(await signIn("ada", PASSWORD)).toMatchObject(refusal("LOGIN_STOPPED"));
    }
    expect((await types()).filter((type) => type === "user.locked")).toHaveLength(1);
  });

  test("still counts on the hundredth try, when it is the right one", async () => {
    await failed("ada", FAILURES_MAX - 1);
    expect((await signIn("ada", PASSWORD)).ok).toBe(true);
    expect((await signIn("ada", PASSWORD)).ok).toBe(true);
  });

  test("is answered alike for a name nobody has, and leaves no entry about nobody", async () => {
    for (const name of ["ada", "nobody"]) {
      await failed(name, FAILURES_MAX - 1);
      const answers = [await signIn(name, WRONG), await signIn(name, PASSWORD), await signIn(name, WRONG)];
      expect(answers).toMatchObject([refusal("LOGIN_FAILED"), refusal("LOGIN_STOPPED"), refusal("LOGIN_STOPPED")]);
    }
    expect((await types()).filter((type) => type === "user.locked")).toHaveLength(1);
  });

  test("still proves who somebody is in a session they hold, where guesses are counted apart", async () => {
    await failed("ada", FAILURES_MAX);
    const proved = await identity.stepUp({ password: PASSWORD }, own);
    expect(proved.ok).toBe(true);
    expect(await signIn("ada", PASSWORD)).toMatchObject(refusal("LOGIN_STOPPED"));
    for (let at = 0; at < 6; at += 1)
      expect(await identity.stepUp({ password: WRONG }, own)).toMatchObject(refusal("PROOF_WRONG"));
    expect(await identity.stepUp({ password: PASSWORD }, own)).toMatchObject(refusal("LOGIN_DELAYED"));
    expect(await identity.changePassword({ current: PASSWORD, password: WRONG }, own)).toMatchObject(
      refusal("LOGIN_DELAYED"),
    );
  });

  test("does not stop the owner's own browser, where failures are counted apart", async () => {
    const first = await signIn("ada", PASSWORD);
    const device = first.ok ? first.value.device : undefined;
    await failed("ada", FAILURES_MAX);
    expect(await signIn("ada", PASSWORD)).toMatchObject(refusal("LOGIN_STOPPED"));
    expect((await signIn("ada", PASSWORD, device)).ok).toBe(true);
  });

  test("stops no passkey, and counts again once its owner signed in with one", async () => {
    const authenticator = new SoftwareAuthenticator("https://tyr.example.org");
    const begun = await identity.passkeys.beginAdd(own);
    if (!begun.ok) throw new Error(begun.refusal.detail);
    await identity.passkeys.add({ ...authenticator.create(begun.value), name: "Laptop" }, own);
    await failed("ada", FAILURES_MAX);
    const asked = await identity.passkeys.beginSignIn();
    if (!asked.ok) throw new Error(asked.refusal.detail);
    expect((await identity.passkeys.signIn(authenticator.get(asked.value), origin)).ok).toBe(true);
    expect(await signIn("ada", PASSWORD)).toMatchObject(refusal("SECOND_FACTOR_NEEDED"));
  });

  test("counts again once an administrator unlocked the account, in every browser; that leaves one entry", async () => {
    const by = { actor: own.caller.actor, requestId: "r-3" };
    const first = await signIn("ada", PASSWORD);
    const device = first.ok ? first.value.device : undefined;
    await signIn("ada", WRONG, device);
    await failed("ada", FAILURES_MAX);
    expect(await signIn("ada", PASSWORD, device)).toMatchObject(refusal("LOGIN_STOPPED"));
    const id = own.caller.actor.id;
    expect(await identity.unlock("usr_nobody", by)).toMatchObject(refusal("NOT_FOUND"));
    for (let times = 0; times < 2; times += 1) expect((await identity.unlock(id, by)).ok).toBe(true);
    for (const one of [device, undefined]) expect((await signIn("ada", PASSWORD, one)).ok).toBe(true);
    const unlocked = (await world.records()).filter(({ type }) => type === "user.unlocked");
    expect(unlocked).toMatchObject([{ object: { id }, before: "locked", after: "open", details: { failures: 100 } }]);
  });

  test("of a sole administrator counts again for whoever starts the server, who is not a person in the log", async () => {
    await failed("ada", FAILURES_MAX);
    expect(await identity.unlockAtStart("nobody")).toMatchObject(refusal("NOT_FOUND"));
    expect((await identity.unlockAtStart(nameKey("ADA"))).ok).toBe(true);
    expect((await signIn("ada", PASSWORD)).ok).toBe(true);
    const unlocked = (await world.records()).find(({ type }) => type === "user.unlocked");
    expect(unlocked?.actor).toEqual({ kind: "system", id: "system", name: "system" });
  });
});
