import { DUTY_PAIRS, type Permission, type Role, type SubjectId } from "@tyr/contract";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createDuties,
  createIdentity,
  createKeys,
  createRoles,
  type Duties,
  type Identity,
  type KeyMaker,
  type Keys,
  type Roles,
} from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { admit } from "../federation/admit.ts";
import type { Provider } from "../federation/provider.ts";
import { testDeps } from "../testing/test-vault.ts";

const START = "2026-11-02T08:00:00.000Z";
const PASSWORD = "the kettle sang at noon";
const ORIGIN = { address: "192.0.2.7", userAgent: null, requestId: "r" };
const NEXT_YEAR = "2027-10-02T08:00:00.000Z";
const TABLES =
  "api_key_secret api_key service_account duty_exception duty_pair federated_session federated_identity custom_role session subject audit_intake";

const corp: Provider = {
  id: "corp",
  name: "Corp",
  issuer: "https://corp.example",
  clientId: "tyr",
  clientSecret: "a-secret-of-some-length",
  scopes: ["openid"],
  nameClaim: "name",
  groupsClaim: "groups",
  roles: new Map<string, readonly Role[]>([
    ["soc", ["analyst"]],
    ["leads", ["approver"]],
    ["admins", ["admin"]],
  ]),
  autoProvision: true,
  acr: [],
  amr: [],
  maxAgeSeconds: 43_200,
};

describe.each(TEST_ENGINES)("separation of duties on %s", (engine) => {
  const clock = fixedClock(START);
  let world: TestDatabase;
  let deps: Awaited<ReturnType<typeof testDeps>>;
  let identity: Identity;
  let roles: Roles;
  let keys: Keys;
  let duties: Duties;
  let ada: KeyMaker;
  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
  });
  afterAll(async () => await world[Symbol.asyncDispose]());
  beforeEach(async () => await begin());

  async function begin(): Promise<void> {
    clock.set(START);
    await world.db.bookkeep("counters", async (tx) => {
      for (const table of TABLES.split(" ")) await sql.raw(`delete from ${table}`).execute(tx);
    });
    roles = createRoles({ database: world.db, clock });
    keys = createKeys({ database: world.db, clock });
    duties = createDuties({ database: world.db, clock });
    identity = roles.extend(await createIdentity(deps));
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    const done = await identity.setUp.complete(body, ORIGIN);
    const caller = done.ok ? await identity.authenticate(done.value.token) : undefined;
    if (caller === undefined) throw new Error("not set up");
    ada = { caller, requestId: "r-0" };
  }

  const by = () => ({ actor: ada.caller.actor, requestId: "r-1" });
  async function add(name: string, ...held: Role[]): Promise<SubjectId> {
    const made = await identity.createUser({ name, password: PASSWORD, roles: held }, by());
    if (!made.ok) throw new Error(made.refusal.detail);
    return made.value.id;
  }
  const give = async (id: string, ...held: Role[]) => await identity.changeUser(id, { roles: held }, by());
  const open = async () =>
    (await duties.conflicts()).items
      .filter(({ state }) => state === "open")
      .map(({ subject, pair }) => `${subject.name} ${pair}`);
  const codeOf = (done: { ok: boolean; refusal?: { code: string } }) => (done.ok ? "ok" : done.refusal?.code);
  const except = async (subjectId: SubjectId, pair: string, until = NEXT_YEAR) =>
    await duties.except({ subjectId, pair, reason: "two people in all", until }, by());
  const single = { email_verified: true };
  const signInAs = async (sub: string, ...groups: string[]) => {
    const claims = { ...single, iss: corp.issuer, sub, name: sub, groups };
    return await admit({ database: world.db, clock }, { provider: corp, claims, provedAt: clock.now() }, ORIGIN);
  };

  test("the person of the set-up is in single-person mode: what they hold against the rule is recorded, with an end, and listed", async () => {
    const { items, exceptions } = await duties.conflicts();
    const said = items.map(({ pair, state, role }) => [pair, state, role]);
    expect(said).toEqual([
      ["request-approve", "excepted", null],
      ["users-approve", "excepted", null],
      ["provision-approve", "excepted", null],
      ["mode-approve", "excepted", null],
      ["users-retention", "by_role", "admin"],
      ["users-erase", "by_role", "admin"],
    ]);
    expect(exceptions[0]).toMatchObject({ grantedBy: null, until: "2027-11-02T08:00:00.000Z" });
    expect(items[0]?.reason).toMatch(/^Single-person mode/);
    const entry = (await world.records()).find(({ type }) => type === "setup.completed");
    expect(entry?.details).toMatchObject({
      exceptions: ["request-approve", "users-approve", "provision-approve", "mode-approve"],
    });
  });

  test("are refused together in new accounts, changed ones and accounts that are enabled again, with the pair and the reason", async () => {
    const made = await identity.createUser({ name: "kim", password: PASSWORD, roles: ["analyst", "approver"] }, by());
    expect(made).toMatchObject({
      ok: false,
      refusal: {
        code: "DUTY_CONFLICT",
        detail: expect.stringContaining("kim would hold action:request and action:approve together") as string,
        facts: { conflicts: [{ pair: "request-approve", reason: DUTY_PAIRS[0].reason }], total: 1 },
      },
    });
    expect((await identity.listUsers()).map(({ name }) => name)).toEqual(["ada"]);
    const kim = await add("kim", "analyst");
    expect(codeOf(await give(kim, "analyst", "approver"))).toBe("DUTY_CONFLICT");
    expect(codeOf(await give(kim, "approver"))).toBe("ok");
    await identity.changeUser(kim, { active: false }, by());
    expect(codeOf(await give(kim, "analyst", "approver"))).toBe("ok");
    expect(codeOf(await identity.changeUser(kim, { active: true }, by()))).toBe("DUTY_CONFLICT");
    expect(await open()).toEqual([]);
  });

  test("are refused together for whoever a provider's groups would give them, at every sign-in; and the log says which", async () => {
    expect(codeOf(await signInAs("eve", "soc", "leads"))).toBe("DUTY_CONFLICT");
    expect((await identity.listUsers()).map(({ name }) => name)).toEqual(["ada"]);
    expect(codeOf(await signInAs("eve", "soc"))).toBe("ok");
    expect(codeOf(await signInAs("eve", "leads", "admins"))).toBe("DUTY_CONFLICT");
    expect(await open()).toEqual([]);
    const entry = (await world.records()).findLast(({ type }) => type === "session.refused");
    expect(entry?.details["reason"]).toBe(
      "the groups give both sides of request-approve, users-approve, provision-approve, mode-approve",
    );
    const eve = (await identity.listUsers()).find(({ name }) => name === "eve")?.id;
    await except(eve ?? "usr_", "request-approve");
    expect(codeOf(await signInAs("eve", "soc", "leads"))).toBe("ok");
    const changed = (await world.records()).findLast(({ type }) => type === "user.changed");
    expect(changed?.details).toMatchObject({ exceptions: [expect.stringMatching(/^request-approve: exc_/)] });
  });

  test("count for what a custom role gives its holders, and what programs may do for whoever owns them", async () => {
    await roles.create({ name: "custom_hold", permissions: ["personal:read"] }, ada);
    const cleo = {
      caller: { ...ada.caller, permissions: new Set<Permission>(["privacy:hold", "personal:read"]) },
      requestId: "r",
    };
    const kim = await add("kim", "admin", "custom_hold");
    const change = { permissions: ["privacy:hold"] as Permission[] };
    expect(codeOf(await roles.change({ name: "custom_hold", change }, cleo))).toBe("DUTY_CONFLICT");
    const lee = await add("lee", "approver");
    const bot = await keys.createService({ name: "bot", ownerId: kim }, ada);
    if (!bot.ok) throw new Error("refused");
    const wish = { name: "k", scopes: ["action:request"] as Permission[], lifeDays: 1 };
    expect(codeOf(await keys.createFor({ id: bot.value.id, body: wish }, ada))).toBe("ok");
    expect(codeOf(await keys.changeService({ id: bot.value.id, change: { ownerId: lee } }, ada))).toBe("DUTY_CONFLICT");
    const other = await keys.createService({ name: "other", ownerId: lee }, ada);
    expect(codeOf(await keys.createFor({ id: other.ok ? other.value.id : "", body: wish }, ada))).toBe("DUTY_CONFLICT");
  });

  test("count for a key of a program that had expired when it is given a new secret", async () => {
    const lee = await add("lee", "viewer");
    const bot = await keys.createService({ name: "bot", ownerId: lee }, ada);
    const wish = { name: "k", scopes: ["action:request"] as Permission[], lifeDays: 1 };
    const made = await keys.createFor({ id: bot.ok ? bot.value.id : "", body: wish }, ada);
    if (!made.ok) throw new Error("refused");
    expect(codeOf(await give(lee, "approver"))).toBe("DUTY_CONFLICT");
    clock.advance(2 * 86_400_000);
    expect(codeOf(await give(lee, "approver"))).toBe("ok");
    const body = { overlapSeconds: 0, lifeDays: 1 };
    expect(codeOf(await keys.rotate({ id: made.value.key.id, body }, ada))).toBe("DUTY_CONFLICT");
    expect(await open()).toEqual([]);
  });

  test("may be held by exception: of somebody else, for a reason, until a day; then the conflict is open and nothing is taken", async () => {
    const kim = await add("kim", "analyst");
    const mine = ada.caller.actor.id as SubjectId;
    expect(codeOf(await except(mine, "request-approve"))).toBe("OWN_ACCESS");
    expect(codeOf(await except(kim, "no-such"))).toBe("NOT_FOUND");
    expect(codeOf(await except(kim, "request-approve", "2026-11-02T07:00:00.000Z"))).toBe("VALIDATION_FAILED");
    expect(codeOf(await except(kim, "request-approve", "2028-11-02T07:00:00.000Z"))).toBe("VALIDATION_FAILED");
    expect(await except(kim, "request-approve", "2026-11-03T08:00:00.000Z")).toMatchObject({
      value: { grantedBy: { name: "ada" }, subject: { name: "kim" } },
    });
    expect(codeOf(await give(kim, "analyst", "approver"))).toBe("ok");
    expect(await open()).toEqual([]);
    clock.advance(86_400_000);
    expect(await open()).toEqual(["kim request-approve"]);
    expect((await identity.listUsers()).find(({ id }) => id === kim)?.roles).toEqual(["analyst", "approver"]);
    expect(codeOf(await give(kim, "analyst", "approver", "executor"))).toBe("ok");
    expect(codeOf(await give(kim, "analyst", "approver", "admin"))).toBe("DUTY_CONFLICT");
    expect(codeOf(await give(kim, "analyst"))).toBe("ok");
    expect(codeOf(await give(kim, "analyst", "approver"))).toBe("DUTY_CONFLICT");
  });

  test("allow a role of one's own design what others need an exception for, and not beside other roles what it does not hold", async () => {
    const kim = await add("kim", "security_manager");
    expect((await duties.conflicts()).items.filter(({ subject }) => subject.id === kim)).toMatchObject([
      { pair: "request-approve", state: "by_role", role: "security_manager", exception: null },
      { pair: "mode-approve", state: "by_role" },
    ]);
    expect(codeOf(await give(kim, "analyst", "approver"))).toBe("DUTY_CONFLICT");
    expect(codeOf(await give(kim, "security_manager", "admin"))).toBe("DUTY_CONFLICT");
    const entry = (await world.records()).findLast(({ type }) => type === "user.created");
    expect(entry?.details).toMatchObject({
      exceptions: ["request-approve: role security_manager", "mode-approve: role security_manager"],
    });
  });

  test("can be named here too, of roles and permissions; removing a pair ends its exceptions", async () => {
    const kim = await add("kim", "analyst", "executor");
    const pair = { sides: ["executor", "incident:write"] as ["executor", "incident:write"], reason: "our own rule" };
    const added = await duties.addPair(pair, by());
    if (!added.ok) throw new Error("refused");
    expect(await open()).toEqual([`kim ${added.value.id}`]);
    expect(codeOf(await duties.addPair({ ...pair, sides: ["incident:write", "executor"] }, by()))).toBe("NAME_TAKEN");
    const builtIn = { ...pair, sides: ["action:approve", "action:request"] as ["action:approve", "action:request"] };
    expect(codeOf(await duties.addPair(builtIn, by()))).toBe("NAME_TAKEN");
    const nobody = { ...pair, sides: ["custom_nobody", "executor"] as ["custom_nobody", "executor"] };
    expect(codeOf(await duties.addPair(nobody, by()))).toBe("NOT_FOUND");
    await except(kim, added.value.id);
    expect(await open()).toEqual([]);
    expect(codeOf(await duties.removePair(added.value.id, by()))).toBe("ok");
    expect(codeOf(await duties.removePair(added.value.id, by()))).toBe("NOT_FOUND");
    expect((await duties.conflicts()).exceptions.filter(({ subject }) => subject.id === kim)).toEqual([]);
    await duties.addPair(pair, by());
    expect(await open()).toHaveLength(1);
  });

  test("hold when two changes that are right alone come at once", async () => {
    for (let round = 0; round < 5; round += 1) {
      const kim = await add(`kim${round}`, "viewer");
      const name = `custom_r${round}` as const;
      await roles.create({ name, permissions: ["event:read"] }, ada);
      await give(kim, "viewer", name);
      const done = await Promise.all([
        give(kim, "approver", name),
        roles.change({ name, change: { permissions: ["action:request"] } }, ada),
      ]);
      expect(new Set(done.map(codeOf))).toEqual(new Set(["DUTY_CONFLICT", "ok"]));
    }
    expect(await open()).toEqual([]);
  });

  /** Every door through which somebody comes to hold something. */
  const role = fc.constantFrom<Role>(
    "viewer",
    "analyst",
    "approver",
    "executor",
    "compliance_officer",
    "security_manager",
    "admin",
    "custom_a",
    "custom_b",
  );
  const some = fc.uniqueArray(role, { minLength: 1, maxLength: 4 });
  const who = fc.nat(2);
  const scopes = fc.uniqueArray(
    fc.constantFrom<Permission>("action:request", "mode:write", "privacy:erase", "retention:run"),
    {
      minLength: 1,
    },
  );
  const step = fc.oneof(
    fc.record({ door: fc.constant("roles" as const), who, some }),
    fc.record({ door: fc.constant("state" as const), who, active: fc.boolean() }),
    fc.record({
      door: fc.constant("custom" as const),
      name: fc.constantFrom("custom_a" as const, "custom_b" as const),
      scopes,
    }),
    fc.record({ door: fc.constant("key" as const), scopes }),
    fc.record({ door: fc.constant("owner" as const), who }),
    fc.record({
      door: fc.constant("groups" as const),
      groups: fc.subarray(["soc", "leads", "admins"], { minLength: 1 }),
    }),
    fc.record({ door: fc.constant("except" as const), who, pair: fc.constantFrom(...DUTY_PAIRS.map(({ id }) => id)) }),
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  async function take(one: Step, people: readonly SubjectId[], service: string): Promise<unknown> {
    const at = (index: number) => people[index] ?? "usr_";
    switch (one.door) {
      case "roles":
        return await give(at(one.who), ...one.some);
      case "state":
        return await identity.changeUser(at(one.who), { active: one.active }, by());
      case "custom":
        return await roles.change({ name: one.name, change: { permissions: one.scopes } }, ada);
      case "key":
        return await keys.createFor({ id: service, body: { name: "k", scopes: one.scopes, lifeDays: 1 } }, ada);
      case "owner":
        return await keys.changeService({ id: service, change: { ownerId: at(one.who) } }, ada);
      case "groups":
        return await signInAs("sue", ...one.groups);
      case "except":
        return await except(at(one.who), one.pair);
      default:
        throw new TypeError(`no such door: ${JSON.stringify(one satisfies never)}`);
    }
  }

  test("are held together by nobody without an exception, whatever is changed by whatever door in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
        await begin();
        for (const name of ["custom_a", "custom_b"] as const)
          await roles.create({ name, permissions: ["event:read"] }, ada);
        const people = [await add("kim", "viewer"), await add("lee", "viewer"), await add("pat", "viewer")];
        const service = await keys.createService({ name: "bot" }, ada);
        for (const one of steps) {
          await take(one, people, service.ok ? service.value.id : "");
          expect(await open()).toEqual([]);
        }
      }),
      { numRuns: 12 },
    );
  });
});
