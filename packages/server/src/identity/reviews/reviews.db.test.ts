import type { ReviewCreate, ReviewDecide, ReviewItem, Role, SubjectId } from "@tyr/contract";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  accountEraser,
  createIdentity,
  createKeys,
  createReviews,
  createRoles,
  type Identity,
  type KeyMaker,
  type Keys,
  type Reviews,
  type Roles,
} from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { testDeps } from "../testing/test-vault.ts";

const START = "2026-11-02T08:00:00.000Z";
const DUE = "2026-11-16T08:00:00.000Z";
const AFTER_DUE_MS = 15 * 86_400_000;
const PASSWORD = "the kettle sang at noon";
const ORIGIN = { address: "192.0.2.7", userAgent: null, requestId: "r" };
const TABLES =
  "access_review api_key_secret api_key service_account duty_exception duty_pair custom_role session subject audit_intake";

describe.each(TEST_ENGINES)("access reviews on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let deps: Awaited<ReturnType<typeof testDeps>>;
  let identity: Identity;
  let roles: Roles;
  let keys: Keys;
  let reviews: Reviews;
  let ada: KeyMaker;
  let rex: SubjectId;
  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => await restart());

  async function restart(): Promise<void> {
    clock.set(START);
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of TABLES.split(" ")) await sql.raw(`delete from ${table}`).execute(tx);
    });
    roles = createRoles({ database: world.db, clock });
    keys = createKeys({ database: world.db, clock });
    identity = roles.extend(await createIdentity(deps));
    reviews = createReviews({ database: world.db, clock, endAccess: identity.endAccess });
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    const done = await identity.setUp.complete(body, ORIGIN);
    const caller = done.ok ? await identity.authenticate(done.value.token) : undefined;
    if (caller === undefined) throw new Error("not set up");
    ada = { caller, requestId: "r-0" };
    rex = await add("rex", "compliance_officer");
  }

  const by = (id: string, name: string, requestId = "r-1") => ({
    actor: { kind: "person" as const, id, name },
    requestId,
  });
  const asAda = (requestId?: string) => by(ada.caller.actor.id, "ada", requestId);
  const asRex = (requestId?: string) => by(rex, "rex", requestId);
  async function add(name: string, ...held: Role[]): Promise<SubjectId> {
    const made = await identity.createUser({ name, password: PASSWORD, roles: held }, by(ada.caller.actor.id, "ada"));
    if (!made.ok) throw new Error(made.refusal.detail);
    return made.value.id;
  }
  const codeOf = (done: { ok: boolean; refusal?: { code: string } }) => (done.ok ? "ok" : done.refusal?.code);
  const wish = (more: Partial<ReviewCreate> = {}): ReviewCreate => ({
    name: "Q4",
    scope: "people",
    reviewers: [rex, ada.caller.actor.id as SubjectId],
    dueAt: DUE,
    undecided: "leave",
    ...more,
  });
  async function begin(more: Partial<ReviewCreate> = {}): Promise<string> {
    const begun = await reviews.begin(wish(more), asAda());
    if (!begun.ok) throw new Error(begun.refusal.detail);
    return begun.value.id;
  }
  async function itemOf(id: string, name: string): Promise<ReviewItem> {
    const found = await reviews.get(id, rex);
    const item = found.ok ? found.value.items.find(({ target }) => target.name === name) : undefined;
    if (item === undefined) throw new Error(`no item of ${name}`);
    return item;
  }
  type Wish = Partial<ReviewDecide> & Pick<ReviewDecide, "decision"> & { who?: ReturnType<typeof asRex> };
  async function decide(id: string, name: string, { who = asRex(), ...more }: Wish) {
    const { id: item, digest } = await itemOf(id, name);
    const body = { items: [{ id: item, digest }], reason: "as agreed", ...more };
    return await reviews.decide({ id, body }, who);
  }
  const userNamed = async (name: string) => (await identity.listUsers()).find((one) => one.name === name);
  const outcomes = async (id: string) => {
    const found = await reviews.get(id, rex);
    return found.ok ? Object.fromEntries(found.value.items.map(({ target, outcome }) => [target.name, outcome])) : {};
  };

  test("write down at the beginning who holds what and when it was last used, and the log commits to it", async () => {
    await add("kim", "analyst", "executor");
    const id = await begin({ everyDays: 90 });
    const found = await reviews.get(id, rex);
    expect(found).toMatchObject({
      value: {
        review: { state: "open", nextDueAt: "2027-02-14T08:00:00.000Z", progress: { items: 3, decided: 0 } },
      },
    });
    expect(await itemOf(id, "kim")).toMatchObject({
      held: { roles: ["analyst", "executor"], active: true },
      lastUsedAt: null,
      changed: false,
      own: false,
      decision: null,
    });
    expect(await itemOf(id, "ada")).toMatchObject({ lastUsedAt: START });
    expect(await itemOf(id, "rex")).toMatchObject({ own: true });
    const entry = (await world.records()).find(({ type }) => type === "review.created");
    expect(entry?.details).toMatchObject({ items: 3, itemsDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test("are refused with nobody to decide, a due date that is over, or a role where none is asked for", async () => {
    const kim = await add("kim", "analyst");
    const refused = async (more: Partial<ReviewCreate>) => codeOf(await reviews.begin(wish(more), asAda()));
    expect(await refused({ reviewers: [kim] })).toBe("VALIDATION_FAILED");
    expect(await refused({ reviewers: ["usr_00000000-0000-7000-8000-000000000000"] })).toBe("NOT_FOUND");
    expect(await refused({ dueAt: START })).toBe("VALIDATION_FAILED");
    expect(await refused({ dueAt: "2036-11-02T08:00:00.000Z" })).toBe("VALIDATION_FAILED");
    expect(await refused({ dueAt: "2026-11-03T07:00:00.000Z", undecided: "revoke" })).toBe("VALIDATION_FAILED");
    expect(await refused({ role: "analyst" })).toBe("VALIDATION_FAILED");
    expect(await refused({ scope: "role" })).toBe("VALIDATION_FAILED");
    expect(await refused({ scope: "programs" })).toBe("VALIDATION_FAILED");
    expect(await reviews.list()).toEqual([]);
  });

  test("take away on closing what was decided, in one transaction with its entries, and leave the rest", async () => {
    const kim = await add("kim", "analyst", "executor");
    await add("lee", "viewer");
    const signed = await identity.signIn({ name: "lee", password: PASSWORD }, ORIGIN);
    const id = await begin();
    expect(codeOf(await decide(id, "kim", { decision: "change", roles: ["analyst"] }))).toBe("ok");
    expect(codeOf(await decide(id, "lee", { decision: "revoke" }))).toBe("ok");
    expect(codeOf(await decide(id, "ada", { decision: "keep" }))).toBe("ok");
    expect(codeOf(await reviews.close(id, asAda()))).toBe("REVIEW_UNDECIDED");
    expect(codeOf(await decide(id, "rex", { decision: "keep", who: asAda() }))).toBe("ok");
    expect(codeOf(await reviews.close(id, asAda("r-close")))).toBe("ok");
    expect(await outcomes(id)).toEqual({ ada: "kept", kim: "changed", lee: "revoked", rex: "kept" });
    expect((await userNamed("kim"))?.roles).toEqual(["analyst"]);
    expect((await userNamed("lee"))?.active).toBe(false);
    expect(await identity.authenticate(signed.ok ? signed.value.token : "")).toBeUndefined();
    const mine = (await world.records()).filter(({ requestId }) => requestId === "r-close");
    expect(mine.map(({ type }) => type)).toEqual(["review.closed", "user.changed", "user.changed"]);
    expect(mine.find(({ object }) => object.id === kim)?.details).toMatchObject({ review: id });
    expect(mine[0]?.details).toEqual({ kept: 2, revoked: 1, changed: 1, left: 0, gone: 0 });
  });

  test("let nobody decide about themselves, their keys or a program they answer for, nor who is no reviewer", async () => {
    const pat = await add("pat", "security_manager");
    const people = await begin();
    expect(codeOf(await decide(people, "rex", { decision: "keep" }))).toBe("OWN_ACCESS");
    expect(codeOf(await decide(people, "rex", { decision: "keep", who: by(pat, "pat") }))).toBe("NOT_PERMITTED");
    const bot = await keys.createService({ name: "bot", ownerId: rex }, ada);
    const scopes = ["event:read" as const];
    await keys.createFor({ id: bot.ok ? bot.value.id : "", body: { name: "botkey", scopes, lifeDays: 30 } }, ada);
    const programs = await begin({ scope: "programs" });
    expect(codeOf(await decide(programs, "bot", { decision: "keep" }))).toBe("OWN_ACCESS");
    expect(codeOf(await decide(programs, "botkey", { decision: "revoke" }))).toBe("OWN_ACCESS");
    expect(codeOf(await decide(programs, "bot", { decision: "revoke", who: asAda() }))).toBe("ok");
    const both = [await itemOf(people, "ada"), await itemOf(people, "rex")].map(({ id, digest }) => ({ id, digest }));
    const bulk = { items: both, decision: "keep" as const, reason: "all at once" };
    expect(codeOf(await reviews.decide({ id: people, body: bulk }, asRex()))).toBe("OWN_ACCESS");
    expect((await itemOf(people, "ada")).decision).toBeNull();
  });

  test("only take away: what is not held, or all that is held, is no change", async () => {
    await add("kim", "analyst", "executor");
    const id = await begin();
    const bad = async (more: Partial<ReviewDecide> & Pick<ReviewDecide, "decision">) =>
      codeOf(await decide(id, "kim", more));
    expect(await bad({ decision: "change", roles: ["analyst", "admin"] })).toBe("VALIDATION_FAILED");
    expect(await bad({ decision: "change", roles: ["analyst", "executor"] })).toBe("VALIDATION_FAILED");
    expect(await bad({ decision: "change" })).toBe("VALIDATION_FAILED");
    expect(await bad({ decision: "keep", roles: ["analyst"] })).toBe("VALIDATION_FAILED");
    const nothing = "rvi_00000000-0000-7000-8000-000000000000";
    const body = {
      items: [{ id: nothing as ReviewItem["id"], digest: "0".repeat(64) }],
      decision: "keep" as const,
      reason: "x",
    };
    expect(codeOf(await reviews.decide({ id, body }, asRex()))).toBe("NOT_FOUND");
    expect(codeOf(await reviews.decide({ id: "rvw_x", body }, asRex()))).toBe("NOT_FOUND");
  });

  test("want a decision again about what changed since it was shown, or since it was decided", async () => {
    const kim = await add("kim", "analyst");
    const id = await begin({ scope: "role", role: "analyst" });
    const shown = await itemOf(id, "kim");
    await identity.changeUser(kim, { roles: ["analyst", "executor"] }, asAda());
    const body = { items: [{ id: shown.id, digest: shown.digest }], decision: "keep" as const, reason: "fine" };
    expect(codeOf(await reviews.decide({ id, body }, asRex()))).toBe("REVIEW_STALE");
    expect(await itemOf(id, "kim")).toMatchObject({ changed: true, now: { roles: ["analyst", "executor"] } });
    expect(codeOf(await decide(id, "kim", { decision: "keep" }))).toBe("ok");
    await identity.changeUser(kim, { roles: ["analyst", "executor", "viewer"] }, asAda());
    expect((await itemOf(id, "kim")).decision).toMatchObject({ stale: true });
    expect(codeOf(await reviews.close(id, asAda()))).toBe("REVIEW_STALE");
    expect(codeOf(await decide(id, "kim", { decision: "revoke" }))).toBe("ok");
    expect(codeOf(await reviews.close(id, asAda()))).toBe("ok");
    expect((await userNamed("kim"))?.roles).toEqual(["executor", "viewer"]);
  });

  test("say of roles taken from somebody a provider signs in that its groups may give them back", async () => {
    const kim = await add("kim", "analyst", "viewer");
    await add("lee", "analyst", "viewer");
    await world.db.bookkeep("counters", async (tx) => {
      await sql`insert into federated_identity (issuer, subject, subject_id, linked_at) values ('https://id.example.org', 's', ${kim}, now())`.execute(
        tx,
      );
    });
    const id = await begin({ scope: "role", role: "analyst" });
    for (const name of ["kim", "lee"]) await decide(id, name, { decision: "revoke" });
    expect(codeOf(await reviews.close(id, asAda()))).toBe("ok");
    expect((await itemOf(id, "kim")).note).toMatch(/take this person out of the group there/u);
    expect((await itemOf(id, "lee")).note).toBeNull();
    await world.db.bookkeep("counters", async (tx) => void (await sql`delete from federated_identity`.execute(tx)));
  });

  test("see a change of what a role gives as a change of what its holders hold", async () => {
    await roles.create({ name: "custom_triage", permissions: ["incident:read"] }, ada);
    await add("kim", "custom_triage");
    const id = await begin();
    expect(codeOf(await decide(id, "kim", { decision: "keep" }))).toBe("ok");
    await roles.change({ name: "custom_triage", change: { permissions: ["incident:read", "event:import"] } }, ada);
    expect((await itemOf(id, "kim")).decision).toMatchObject({ stale: true });
  });

  test("end keys and service accounts: each once, also where one ends with the other", async () => {
    const bot = await keys.createService({ name: "bot" }, ada);
    const scopes = ["event:read" as const];
    const service = bot.ok ? bot.value.id : "";
    await keys.createFor({ id: service, body: { name: "botkey", scopes, lifeDays: 30 } }, ada);
    const own = await keys.create({ name: "adakey", scopes, lifeDays: 1 }, ada);
    const id = await begin({ scope: "programs" });
    for (const name of ["bot", "botkey", "adakey"]) await decide(id, name, { decision: "revoke" });
    expect(codeOf(await reviews.close(id, asRex("r-close")))).toBe("ok");
    expect(await outcomes(id)).toEqual({ bot: "revoked", botkey: "revoked", adakey: "revoked" });
    const used = await keys.check(own.ok ? own.value.secret : "", { address: "192.0.2.7", requestId: "r" });
    expect(used.ok).toBe(false);
    expect((await keys.listServices())[0]).toMatchObject({ active: false });
    const mine = (await world.records()).filter(({ requestId }) => requestId === "r-close");
    expect(mine.map(({ type, object }) => `${type} ${object.id}`).length).toBe(
      new Set(mine.map(({ type, object }) => `${type} ${object.id}`)).size,
    );
  });

  test("keep the id of whoever answered for a program, and no name of somebody who was erased", async () => {
    const kim = await add("kim", "analyst", "admin");
    await keys.createService({ name: "bot", ownerId: kim }, ada);
    const id = await begin({ scope: "programs" });
    expect(await itemOf(id, "bot")).toMatchObject({ held: { owner: { id: kim, name: "kim" } } });
    await identity.changeUser(kim, { active: false }, asAda());
    clock.advance(AFTER_DUE_MS);
    expect(codeOf(await reviews.close(id, asAda()))).toBe("ok");
    await world.db.bookkeep("counters", async (tx) => await accountEraser(deps.vault)(tx, kim));
    const stored = await world.db.read.selectFrom("access_review_item").selectAll().execute();
    expect(JSON.stringify(stored)).toContain(kim);
    expect(JSON.stringify(stored)).not.toContain('"kim"');
  });

  test("have nothing left to decide about who is gone", async () => {
    const kim = await add("kim", "analyst");
    const id = await begin({ scope: "role", role: "analyst" });
    await identity.changeUser(kim, { active: false }, asAda());
    expect(await itemOf(id, "kim")).toMatchObject({ now: null });
    expect(codeOf(await reviews.close(id, asAda()))).toBe("ok");
    expect(await outcomes(id)).toEqual({ kim: "gone" });
  });

  test("are overdue when their day is over, and close by their rule: left and reported", async () => {
    const kim = await add("kim", "analyst");
    await add("lee", "analyst");
    const id = await begin({ scope: "role", role: "analyst" });
    await decide(id, "lee", { decision: "keep" });
    await identity.changeUser(kim, { roles: ["analyst", "viewer"] }, asAda());
    clock.advance(AFTER_DUE_MS);
    expect((await reviews.list())[0]).toMatchObject({ state: "overdue" });
    expect(codeOf(await reviews.close(id, asAda()))).toBe("ok");
    expect(await outcomes(id)).toEqual({ kim: "left", lee: "kept" });
    expect((await userNamed("kim"))?.roles).toEqual(["analyst", "viewer"]);
  });

  test("close by their rule: revoked, but for the last administrator, who is left and reported", async () => {
    await add("kim", "analyst");
    const id = await begin({ undecided: "revoke" });
    clock.advance(AFTER_DUE_MS);
    expect(codeOf(await reviews.close(id, asRex()))).toBe("ok");
    expect(await outcomes(id)).toEqual({ ada: "left", kim: "revoked", rex: "revoked" });
    expect(await itemOf(id, "ada")).toMatchObject({ note: "LAST_ADMINISTRATOR" });
    // Nothing of what was refused stays: neither roles nor that a person closed the account.
    const ada = await world.db.read
      .selectFrom("subject")
      .select(["active", "closed_here"])
      .where("name", "=", "ada")
      .execute();
    expect(ada).toEqual([{ active: true, closed_here: false }]);
    expect((await identity.listUsers()).map(({ name, active }) => [name, active])).toEqual([
      ["ada", true],
      ["kim", false],
      ["rex", false],
    ]);
  });

  test("refuse to close when a decision cannot be carried out, and then nothing of it happened", async () => {
    await add("kim", "analyst");
    const id = await begin();
    await decide(id, "kim", { decision: "revoke" });
    await decide(id, "ada", { decision: "revoke" });
    await decide(id, "rex", { decision: "keep", who: asAda() });
    expect(codeOf(await reviews.close(id, asRex()))).toBe("LAST_ADMINISTRATOR");
    expect((await userNamed("kim"))?.active).toBe(true);
    expect((await reviews.list())[0]).toMatchObject({ state: "open" });
  });

  test("carry out once, whoever closes at the same time; nothing is decided afterwards", async () => {
    for (const name of ["kim", "lee", "pat"]) await add(name, "analyst");
    const id = await begin({ scope: "role", role: "analyst" });
    for (const name of ["kim", "lee", "pat"]) await decide(id, name, { decision: "revoke" });
    const done = await Promise.all([1, 2, 3, 4, 5].map(async (at) => await reviews.close(id, asAda(`r-close-${at}`))));
    expect(done.filter(({ ok }) => ok)).toHaveLength(1);
    expect(new Set(done.map(codeOf))).toEqual(new Set(["ok", "REVIEW_CLOSED"]));
    const changed = (await world.records()).filter(
      ({ details }) => details["review"] === id && details["keysRevoked"] !== undefined,
    );
    expect(changed).toHaveLength(3);
    expect((await world.records()).filter(({ type }) => type === "review.closed")).toHaveLength(1);
    const item = await itemOf(id, "kim");
    const body = { items: [{ id: item.id, digest: item.digest }], decision: "keep" as const, reason: "late" };
    expect(codeOf(await reviews.decide({ id, body }, asRex()))).toBe("REVIEW_CLOSED");
  });

  test("break as a whole: when one change fails, none happened, and the next closing does them all once", async () => {
    await add("kim", "viewer");
    await add("lee", "viewer");
    const id = await begin({ scope: "role", role: "viewer" });
    for (const name of ["kim", "lee"]) await decide(id, name, { decision: "revoke" });
    let ends = 0;
    const broken = {
      ...identity.endAccess,
      end: async (...args: Parameters<typeof identity.endAccess.end>) => {
        ends += 1;
        if (ends === 2) throw new Error("the disk is full");
        return await identity.endAccess.end(...args);
      },
    };
    const failing = createReviews({ database: world.db, clock, endAccess: broken });
    await expect(failing.close(id, asAda())).rejects.toThrow("the disk is full");
    expect([(await userNamed("kim"))?.active, (await userNamed("lee"))?.active]).toEqual([true, true]);
    expect(codeOf(await reviews.close(id, asAda()))).toBe("ok");
    expect([(await userNamed("kim"))?.active, (await userNamed("lee"))?.active]).toEqual([false, false]);
  });

  test("never take or leave what nobody decided about, when roles change while they close", async () => {
    for (let round = 0; round < 6; round += 1) {
      const kim = await add(`kim${round}`, "analyst");
      const id = await begin({ scope: "role", role: "analyst" });
      const found = await reviews.get(id, rex);
      if (!found.ok) throw new Error("refused");
      const items = found.value.items.map(({ id: item, digest }) => ({ id: item, digest }));
      await reviews.decide({ id, body: { items, decision: "revoke", reason: "x" } }, asRex());
      const [closed] = await Promise.all([
        reviews.close(id, asAda()),
        identity.changeUser(kim, { roles: ["analyst", "executor"] }, asAda()),
      ]);
      const after = await userNamed(`kim${round}`);
      // Closed first: the change came to an account that was disabled. Changed first: the decision was about something else.
      expect([codeOf(closed), after?.active]).toEqual(after?.active === true ? ["REVIEW_STALE", true] : ["ok", false]);
      expect(after?.roles).toEqual(["analyst", "executor"]);
      if (after?.active === true) await identity.changeUser(kim, { active: false }, asAda());
    }
  });

  const move = fc.oneof(
    fc.record({
      does: fc.constant("decide" as const),
      who: fc.nat(3),
      decision: fc.constantFrom("keep" as const, "revoke" as const),
    }),
    fc.record({
      does: fc.constant("roles" as const),
      who: fc.nat(3),
      roles: fc.subarray<Role>(["viewer", "analyst", "executor"], { minLength: 1 }),
    }),
    fc.record({ does: fc.constant("disable" as const), who: fc.nat(3) }),
    fc.record({ does: fc.constant("close" as const) }),
  );

  test("take from nobody what no reviewer decided to take as it is, whatever happens in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 4, maxLength: 14 }), async (moves) => {
        await restart();
        const names = ["a1", "a2", "a3", "a4"];
        const people = await Promise.all(names.map(async (name) => await add(name, "viewer", "executor")));
        const id = await begin({ scope: "role", role: "executor" });
        /** Decided to go, and untouched since. */
        const doomed = new Set<string>();
        const wronged: string[] = [];
        const at = (who: number) => ({ name: names[who] ?? "", subject: people[who] ?? "usr_" });
        for (const one of moves) {
          if (one.does === "close") {
            const before = await identity.listUsers();
            const closed = await reviews.close(id, asAda());
            const after = await identity.listUsers();
            const lost = before.filter(({ name, roles: held, active }) => {
              const now = after.find((user) => user.name === name);
              return active && held.some((role) => now?.roles.includes(role) !== true);
            });
            wronged.push(...lost.map(({ name }) => name).filter((name) => !closed.ok || !doomed.has(name)));
            if (closed.ok) break;
          } else {
            const { name, subject } = at(one.who);
            const decided =
              one.does === "decide" ? codeOf(await decide(id, name, { decision: one.decision })) : undefined;
            if (one.does === "roles") await identity.changeUser(subject, { roles: one.roles }, asAda());
            if (one.does === "disable") await identity.changeUser(subject, { active: false }, asAda());
            if (one.does !== "decide" || decided === "ok") doomed.delete(name);
            if (one.does === "decide" && one.decision === "revoke" && decided === "ok") doomed.add(name);
          }
        }
        expect(wronged).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });
});
