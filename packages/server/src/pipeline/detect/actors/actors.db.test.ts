import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTopicBus, type Envelope } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { isDerived, readEventsAfter, type StreamEvent } from "#collect";
import { loadRulePack, phaseOf } from "#detect";
import { createEvaluator } from "../evaluate.ts";
import { insertDetections } from "../evaluation-store.ts";
import { generator, storeLines } from "../testing/stored-log.ts";
import { groupsOf, identitiesByBruteForce, testHash, type Groups } from "./testing/pure-ladder.ts";
import {
  hash32,
  multiOperatorHandoff,
  sessionLines,
  sharedWordlist,
  slowBurn,
  vpnHopping,
} from "./testing/scenarios.ts";
import { climb, type ActorsDeps } from "./worker.ts";

const pack = loadRulePack(fileURLToPath(new URL("../../../../../../rules", import.meta.url)));

type World = Readonly<{ deps: ActorsDeps; told: Envelope[] }>;

function worldOn(database: Database, limits: Pick<ActorsDeps, "batchMax" | "stepMax"> = {}): World {
  const [clock, log, told]: [typeof systemClock, typeof silentLogger, Envelope[]] = [systemClock, silentLogger, []];
  const topics = createTopicBus({ clock, log });
  for (const pattern of ["identity.>", "campaign.>"]) topics.subscribe(pattern, (envelope) => void told.push(envelope));
  const phase = (domain: string, tactic: string): string | null => phaseOf(pack.attack, domain, tactic);
  const base = { database, clock, topics, log, keyed: testHash, phaseOf: phase };
  return { deps: { ...base, ...limits }, told };
}

async function climbAll({ deps }: World): Promise<void> {
  for (let turns = 0; await climb(deps); turns += 1) if (turns > 2_000) throw new Error("the ladder never ends");
}

/** Takes lines in and evaluates them with the pack of the product. */
async function happen(database: Database, lines: readonly string[], sensor: string): Promise<readonly StreamEvent[]> {
  const { events } = await storeLines(database, lines, sensor);
  const evaluator = createEvaluator(pack);
  const found = events.flatMap((event) => evaluator.evaluate(event));
  await database.bookkeep("cursor", async (tx) => await insertDetections(tx, found, new Date()));
  return events;
}

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

/** A log of many attackers, some of whom share tools, files, habits or credentials. */
function crowd(addresses: number, seed: number): readonly string[] {
  const random = generator(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  return Array.from({ length: addresses }, (_, index) => {
    const gang = pick(Math.ceil(addresses / 4));
    return sessionLines({
      at: `2026-04-${String(1 + pick(28)).padStart(2, "0")}T0${pick(9)}:00:00Z`,
      ip: `45.${seed}.${Math.floor(index / 250)}.${1 + (index % 250)}`,
      hassh: random() < 0.5 ? hash32("0123456789abcdef"[pick(3)] ?? "0") : gang.toString(16).padStart(32, "0"),
      logins: [`root:pw-${pick(20)}`, `user${gang}:pw-${gang}`],
      commands: [`echo gang ${"abcdefgh"[gang % 8]}`, ["uname -a", "id", "w"][pick(3)] ?? "id"],
      files: random() < 0.3 ? [[gang.toString(16).padStart(64, "a"), `http://h${gang}.example/x`]] : [],
    });
  }).flat();
}

describe.each(TEST_ENGINES)("the ladder of attackers on %s", (engine) => {
  let database: TestDatabase;
  let world: World;
  beforeAll(async () => {
    database = await openTestDatabase(engine);
    world = worldOn(database.db);
    await happen(database.db, sharedWordlist, "one");
    await happen(database.db, vpnHopping, "two");
    await happen(database.db, multiOperatorHandoff, "three");
    await happen(database.db, slowBurn, "four");
    await climbAll(world);
  });
  afterAll(async () => await database[Symbol.asyncDispose]());
  const ofNetwork = (groups: Groups, prefix: string): Groups =>
    groups.map((group) => group.filter((ip) => ip.startsWith(prefix))).filter((group) => group.length > 0);

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

  test("is told once of what changed, and of nothing when it looks again", async () => {
    const merged = world.told.filter(({ topic }) => topic === "identity.merged");
    expect(merged).toHaveLength(2 + 2 + 4 + 5);
    expect(world.told.filter(({ topic }) => topic === "campaign.formed")).toHaveLength(1);
    const before = world.told.length;
    await climbAll(world);
    expect(world.told).toHaveLength(before);
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
