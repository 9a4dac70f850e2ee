import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createIdentity, type Identity, type IdentityDeps, type Own } from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { testDeps } from "./testing/test-vault.ts";

const PASSWORD = "the kettle sang at noon";
const GIVEN = "given away at the café";
const OWN = "three grey herons wait";
const HOUR_MS = 3_600_000;
const START = "2026-11-02T08:00:00.000Z";
const origin = { address: "192.0.2.7", userAgent: "test", requestId: "r-1" };

describe.each(TEST_ENGINES)("a password somebody else chose, on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let identity: Identity;
  let deps: IdentityDeps;
  let by: Readonly<{ actor: Own["caller"]["actor"]; requestId: string }>;
  let bob: string;

  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of ["session", "subject", "login_delay", "audit_intake"])
        await sql.raw(`delete from ${table}`).execute(tx);
    });
    clock.set(START);
    identity = await createIdentity(deps);
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    const ada = valueOf(await identity.setUp.complete(body, origin));
    by = { actor: (await ownOf(ada.token)).caller.actor, requestId: "r-2" };
    bob = valueOf(await identity.createUser({ name: "bob", password: GIVEN, roles: ["analyst"] }, by)).id;
  });

  function valueOf<T>(result: { ok: true; value: T } | { ok: false; refusal: { detail: string } }): T {
    if (!result.ok) throw new Error(result.refusal.detail);
    return result.value;
  }
  const refusal = (code: string) => ({ ok: false, refusal: { code } });
  const signIn = async (password: string) => await identity.signIn({ name: "bob", password }, origin);

  async function ownOf(token: string): Promise<Own> {
    const caller = await identity.authenticate(token);
    if (caller === undefined) throw new Error("not signed in");
    return { caller, requestId: "r-3" };
  }

  test("opens a session that is good for choosing another, and is over with that", async () => {
    expect(valueOf(await identity.signIn({ name: "ada", password: PASSWORD }, origin)).session).not.toHaveProperty(
      "mustChangePassword",
    );
    const { session, token } = valueOf(await signIn(GIVEN));
    expect(session.mustChangePassword).toBe(true);
    const own = await ownOf(token);
    expect(own.caller.mustChangePassword).toBe(true);
    expect(valueOf(await identity.session(own)).mustChangePassword).toBe(true);
    valueOf(await identity.changePassword({ current: GIVEN, password: OWN }, own));
    expect((await ownOf(token)).caller.mustChangePassword).toBe(false);
    expect(await signIn(GIVEN)).toMatchObject(refusal("LOGIN_FAILED"));
    clock.advance(100 * HOUR_MS);
    const later = valueOf(await signIn(OWN));
    expect(later.session).not.toHaveProperty("mustChangePassword");
    const entry = (await world.records()).find(({ type }) => type === "password.changed");
    expect(entry).toMatchObject({ before: "first password", after: "replaced", object: { id: bob } });
  });

  test("cannot be kept under the name of a change, however it is spelt", async () => {
    const own = await ownOf(valueOf(await signIn(GIVEN)).token);
    for (const password of [GIVEN, GIVEN.normalize("NFD")])
      expect(await identity.changePassword({ current: GIVEN, password }, own)).toMatchObject(
        refusal("PASSWORD_TOO_WEAK"),
      );
    expect((await world.records()).map(({ type }) => type)).not.toContain("password.changed");
  });

  test("signs nobody in after 72 hours, says so to whoever knows it only, and the log says why", async () => {
    clock.advance(72 * HOUR_MS - 1_000);
    const lastMinute = valueOf(await signIn(GIVEN)).token;
    clock.advance(1_000);
    expect(await signIn(GIVEN)).toMatchObject(refusal("FIRST_PASSWORD_OVER"));
    expect(await signIn("a wrong one of some length")).toMatchObject(refusal("LOGIN_FAILED"));
    const [entry] = (await world.records()).filter(({ type }) => type === "session.refused");
    expect(entry).toMatchObject({
      outcome: "refused",
      object: { id: bob },
      details: { reason: "first password over" },
    });
    // Whoever came in time may still choose.
    const own = await ownOf(lastMinute);
    expect(own.caller.mustChangePassword).toBe(true);
    expect(await identity.changePassword({ current: GIVEN, password: OWN }, own)).toMatchObject({ ok: true });
  });

  test("is what a reset gives, over again for 72 hours, and ends what was its owner's", async () => {
    const own = await ownOf(valueOf(await signIn(GIVEN)).token);
    valueOf(await identity.changePassword({ current: GIVEN, password: OWN }, own));
    clock.advance(100 * HOUR_MS);
    valueOf(await identity.resetSignIn(bob, GIVEN, by));
    expect(await signIn(OWN)).toMatchObject(refusal("LOGIN_FAILED"));
    expect(valueOf(await signIn(GIVEN)).session.mustChangePassword).toBe(true);
    clock.advance(72 * HOUR_MS);
    expect(await signIn(GIVEN)).toMatchObject(refusal("FIRST_PASSWORD_OVER"));
  });
});
