import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Actor, IdentityId } from "@tyr/contract";
import { derivedFacts, observationIdOf, storeDerived, type DerivedEvent, type StoredDerived } from "#collect";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { derivedId } from "#platform/ids";
import { profileShown } from "./profile-store.ts";
import { eraseFromActors } from "./retained-store.ts";
import { hash32, sessionLines } from "./testing/scenarios.ts";
import { climbAll, happen, worldOn, type World } from "./testing/world.ts";

const LIFT: Actor = { kind: "system", id: "lift", name: "lift" };
const identityOf = (address: string): IdentityId => derivedId("identity", [observationIdOf(address)]);

/** Sessions of one address, hours apart, with the clients it speaks with by turns. */
const sessions = (ip: string, clients: string, day = "2026-05-01"): readonly string[] =>
  clients.split("").flatMap((client, at) =>
    sessionLines({
      at: `${day}T${String(10 + at).padStart(2, "0")}:00:00Z`,
      ip,
      hassh: hash32(client),
      logins: [`svc-${ip}:pw-${client}`],
      commands: ["id"],
    }),
  );

describe.each(TEST_ENGINES)("how stable identities stay, on %s", (engine) => {
  let database: TestDatabase;
  let world: World;
  beforeAll(async () => {
    database = await openTestDatabase(engine);
    world = worldOn(database.db, { lookEvery: 7 });
    world.deps.topics.subscribe("attribution.>", (envelope) => void world.told.push(envelope));
    const [one, several, few] = [
      sessions("198.51.100.1", "aaaaa"),
      sessions("198.51.100.2", "bcbcb"),
      sessions("198.51.100.3", "dd"),
    ];
    await happen(database.db, [...one, ...several, ...few], "decoy");
    await climbAll(world);
  });
  afterAll(async () => await database[Symbol.asyncDispose]());

  const states = async (address: string) =>
    Object.fromEntries(
      (await profileShown(database.db.read, identityOf(address))).map((one) => [one.primitive, one.state]),
    );

  const campaignLinks = async () =>
    await database.db.read.selectFrom("ladder_link").selectAll().where("rung", "=", "campaign").execute();

  /** As the lifter of keystrokes derives them. */
  async function typed(address: string, rhythms: readonly string[], meanMs = 150): Promise<void> {
    const events = rhythms.map((hash, at): DerivedEvent => ({
      kind: "session",
      action: "keystrokes.measured",
      category: "keystrokes",
      identity: [address, String(at)],
      time: new Date(Date.parse("2026-05-01T10:30:00Z") + at * 3_600_000),
      src: address,
      fields: { "keystroke.typed_by": "human", "keystroke.rhythm": hash, "keystroke.interval_mean_ms": meanMs },
      from: [],
    }));
    await database.db.audited(
      (stored: StoredDerived) => derivedFacts(LIFT, stored),
      async (tx) => await storeDerived(tx, events, new Date()),
    );
    await climbAll(world);
  }

  test("five sessions alike are stable, and what changes is told of once", async () => {
    expect(await states("198.51.100.1")).toMatchObject({ hassh: "stable", credentials: "stable" });
    const told = world.told.filter(({ topic }) => topic === "attribution.profile.state_changed");
    expect(told.map(({ payload }) => payload)).toContainEqual(
      expect.objectContaining({ primitive: "hassh", from: "unknown", to: "stable", confidence: 1 }),
    );
    const before = world.told.length;
    await climbAll(world);
    expect(world.told).toHaveLength(before);
  });

  test("two tools and two lists by turns are several people, told of as unsure as they are", async () => {
    expect(await states("198.51.100.2")).toMatchObject({ hassh: "multi_actor", credentials: "multi_actor" });
    const told = world.told.filter(({ topic }) => topic === "attribution.profile.multi_actor_suspected");
    expect(told.map(({ payload }) => payload)).toEqual([
      { identity_id: identityOf("198.51.100.2"), primitives: ["hassh", "credentials"], confidence: 0.6 },
    ]);
  });

  test("of fewer than three sessions nothing is kept", async () => {
    expect(await states("198.51.100.3")).toEqual({});
  });

  test("a rhythm counts although it comes after everything else, and its hash is not shown", async () => {
    const [own, near, other] = ["00ff00ff00ff00ff", "00ff00ff00ff00fe", "ff00ff00ff00ff00"];
    await typed("198.51.100.1", [own, near, own, near]);
    expect(await states("198.51.100.1")).toMatchObject({ keystroke_rhythm: "stable", keystroke_interval: "stable" });
    await typed("198.51.100.2", [other, own, other, own]);
    const shown = await profileShown(database.db.read, identityOf("198.51.100.2"));
    expect(shown.find(({ primitive }) => primitive === "keystroke_rhythm")).toMatchObject({
      state: "multi_actor",
      value: null,
      confidence: 0.6,
    });
    expect(JSON.stringify(shown)).not.toContain(own);
  });

  test("two that type alike and meet at one sensor, with other tools, are two: strangers do", async () => {
    const rhythms = await database.db.read.selectFrom("actor_rhythm").select("observation_id").distinct().execute();
    expect(rhythms).toHaveLength(2);
    expect(await campaignLinks()).toEqual([]);
  });

  test("with the address goes what it typed like and how stable it was", async () => {
    await database.db.bookkeep("cursor", async (tx) => await eraseFromActors(tx, "value:198.51.100.2"));
    expect(await states("198.51.100.2")).toEqual({});
    const left = await database.db.read.selectFrom("actor_rhythm").select("observation_id").distinct().execute();
    expect(left).toEqual([{ observation_id: observationIdOf("198.51.100.1") }]);
    await climbAll(world);
    expect(await campaignLinks()).toEqual([]);
    expect(await states("198.51.100.1")).toMatchObject({ hassh: "stable", keystroke_rhythm: "stable" });
  });
});
