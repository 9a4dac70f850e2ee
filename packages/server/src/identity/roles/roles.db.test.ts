import { NEVER_BY_ROLE, permissionsOf, type Permission, type Role, type RoleCreate } from "@tyr/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createIdentity,
  createKeys,
  createRoles,
  operatorAddresses,
  type Identity,
  type KeyMaker,
  type Roles,
} from "#identity";
import { fixedClock } from "#platform/clock";
import { testDeps } from "../testing/test-vault.ts";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";

const PASSWORD = "the kettle sang at noon";
const ORIGIN = { address: "192.0.2.7", userAgent: null, requestId: "r" };
const TRIAGE: RoleCreate = { name: "custom_triage", permissions: ["incident:read", "incident:write"] };

describe.each(TEST_ENGINES)("custom roles on %s", (engine) => {
  const clock = fixedClock("2026-11-02T08:00:00.000Z");
  let world: TestDatabase;
  let identity: Identity;
  let roles: Roles;
  let ada: KeyMaker;
  let deps: Awaited<ReturnType<typeof testDeps>>;
  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => {
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of ["custom_role", "api_key_secret", "api_key", "session", "subject", "audit_intake"])
        await sql.raw(`delete from ${table}`).execute(tx);
    });
    roles = createRoles({ database: world.db, clock });
    identity = roles.extend(await createIdentity(deps));
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    const done = await identity.setUp.complete(body, ORIGIN);
    const caller = done.ok ? await identity.authenticate(done.value.token) : undefined;
    if (caller === undefined) throw new Error("not set up");
    ada = { caller, requestId: "r-0" };
  });

  const by = () => ({ actor: ada.caller.actor, requestId: "r-1" });
  async function addUser(name: string, held: Role[]): Promise<{ id: string; token: string }> {
    const made = await identity.createUser({ name, password: PASSWORD, roles: held }, by());
    const signed = await identity.signIn({ name, password: PASSWORD }, ORIGIN);
    if (!made.ok || !signed.ok) throw new Error("refused");
    return { id: made.value.id, token: signed.value.token };
  }
  const heldBy = async (token: string) => [...((await identity.authenticate(token))?.permissions ?? [])].toSorted();

  test("give what they hold, and one's own account, in every place that asks", async () => {
    expect(await roles.create(TRIAGE, ada)).toMatchObject({ ok: true, value: { builtIn: false, holders: 0 } });
    const { token } = await addUser("kim", ["custom_triage"]);
    const held = ["incident:read", "incident:write", "key:own", "session:own"];
    expect(await heldBy(token)).toEqual(held);
    const caller = await identity.authenticate(token);
    if (caller === undefined) throw new Error("not signed in");
    expect([...((await identity.look(caller.sessionId ?? ""))?.permissions ?? [])].toSorted()).toEqual(held);
    const session = await identity.session({ caller, requestId: "r" });
    expect(session.ok ? session.value.permissions.toSorted() : []).toEqual(held);
    const signedIn = await identity.signIn({ name: "kim", password: PASSWORD }, ORIGIN);
    const proved = await identity.stepUp({ password: PASSWORD }, { caller, requestId: "r" });
    for (const answer of [signedIn, proved])
      expect(answer.ok ? answer.value.session.permissions.toSorted() : []).toEqual(held);
    expect((await roles.list()).find(({ name }) => name === "custom_triage")).toMatchObject({ holders: 1 });
  });

  test("change for their holders at the next request, and for the keys of their holders", async () => {
    await roles.create(TRIAGE, ada);
    const { token } = await addUser("kim", ["custom_triage"]);
    const caller = await identity.authenticate(token);
    if (caller === undefined) throw new Error("not signed in");
    const keys = createKeys({ database: world.db, clock });
    const wish = { name: "k", scopes: ["incident:read", "incident:write"] as Permission[], lifeDays: 1 };
    const made = await keys.create(wish, { caller, requestId: "r" });
    const scopesNow = async (): Promise<string[]> => {
      const found = await keys.check(made.ok ? made.value.secret : "", { address: "192.0.2.7", requestId: "r" });
      return found.ok ? [...found.value.permissions] : [found.refusal.code];
    };
    expect(await scopesNow()).toEqual(["incident:read", "incident:write"]);
    await roles.change({ name: "custom_triage", change: { permissions: ["incident:read"] } }, ada);
    expect(await heldBy(token)).toEqual(["incident:read", "key:own", "session:own"]);
    expect(await scopesNow()).toEqual(["incident:read"]);
  });

  test("hold nothing their maker does not hold, neither when made nor when widened", async () => {
    const narrow = {
      ...ada,
      caller: { ...ada.caller, permissions: new Set<Permission>(["incident:read", "role:write"]) },
    };
    expect(await roles.create(TRIAGE, narrow)).toMatchObject({
      refusal: { code: "PERMISSIONS_TOO_WIDE", facts: { permissions: ["incident:write"] } },
    });
    await roles.create(TRIAGE, ada);
    const wider: Permission[] = [...TRIAGE.permissions, "allow:write"];
    const refused = await roles.change({ name: "custom_triage", change: { permissions: wider } }, narrow);
    expect(refused).toMatchObject({ refusal: { code: "PERMISSIONS_TOO_WIDE" } });
    const less = await roles.change({ name: "custom_triage", change: { permissions: ["incident:write"] } }, narrow);
    expect(less).toMatchObject({ ok: true });
  });

  test("never approve or administer people, whatever is written into their row", async () => {
    await roles.create(TRIAGE, ada);
    const { token } = await addUser("kim", ["custom_triage"]);
    const all = JSON.stringify([...NEVER_BY_ROLE, "incident:read", "nothing:known"]);
    await world.db.bookkeep("counters", async (tx) => {
      await tx.updateTable("custom_role").set({ permissions: all }).execute();
    });
    expect(await heldBy(token)).toEqual(["incident:read", "key:own", "session:own"]);
    expect(permissionsOf(["custom_triage"]).size).toBe(0);
  });

  test("are not given while they do not exist, and not deleted while somebody holds them", async () => {
    const body = { name: "kim", password: PASSWORD, roles: ["custom_triage"] as Role[] };
    expect(await identity.createUser(body, by())).toMatchObject({ refusal: { code: "NOT_FOUND" } });
    await roles.create(TRIAGE, ada);
    const { id, token } = await addUser("kim", ["custom_triage"]);
    await identity.changeUser(id, { active: false }, by());
    expect(await roles.delete("custom_triage", ada)).toMatchObject({ refusal: { code: "ROLE_IN_USE" } });
    await identity.changeUser(id, { roles: ["viewer"] }, by());
    expect(await roles.delete("custom_triage", ada)).toMatchObject({ ok: true });
    expect(await identity.changeUser(id, { roles: ["custom_triage"] }, by())).toMatchObject({ ok: false });
    expect(await roles.create(TRIAGE, ada)).toMatchObject({ refusal: { code: "NAME_TAKEN" } });
    expect(await heldBy(token)).toEqual([]);
  });

  test("are logged with what they held before and after", async () => {
    await roles.create(TRIAGE, ada);
    await roles.change({ name: "custom_triage", change: { permissions: ["incident:read"] } }, ada);
    await roles.delete("custom_triage", ada);
    await roles.delete("custom_triage", ada);
    const told = (await world.records()).filter(({ type }) => type.startsWith("role."));
    expect(told.map(({ type, before, after }) => [type, before, after])).toEqual([
      ["role.created", null, "incident:read incident:write"],
      ["role.changed", "incident:read incident:write", "incident:read"],
      ["role.deleted", "incident:read", null],
    ]);
  });

  test("that may request make their holders operators, whose addresses are never blocked", async () => {
    await roles.create({ name: "custom_asker", permissions: ["action:request"] }, ada);
    await identity.createUser({ name: "kim", password: PASSWORD, roles: ["custom_asker"] }, by());
    await identity.signIn({ name: "kim", password: PASSWORD }, { ...ORIGIN, address: "198.51.100.4" });
    expect(await operatorAddresses(world.db.read, clock.now())).toContain("198.51.100.4");
  });

  test("are made one at a time: of many at once one is made", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, async () => await roles.create(TRIAGE, ada)));
    expect(all.filter((one) => one.ok)).toHaveLength(1);
  });
});
