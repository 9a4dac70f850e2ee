import type { Role, SubjectId } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accountEraser, createIdentity, createKeys, createProvisioning, type Identity, type KeyMaker } from "#identity";
import { fixedClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { admit } from "../federation/admit.ts";
import type { Provider } from "../federation/provider.ts";
import { insertLink } from "../federation/store.ts";
import { testDeps } from "../testing/test-vault.ts";
import type { UserWish } from "./provisioned.ts";
import type { ProvisioningClient } from "./room.ts";

const PASSWORD = "the kettle sang at noon";
const ORIGIN = { address: "192.0.2.7", userAgent: null, requestId: "r" };

function provider(id: string, roles: readonly [string, readonly Role[]][]): Provider {
  const plain = { clientId: "tyr", clientSecret: undefined, scopes: [], acr: [], amr: [], maxAgeSeconds: 900 };
  return {
    ...plain,
    id,
    name: id,
    issuer: `https://${id}.example.org`,
    nameClaim: "preferred_username",
    groupsClaim: "groups",
    scimClaim: "oid",
    autoProvision: true,
    roles: new Map(roles),
  };
}

/** The same name for a group gives little at one and everything at the other. */
const ACME = provider("acme", [["SOC", ["analyst"]]]);
const OMEGA = provider("omega", [["SOC", ["executor"]]]);
/** Two whose clients are removed in the course of a test. */
const PAST = provider("past", [["SOC", ["analyst"]]]);
const LONE = provider("lone", [["SOC", ["analyst"]]]);

describe.each(TEST_ENGINES)("accounts of identity providers on %s", (engine) => {
  const clock = fixedClock("2026-11-02T08:00:00.000Z");
  let world: TestDatabase;
  let identity: Identity;
  let rooms: ReturnType<typeof createProvisioning>;
  let guarded: Identity;
  let deps: Awaited<ReturnType<typeof testDeps>>;
  let ada: KeyMaker;
  let acme: ProvisioningClient;
  let omega: ProvisioningClient;
  beforeAll(async () => {
    world = await openTestDatabase(engine, clock);
    deps = await testDeps(world.db, clock);
    identity = await createIdentity(deps);
    const body = { token: identity.setUp.token ?? "", name: "ada", password: PASSWORD };
    const done = await identity.setUp.complete(body, ORIGIN);
    const caller = done.ok ? await identity.authenticate(done.value.token) : undefined;
    if (caller === undefined) throw new Error("not set up");
    ada = { caller, requestId: "r-0" };
    rooms = createProvisioning({
      database: world.db,
      clock,
      endAccess: identity.endAccess,
      providers: [ACME, OMEGA, PAST, LONE],
      rightsChanged: async () => undefined,
      keys: createKeys({ database: world.db, clock }),
    });
    guarded = rooms.guard(identity);
    [acme, omega] = [(await connect("acme")).client, (await connect("omega")).client];
  });
  afterAll(async () => await world[Symbol.asyncDispose]());

  let names = 0;
  const fresh = (what: string): string => `${what}${(names += 1)}`;
  const by = () => ({ actor: ada.caller.actor, requestId: "r-1" });
  async function connect(of: string): Promise<Readonly<{ id: string; client: ProvisioningClient }>> {
    const made = await rooms.createClient({ name: fresh(of), provider: of, lifeDays: 30 }, ada);
    if (!made.ok) throw new Error(made.refusal.detail);
    const { id } = made.value.client;
    const client = await rooms.clientOf({ actor: { kind: "automation", id, name: of } }, "r-2");
    if (!client.ok) throw new Error(client.refusal.detail);
    return { id, client: client.value };
  }
  const wish = (userName: string, externalId: string, active = true): UserWish => ({
    userName,
    externalId,
    active,
    profile: {},
  });
  async function provisioned(client: ProvisioningClient, externalId: string): Promise<SubjectId> {
    const made = await rooms.createUser(client, wish(fresh("person"), externalId));
    if (!made.ok) throw new Error(made.refusal.detail);
    return made.value.id;
  }
  const say = async (client: ProvisioningClient, id: string, active: boolean) =>
    await rooms.changeUser(client, { id, turn: (now) => ({ ok: true, value: { ...now, active } }) });
  const link = async ({ issuer }: Provider, subject: string, subject_id: SubjectId): Promise<void> =>
    await world.db.bookkeep("counters", async (tx) => {
      await insertLink(tx, { issuer, subject, subject_id, linked_at: clock.now(), last_used_at: null });
    });
  const userOf = async (id: string) => (await guarded.listUsers()).find((one) => one.id === id);
  const signIn = async (of: Provider, oid: string, groups: readonly string[]) =>
    await admit(
      { database: world.db, clock },
      {
        provider: of,
        claims: { iss: of.issuer, sub: `sub-${oid}`, oid, groups, preferred_username: fresh("claimed") },
        provedAt: clock.now(),
      },
      { ...ORIGIN, client: "browser" } as Parameters<typeof admit>[2],
    );

  test("stay with the provider that manages them, also when they are linked to another that provisions", async () => {
    const id = await provisioned(acme, "a-carl");
    await rooms.createGroup(acme, { displayName: "SOC", externalId: null, members: [id] });
    await link(OMEGA, "o-carl", id);
    const taken = await rooms.createUser(omega, wish(fresh("carl"), "o-carl"));
    expect(taken).toMatchObject({ ok: false, refusal: { code: "NAME_TAKEN", facts: { scimType: "uniqueness" } } });
    expect(await userOf(id)).toMatchObject({ roles: ["analyst"], managedBy: { name: "acme" } });
    expect((await say(acme, id, false)).ok).toBe(true);
    expect(await userOf(id)).toMatchObject({ active: false });
  });

  test("have roles by the groups of their own provider alone, whoever managed them before", async () => {
    const past = await connect("past");
    const id = await provisioned(past.client, "p-dora");
    await rooms.createGroup(past.client, { displayName: "SOC", externalId: null, members: [id] });
    expect(await userOf(id)).toMatchObject({ roles: ["analyst"], managedBy: { name: "past" } });
    await rooms.removeClient(past.id, ada);
    await link(OMEGA, "o-dora", id);
    expect((await rooms.createUser(omega, wish(fresh("dora"), "o-dora"))).ok).toBe(true);
    expect(await userOf(id)).toMatchObject({ roles: [], managedBy: { name: "omega" } });
  });

  test("are not opened by the first word of a provider when an administrator had disabled them", async () => {
    const made = await identity.createUser({ name: fresh("dan"), password: PASSWORD, roles: ["viewer"] }, by());
    if (!made.ok) throw new Error(made.refusal.detail);
    const { id } = made.value;
    await link(OMEGA, "o-dan", id);
    await guarded.changeUser(id, { active: false }, by());
    expect(await rooms.createUser(omega, wish(fresh("dan"), "o-dan"))).toMatchObject({
      value: { id, active: true, isOpen: false },
    });
    expect(await userOf(id)).toMatchObject({ active: false });
  });

  test("whom a person closed here are opened by a person here, whatever their provider says", async () => {
    const id = await provisioned(acme, "a-dina");
    await guarded.changeUser(id, { active: false }, by());
    for (const active of [false, true, false, true]) await say(acme, id, active);
    expect(await userOf(id)).toMatchObject({ active: false });
    expect(await guarded.changeUser(id, { active: true }, by())).toMatchObject({ ok: true });
    await say(acme, id, false);
    expect(await userOf(id)).toMatchObject({ active: false });
    await say(acme, id, true);
    expect(await userOf(id)).toMatchObject({ active: true });
  });

  test("whom DELETE off-boarded are nobody new at their first sign-in", async () => {
    const id = await provisioned(acme, "a-eve");
    expect((await rooms.removeUser(acme, { id })).ok).toBe(true);
    const before = (await identity.listUsers()).length;
    expect(await signIn(ACME, "a-eve", ["SOC"])).toMatchObject({ ok: false, refusal: { code: "SSO_FAILED" } });
    expect(await identity.listUsers()).toHaveLength(before);
  });

  test("are managed here again once no client of their provider is left, and closing counts for the next one", async () => {
    const lone = await connect("lone");
    const id = await provisioned(lone.client, "l-fay");
    await say(lone.client, id, false);
    const open = async () => await guarded.changeUser(id, { active: true, roles: ["viewer"] }, by());
    expect(await open()).toMatchObject({ ok: false, refusal: { code: "MANAGED_ELSEWHERE" } });
    expect((await rooms.removeClient(lone.id, ada)).ok).toBe(true);
    expect(await open()).toMatchObject({ ok: true });
    expect(await userOf(id)).not.toHaveProperty("managedBy");
    const next = await connect("lone");
    expect(await say(next.client, id, false)).toMatchObject({ value: { isOpen: false } });
  });

  test("are governed by the claims of a sign-in again once no client says who is in which group", async () => {
    const lone = await connect("lone");
    const id = await provisioned(lone.client, "l-gil");
    await rooms.createGroup(lone.client, { displayName: "SOC", externalId: null, members: [id] });
    expect((await signIn(LONE, "l-gil", [])).ok).toBe(true);
    for (const { id: client, issuer } of await rooms.clients())
      if (issuer === LONE.issuer) await rooms.removeClient(client, ada);
    expect(await signIn(LONE, "l-gil", [])).toMatchObject({ ok: false, refusal: { code: "SSO_NO_ROLE" } });
  });

  test("are erased whatever they are called: neither their own name nor somebody else's stands in the way", async () => {
    const [id, other] = [await provisioned(acme, "a-hal"), await provisioned(acme, "a-ida")];
    const erase = async (whom: string) =>
      await world.db.bookkeep("counters", async (tx) => await accountEraser(deps.vault)(tx, whom));
    for (const [whom, userName] of [
      [id, `erased-${id.slice(-12)}`],
      [other, fresh("ida")],
    ] as const) {
      const turn = (now: UserWish) => ({ ok: true as const, value: { ...now, userName, active: false } });
      expect((await rooms.changeUser(acme, { id: whom, turn })).ok).toBe(true);
    }
    const namesake = await provisioned(acme, "a-namesake");
    const turn = (now: UserWish) => ({ ok: true as const, value: { ...now, userName: `ERASED-${other.slice(-12)}` } });
    expect((await rooms.changeUser(acme, { id: namesake, turn })).ok).toBe(true);
    for (const whom of [id, other])
      expect([await erase(whom), await erase(whom)]).toMatchObject([{ value: 1 }, { value: 0 }]);
    expect(await rooms.users(acme, { id })).toEqual([]);
    expect(await userOf(namesake)).toMatchObject({ active: true });
  });
});
