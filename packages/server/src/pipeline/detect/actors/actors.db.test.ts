import type { IdentityId } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOfFamily, type Envelope } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { isDerived, observationIdOf, readEventsAfter } from "#collect";
import { createEvaluator } from "../evaluate.ts";
import { storeLines } from "../testing/stored-log.ts";
import { ownCampaignOf } from "./accumulate.ts";
import { findAttacker, listAttackers, type AttackerPlace } from "./attacker-store.ts";
import { findCampaign, listCampaigns } from "./campaign-store.ts";
import { findIdentity, idsWithin, linksAmong, listIdentities, rulingsAbout } from "./identity-store.ts";
import { ladderAnchors } from "./ladder-anchors.ts";
import { createLadderDesk, type LadderDesk } from "./ladder-desk.ts";
import { eraseFromActors, retainedAttackers } from "./retained-store.ts";
import { groupsOf, identitiesByBruteForce, type Groups } from "./testing/pure-ladder.ts";
import { crowd, multiOperatorHandoff, sharedWordlist, slowBurn, vpnHopping } from "./testing/scenarios.ts";
import { climbAll, happen, pack, worldOn, type World } from "./testing/world.ts";

async function identities({ read }: Database): Promise<Groups> {
  const rows = await read
    .selectFrom("observation")
    .innerJoin("actor_identity", "actor_identity.observation_id", "observation.id")
    .select(["address", "actor_identity.id", "merged_into"])
    .execute();
  return groupsOf(rows.map(({ address, id, merged_into }) => [address, merged_into ?? id] as const));
}

async function campaigns({ read }: Database): Promise<Groups> {
  const rows = await read
    .selectFrom("observation")
    .innerJoin("actor_identity as own", "own.observation_id", "observation.id")
    .innerJoin("actor_identity as winner", (join) =>
      join.on((on) => on("winner.id", "=", on.fn.coalesce(on.ref("own.merged_into"), on.ref("own.id")))),
    )
    .select(["address", "winner.id", "winner.campaign_into"])
    .execute();
  return groupsOf(rows.map(({ address, id, campaign_into }) => [address, campaign_into ?? id] as const));
}

describe.each(TEST_ENGINES)("the ladder of attackers on %s", (engine) => {
  let database: TestDatabase;
  let world: World;
  const scored: Envelope[] = [];
  beforeAll(async () => {
    database = await openTestDatabase(engine);
    world = worldOn(database.db);
    world.deps.topics.subscribe("attacker.scored", (envelope) => void scored.push(envelope));
    await happen(database.db, sharedWordlist, "one");
    await happen(database.db, vpnHopping, "two");
    await happen(database.db, multiOperatorHandoff, "three");
    await happen(database.db, slowBurn, "four");
    await climbAll(world);
  });
  afterAll(async () => await database[Symbol.asyncDispose]());
  const ofNetwork = (groups: Groups, prefix: string): Groups =>
    groups.map((group) => group.filter((ip) => ip.startsWith(prefix))).filter((group) => group.length > 0);

  test("the risk each address has was told when detections changed it, and nothing of it when nothing changes", async () => {
    const rows = await database.db.read
      .selectFrom("observation")
      .select(["address", "risk"])
      .where("risk", ">", 0)
      .execute();
    const told = new Map(
      scored
        .filter((one) => isOfFamily(one, "attacker.scored"))
        .map(({ payload }) => [payload.attacker_ip, payload.risk]),
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(told).toEqual(new Map(rows.map(({ address, risk }) => [address, risk])));
    const before = scored.length;
    await climbAll(world);
    expect(scored).toHaveLength(before);
  });

  test("who guesses from one public wordlist with other tools stays two identities and two campaigns", async () => {
    const two = [1, 2, 3].map((host) => `198.51.100.${host}`);
    const others = [1, 2, 3].map((host) => `198.51.101.${host}`);
    expect(ofNetwork(await identities(database.db), "198.51.")).toEqual([two, others]);
    expect(ofNetwork(await campaigns(database.db), "198.51.")).toEqual([two, others]);
  });

  test("who comes through another exit of a VPN each time is one identity", async () => {
    expect(ofNetwork(await identities(database.db), "203.0.")).toEqual([
      ["203.0.101.10", "203.0.102.20", "203.0.103.30", "203.0.104.40", "203.0.105.50"],
    ]);
  });

  test("one who breaks in and one who goes on there are two identities in one campaign", async () => {
    expect(ofNetwork(await identities(database.db), "192.0.2.")).toEqual([["192.0.2.44"], ["192.0.2.71"]]);
    expect(ofNetwork(await campaigns(database.db), "192.0.2.")).toEqual([["192.0.2.44", "192.0.2.71"]]);
  });

  test("one who comes every five weeks does not fall apart", async () => {
    const all = [0, 1, 2, 3, 4, 5].map((month) => `100.128.${month}.7`);
    expect(ofNetwork(await identities(database.db), "100.128.")).toEqual([all]);
  });

  test("one credential from several exits is told of once, as an event about the identity", async () => {
    const derived = (await readEventsAfter(database.db.read, 0, 10_000)).filter(isDerived);
    const told = derived.map(({ fields, src }) => [src, fields["identity.address_count"]]);
    expect(new Set(derived.map(({ ecs }) => ecs["event.action"]))).toEqual(
      new Set(["identity.credential_from_addresses"]),
    );
    expect(told).toHaveLength(4);
    expect(told).toEqual(
      expect.arrayContaining([
        [null, 5],
        [null, 6],
      ]),
    );
  });

  test("what it is told of is tagged, and the tag hangs on the identity and on no address", async () => {
    const derived = (await readEventsAfter(database.db.read, 0, 10_000)).filter(isDerived);
    const evaluator = createEvaluator(pack);
    const tags = derived.flatMap((event) => evaluator.evaluate(event)).flatMap((found) => found.tags);
    const known = new Set(
      (await listIdentities(database.db.read, { addressesMin: 2, limit: 10 })).rows.map(({ id }) => id),
    );
    expect(tags).toHaveLength(4);
    for (const { technique, subTechnique, observation, identity, evidence } of tags) {
      expect([technique, subTechnique, observation]).toEqual(["T1110", "T1110.004", null]);
      expect(known).toContain(identity);
      expect(Object.keys(evidence).toSorted()).toEqual(["identity_addresses", "identity_sources"]);
    }
  });

  test("is told once of what changed, and of nothing when it looks again", async () => {
    const merged = world.told.filter(({ topic }) => topic === "identity.merged");
    expect(merged).toHaveLength(2 + 2 + 4 + 5);
    expect(world.told.filter(({ topic }) => topic === "campaign.formed")).toHaveLength(1);
    const before = world.told.length;
    await climbAll(world);
    expect(world.told).toHaveLength(before);
  });

  test("identities and campaigns are listed with what holds them together", async () => {
    const { read } = database.db;
    const several = await listIdentities(read, { addressesMin: 2, limit: 10 });
    expect(several.rows.map(({ addressCount }) => addressCount)).toEqual([6, 5, 3, 3]);
    const vpn = several.rows[1]?.id ?? "";
    const edges = await linksAmong(read, {
      rung: "identity",
      within: await idsWithin(read, "identity", vpn),
      limit: 100,
    });
    expect(edges).toHaveLength(10);
    expect(edges[0]?.reasons.map(({ kind }) => kind)).toEqual(["hassh", "commands", "credentials"]);
    const first = await listIdentities(read, { addressesMin: 2, limit: 2 });
    const second = await listIdentities(read, { addressesMin: 2, before: first.next ?? undefined, limit: 2 });
    expect([...first.rows, ...second.rows]).toEqual(several.rows);
    const [campaign] = (await listCampaigns(read, { limit: 10 })).rows;
    expect(campaign).toMatchObject({ identityCount: 2, addressCount: 2 });
    const members = await idsWithin(read, "campaign", campaign?.leader ?? "");
    const why = await linksAmong(read, { rung: "campaign", within: members, limit: 10 });
    expect(why[0]?.reasons[0]).toMatchObject({ kind: "handoff", weight: 1 });
  });

  test("no password, account name or command is in what is kept of attackers", async () => {
    const rows = await database.db.read.selectFrom("observation").selectAll().execute();
    const links = await database.db.read.selectFrom("ladder_link").selectAll().execute();
    const kept = JSON.stringify([rows.map(({ points: _points, ...row }) => row), links]);
    for (const secret of ["blue-Harbor-19", "Gr33n-Lantern", "svc-backup", "notes-1", "authorized_keys"])
      expect(kept).not.toContain(secret);
  });
});

describe("whatever the batches", () => {
  const lines = crowd(70, 7);

  test.each([
    [1_000, 500],
    [37, 3],
  ])(
    "of %d events and %d addresses, the identities are those of comparing each with each",
    async (batchMax, stepMax) => {
      await using database = await openTestDatabase();
      await happen(database.db, lines, "crowd");
      const world = worldOn(database.db, { batchMax, stepMax });
      await climbAll(world);
      const events = await readEventsAfter(database.db.read, 0, 10_000);
      expect(await identities(database.db)).toEqual(identitiesByBruteForce(events));
    },
  );
});

describe("what people say of who is who, and what goes", () => {
  const BY = {
    actor: { kind: "person", id: "usr_1", name: "Freya" },
    requestId: "r1",
    reason: "they said so",
  } as const;
  const NET = "203.0.";
  let database: TestDatabase;
  let world: World;
  let desk: LadderDesk;
  beforeAll(async () => {
    database = await openTestDatabase();
    world = worldOn(database.db);
    desk = createLadderDesk({ database: database.db, clock: systemClock, topics: world.deps.topics });
    await storeLines(database.db, [...vpnHopping, ...sharedWordlist, ...slowBurn], "all");
    await climbAll(world);
  });
  afterAll(async () => await database[Symbol.asyncDispose]());

  const groups = async (prefix: string): Promise<Groups> =>
    (await identities(database.db)).filter(([first]) => first?.startsWith(prefix));
  const identityOf = async (address: string): Promise<IdentityId> => {
    const found = await findAttacker(database.db.read, { address });
    if (found === undefined || found.summary.ownIdentityId === null) throw new Error(`${address} has no identity`);
    return found.summary.ownIdentityId;
  };
  /** Everything is looked at again, as after more events. */
  const lookAgain = async (): Promise<void> => {
    await database.db.bookkeep(
      "cursor",
      async (tx) => await tx.updateTable("observation").set({ dirty: true }).execute(),
    );
    await climbAll(world);
  };

  test("who was taken out stays out, however alike it is and whoever else is like both", async () => {
    const id = await identityOf("203.0.103.30");
    expect(await desk.unmergeIdentity(id, BY)).toMatchObject({ ok: true });
    const rest = ["203.0.101.10", "203.0.102.20", "203.0.104.40", "203.0.105.50"];
    expect(await groups(NET)).toEqual([rest, ["203.0.103.30"]]);
    await lookAgain();
    expect(await groups(NET)).toEqual([rest, ["203.0.103.30"]]);
    expect(await desk.unmergeIdentity(id, BY)).toMatchObject({ ok: false, refusal: { code: "NOT_MERGED" } });
    const entry = (await database.records()).at(-1);
    expect(entry).toMatchObject({ actor: BY.actor, requestId: "r1" });
  });

  test("its row and its address stay where they were, and the identity says what people said", async () => {
    const id = await identityOf("203.0.103.30");
    const found = await findIdentity(database.db.read, id);
    expect(found).toMatchObject({ id, mergedInto: null, addressCount: 1 });
    expect(await rulingsAbout(database.db.read, "identity", [id])).toMatchObject([
      { kind: "apart", by: BY.actor, reason: BY.reason },
    ]);
  });

  test("saying the opposite later counts, and putting strangers together needs no link", async () => {
    const [one, other, stranger] = [
      await identityOf("203.0.101.10"),
      await identityOf("203.0.103.30"),
      await identityOf("100.128.0.7"),
    ];
    expect(await desk.mergeIdentities(other, one, BY)).toMatchObject({ ok: true });
    expect(await groups(NET)).toHaveLength(1);
    expect(await desk.mergeIdentities(one, stranger, BY)).toMatchObject({ ok: true });
    await lookAgain();
    const [all] = (await identities(database.db)).filter((group) => group.includes("203.0.101.10"));
    expect(all).toHaveLength(5 + 6);
    const anchors = await ladderAnchors(database.db.read).anchorsOfIdentity(one);
    expect(anchors.filter((anchor) => !anchor.startsWith("idn_")).toSorted()).toEqual(all);
    expect(await desk.mergeIdentities(one, one, BY)).toMatchObject({ ok: false });
    const nobody = "idn_00000000-0000-5000-8000-000000000000" as IdentityId;
    expect(await desk.mergeIdentities(one, nobody, BY)).toMatchObject({ ok: false, refusal: { code: "NOT_FOUND" } });
  });

  test("two campaigns become one when somebody says so, and two again", async () => {
    const { read } = database.db;
    const [one, other] = [
      ownCampaignOf((await findAttacker(read, { address: "198.51.100.1" }))?.summary.identityId ?? ""),
      ownCampaignOf((await findAttacker(read, { address: "198.51.101.1" }))?.summary.identityId ?? ""),
    ];
    expect(await desk.mergeCampaigns(one, other, BY)).toMatchObject({ ok: true });
    expect(await findCampaign(read, other)).toMatchObject({ identityCount: 2, addressCount: 6, mergedInto: one });
    const found = await listAttackers(read, { filter: { campaign: other }, sort: "events", limit: 10 });
    expect(found.rows).toHaveLength(6);
    expect(found.rows.map(({ campaignId }) => campaignId)).toEqual(Array.from({ length: 6 }, () => one));
    expect(await desk.unmergeCampaign(other, BY)).toMatchObject({ ok: true });
    expect(await findCampaign(read, other)).toBeUndefined();
  });

  test("the list is cut into pages without gap or repeat, by whatever it is sorted", async () => {
    for (const sort of ["last_seen", "risk", "events"] as const) {
      const seen: string[] = [];
      for (let before: AttackerPlace | undefined; ;) {
        const page = await listAttackers(database.db.read, { filter: {}, sort, before, limit: 4 });
        seen.push(...page.rows.map(({ address }) => address));
        if (page.next === null) break;
        before = page.next;
      }
      expect([sort, seen.length, new Set(seen).size]).toEqual([sort, 17, 17]);
    }
    const within = await listAttackers(database.db.read, {
      filter: { prefix: "198.51.100.0/24" },
      sort: "risk",
      limit: 9,
    });
    expect(within.rows).toHaveLength(3);
  });

  test("an erased address goes with its traces, and those it held together come apart", async () => {
    const { db } = database;
    const erase = async (address: string): Promise<number> =>
      await db.bookkeep("cursor", async (tx) => await eraseFromActors(tx, `value:${address}`));
    const id = await identityOf("198.51.100.1");
    expect(await erase("198.51.100.1")).toBe(1);
    expect(await erase("198.51.100.1")).toBe(0);
    await climbAll(world);
    expect(await groups("198.51.100.")).toEqual([["198.51.100.2", "198.51.100.3"]]);
    const left = await Promise.all([
      db.read.selectFrom("actor_identity").selectAll().where("id", "=", id).execute(),
      db.read
        .selectFrom("actor_trace")
        .selectAll()
        .where("observation_id", "=", observationIdOf("198.51.100.1"))
        .execute(),
      db.read
        .selectFrom("ladder_link")
        .selectAll()
        .where((eb) => eb.or([eb("a", "=", id), eb("b", "=", id)]))
        .execute(),
    ]);
    expect(left.flat()).toEqual([]);
  });

  test("an erased person's name goes from what they said", async () => {
    const { db } = database;
    const rows = await db.bookkeep("cursor", async (tx) => await eraseFromActors(tx, "usr_1"));
    expect(rows).toBeGreaterThan(0);
    expect(JSON.stringify(await db.read.selectFrom("ladder_ruling").selectAll().execute())).not.toContain("Freya");
  });

  test("retention takes those not seen for long, but for those a hold keeps", async () => {
    const { db } = database;
    const due = { cutoff: new Date("2026-02-20T00:00:00Z"), heldSubjects: ["value:100.128.0.7"] };
    const done = await db.bookkeep("cursor", async (tx) => ({
      counted: await retainedAttackers.count(tx, due),
      removed: await retainedAttackers.remove(tx, due, 100),
      left: await retainedAttackers.count(tx, due),
    }));
    const held = [{ why: "legal hold", records: 1 }];
    expect(done).toEqual({ counted: { due: 2, held }, removed: 1, left: { due: 1, held } });
    await climbAll(world);
    expect((await groups("100.128.")).flat()).not.toContain("100.128.1.7");
  });
});
