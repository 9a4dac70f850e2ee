import type { DetectionId, EventId, InputOf, OutputOf, Result } from "@tyr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LadderAnchors } from "#actors";
import { systemClock } from "#platform/clock";
import { openTestDatabase, TEST_ENGINES, type TestDatabase } from "#platform/testing";
import { buildRulePack } from "../pipeline/detect/rule-pack.ts";
import { insertDetections } from "../pipeline/detect/evaluation-store.ts";
import type { NewDetection } from "../pipeline/detect/detection.ts";
import { makeTag } from "../pipeline/detect/tag.ts";
import { ttpExportHandlers } from "./ttp-export.ts";
import { ttpHandlers } from "./ttp.ts";

const RULE = "0b7f1c5e-2a3d-5e4f-9a8b-1c2d3e4f5a6b";
const text = `title: Passwords
id: ${RULE}
logsource: { category: authentication }
tags: [attack.credential-access, attack.t1110, attack.t1110.001]
detection: { selection: { a: b }, condition: selection }
`;
const pack = buildRulePack([{ path: "passwords.yml", text }]);

type Seed = Readonly<{
  number: number;
  at: string;
  technique: string;
  tactic?: string;
  confidence?: number;
  observation?: string | null;
  identity?: string | null;
  session?: string | null;
  domain?: string;
}>;

function finding({ number, at, technique, ...more }: Seed): NewDetection {
  const time = new Date(at);
  const event = `evt_00000000-0000-7000-8000-${String(number).padStart(12, "0")}` as EventId;
  const { observation = "203.0.113.7", identity = null, session = null, confidence = 0.9 } = more;
  const tag = makeTag({
    ruleId: RULE,
    ruleVersion: "1",
    sourceKind: "auth_attempt",
    sourceId: event,
    technique: technique.slice(0, 5),
    subTechnique: technique.includes(".") ? technique : null,
    tactic: more.tactic ?? "credential-access",
    confidence,
    evidence: { outcome: "failure" },
    attackDomain: more.domain ?? "enterprise-attack",
    attackRelease: "18.1",
    observation,
    identity,
    session,
  });
  return {
    id: `det_00000000-0000-5000-8000-${String(number).padStart(12, "0")}` as DetectionId,
    time,
    firstEventAt: time,
    lastEventAt: time,
    ruleId: RULE,
    ruleTitle: "Passwords",
    ruleVersion: "1",
    severity: "medium",
    riskPoints: 10,
    phrase: null,
    actorIp: observation,
    user: null,
    sensorId: null,
    sensorName: null,
    correlation: false,
    groupKey: {},
    eventIds: [event],
    eventCount: 1,
    tags: [tag],
  };
}

const IDENTITY = "idn_00000000-0000-5000-8000-000000000001";
const OBSERVATION = "atk_00000000-0000-5000-8000-000000000001";
const SEEDS: readonly Seed[] = [
  { number: 1, at: "2026-02-01T10:00:00Z", technique: "T1110.001", session: "s1" },
  { number: 2, at: "2026-02-01T10:30:00Z", technique: "T1110.001", confidence: 0.7 },
  { number: 3, at: "2026-02-01T12:10:00Z", technique: "T1110", observation: "2001:db8::1" },
  { number: 4, at: "2026-02-02T10:00:00Z", technique: "T1046", tactic: "discovery", confidence: 0.4, session: "s1" },
  { number: 5, at: "2026-02-02T11:00:00Z", technique: "T0801", tactic: "collection", domain: "ics-attack" },
  { number: 6, at: "2026-02-03T11:00:00Z", technique: "T1110.003", observation: null, identity: IDENTITY },
];
const ladder: LadderAnchors = {
  addressOf: async (id) => await Promise.resolve(id === OBSERVATION ? "203.0.113.7" : undefined),
  anchorsOfIdentity: async (id) => await Promise.resolve(id === IDENTITY ? [id, "203.0.113.7", "2001:db8::1"] : [id]),
  anchorsOfCampaign: async (id) =>
    await Promise.resolve(
      new Map(
        id === "cmp"
          ? [
              [IDENTITY, [IDENTITY, "203.0.113.7"]],
              ["idn_2", ["2001:db8::1"]],
            ]
          : [],
      ),
    ),
};

describe.each(TEST_ENGINES)("what attackers did, on %s", (engine) => {
  let database: TestDatabase;
  let api: ReturnType<typeof ttpHandlers>;
  beforeAll(async () => {
    database = await openTestDatabase(engine);
    const { db } = database;
    const states = { all: async () => await Promise.resolve(new Map()) };
    api = ttpHandlers({ database: db, rules: () => pack, states, rulesDir: import.meta.dirname, ladder });
  });
  afterAll(async () => await database[Symbol.asyncDispose]());

  type Routes = keyof ReturnType<typeof ttpHandlers>;
  async function ask<K extends Routes>(id: K, input: Partial<InputOf<K>>): Promise<Result<OutputOf<K>>> {
    const handler = api[id] as unknown as (input: unknown) => Promise<Result<OutputOf<K>>>;
    return await handler({ params: {}, query: {}, ...input });
  }
  async function seen<K extends Routes>(id: K, input: Partial<InputOf<K>>): Promise<readonly string[]> {
    const answer = await ask(id, input);
    if (!answer.ok) throw new Error(answer.refusal.detail);
    const { items } = answer.value as OutputOf<"ttp.techniques">;
    return items.map((one) => `${one.subTechnique ?? one.technique} ${one.tactic} ${one.count}`);
  }
  const store = async (seeds: readonly Seed[]) =>
    await database.db.bookkeep("counters", async (tx) => await insertDetections(tx, seeds.map(finding), new Date()));

  test("nothing was seen: lists are empty, the matrix is whole", async () => {
    expect(await ask("ttp.techniques", {})).toEqual({
      ok: true,
      value: { items: [], hidden: 0, from: null, to: null, confidence: 0.6 },
    });
    const matrix = await ask("ttp.matrix", {});
    expect(matrix.ok && matrix.value.tactics.map(({ shortName }) => shortName)).toHaveLength(14);
  });

  test("tags that are stored again write nothing and count nothing", async () => {
    expect((await store(SEEDS)).flatMap(({ tags }) => tags)).toHaveLength(6);
    expect(await store(SEEDS)).toEqual([]);
    // Another finding about the same event, as correlations have it: the tag is there already.
    const again = SEEDS.slice(0, 1).map((seed) => ({ ...finding(seed), id: finding({ ...seed, number: 99 }).id }));
    const written = await database.db.bookkeep("counters", async (tx) => await insertDetections(tx, again, new Date()));
    expect(written.map(({ tags }) => tags)).toEqual([[]]);
    expect(await seen("ttp.techniques", {})).toEqual([
      "T1110.001 credential-access 2",
      "T0801 collection 1",
      "T1110 credential-access 1",
      "T1110.003 credential-access 1",
    ]);
  });

  test("what is below the floor is hidden and counted; asked for, it is there", async () => {
    const hidden = await ask("ttp.techniques", {});
    expect(hidden.ok && hidden.value.hidden).toBe(1);
    expect(await seen("ttp.techniques", { query: { confidence: 0.3, domain: "enterprise-attack" } })).toContain(
      "T1046 discovery 1",
    );
    expect(await seen("ttp.techniques", { query: { confidence: 0.8 } })).toContain("T1110.001 credential-access 1");
  });

  test("a row names technique, tactic, phase, rules, release and when it was seen", async () => {
    const answer = await ask("ttp.techniques", { query: { domain: "enterprise-attack" } });
    expect(answer).toMatchObject({
      value: {
        items: [
          {
            technique: "T1110",
            subTechnique: "T1110.001",
            name: "Brute Force",
            subTechniqueName: "Password Guessing",
            tacticId: "TA0006",
            tacticName: "Credential Access",
            phase: "credential_access",
            firstSeenAt: "2026-02-01T10:00:00.000Z",
            lastSeenAt: "2026-02-01T10:30:00.000Z",
            confidenceMax: 0.9,
            rules: [RULE],
            attackReleases: ["18.1"],
            url: "https://attack.mitre.org/techniques/T1110/001",
          },
          {},
          {},
        ],
      },
    });
  });

  test("time is counted in whole hours, and the answer says which", async () => {
    const query = { from: "2026-02-01T11:59:00Z", to: "2026-02-01T12:30:00Z" };
    const answer = await ask("ttp.techniques", { query });
    expect(answer).toMatchObject({
      value: {
        from: "2026-02-01T11:00:00.000Z",
        to: "2026-02-01T13:00:00.000Z",
        items: [{ technique: "T1110", count: 1 }],
      },
    });
  });

  test("an attacker is asked for by address, in any spelling, or by id; what is neither is refused", async () => {
    const own = ["T1110.001 credential-access 2", "T0801 collection 1"];
    expect(await seen("ttp.byAttacker", { params: { id: "203.0.113.7" } })).toEqual(own);
    expect(await seen("ttp.byAttacker", { params: { id: "::ffff:203.0.113.7" } })).toEqual(own);
    expect(await seen("ttp.byAttacker", { params: { id: OBSERVATION } })).toEqual(own);
    expect(await seen("ttp.byAttacker", { params: { id: OBSERVATION.replace("1", "2") } })).toEqual([]);
    expect(await ask("ttp.byAttacker", { params: { id: "x' or 1=1" } })).toMatchObject({ ok: false });
  });

  test("an identity has its own tags and those of its addresses; an unknown one has none", async () => {
    expect(await seen("ttp.byIdentity", { params: { id: IDENTITY } })).toEqual([
      "T1110.001 credential-access 2",
      "T0801 collection 1",
      "T1110 credential-access 1",
      "T1110.003 credential-access 1",
    ]);
    expect(await seen("ttp.byIdentity", { params: { id: "idn_unknown" } })).toEqual([]);
  });

  test("a campaign says how many of its identities did it", async () => {
    const answer = await ask("ttp.byCampaign", { params: { id: "cmp" } });
    const counts = answer.ok && answer.value.items.map((one) => [one.subTechnique ?? one.technique, one.identityCount]);
    expect(counts).toEqual([
      ["T1110.001", 1],
      ["T0801", 1],
      ["T1110", 1],
      ["T1110.003", 1],
    ]);
    expect(await seen("ttp.byCampaign", { params: { id: "other" } })).toEqual([]);
  });

  test("a session has what was done in it", async () => {
    expect(await seen("ttp.bySession", { params: { id: "s1" }, query: { confidence: 0.3 } })).toEqual([
      "T1046 discovery 1",
      "T1110.001 credential-access 1",
    ]);
  });

  test("tags come newest first with their evidence, of a technique and its sub-techniques", async () => {
    const tags = await ask("ttp.tagsByIdentity", { params: { id: IDENTITY, technique: "T1110" } });
    expect(tags.ok && tags.value.items.map((one) => one.seenAt.slice(0, 13))).toEqual([
      "2026-02-03T11",
      "2026-02-01T12",
      "2026-02-01T10",
      "2026-02-01T10",
    ]);
    expect(tags).toMatchObject({
      value: {
        items: [
          { identity: IDENTITY, observation: null, ruleTitle: "Passwords", evidence: { outcome: "failure" } },
          {},
          {},
          {},
        ],
      },
    });
    const guesses = {
      params: { id: "203.0.113.7", technique: "T1110" },
      query: { subTechnique: "T1110.001", limit: 1 },
    };
    const one = await ask("ttp.tagsByAttacker", guesses);
    expect(one.ok && one.value.items).toMatchObject([
      { subTechnique: "T1110.001", seenAt: "2026-02-01T10:30:00.000Z" },
    ]);
    const session = await ask("ttp.tagsBySession", { params: { id: "s1", technique: "T1110" } });
    expect(session.ok && session.value.items).toHaveLength(1);
  });

  test("groups are MITRE's, are no attribution, and an unknown technique is none", async () => {
    const groups = await ask("ttp.groups", { params: { id: "T1110.003" } });
    expect(groups).toMatchObject({ value: { release: "18.1", notice: expect.stringContaining("not an attribution") } });
    expect(groups.ok && groups.value.items.length).toBeGreaterThan(3);
    expect(await ask("ttp.groups", { params: { id: "T9999" } })).toMatchObject({ refusal: { code: "NOT_FOUND" } });
  });

  test("the matrix says of each technique what covers it, what is tested and what was seen", async () => {
    const answer = await ask("ttp.matrix", {});
    const column = answer.ok ? answer.value.tactics.find(({ id }) => id === "TA0006") : undefined;
    const cell = column?.techniques.find(({ id }) => id === "T1110");
    expect(cell).toMatchObject({ rules: 1, enabled: 1, tested: 0, seen: 1, lastSeenAt: "2026-02-01T12:10:00.000Z" });
    expect(cell?.subTechniques.find(({ id }) => id === "T1110.001")).toMatchObject({ rules: 1, seen: 2 });
    const ics = await ask("ttp.matrix", { query: { domain: "ics-attack" } });
    expect(ics).toMatchObject({ value: { domain: "ics-attack", domains: ["enterprise-attack", "ics-attack"] } });
    expect(await ask("ttp.matrix", { query: { domain: "mobile-attack" } })).toMatchObject({ ok: false });
  });

  describe("exports", () => {
    const handlers = () => ttpExportHandlers({ database: database.db, clock: systemClock, rules: () => pack, ladder });
    const none = undefined as never;

    test("a layer is of everybody or of one, and of one domain", async () => {
      const all = await handlers()["ttp.exportNavigator"](
        { params: none, body: none, query: { score: "count" } },
        none,
      );
      expect(all).toMatchObject({
        value: {
          name: "Tyr: everybody",
          techniques: [{ techniqueID: "T1110.001", score: 2, comment: expect.stringContaining("Passwords") }, {}, {}],
        },
      });
      const one = await handlers()["ttp.exportNavigatorOf"](
        {
          params: { scope: "attacker", id: OBSERVATION },
          body: none,
          query: { domain: "ics-attack", release: "18.1" },
        },
        none,
      );
      expect(one).toMatchObject({ value: { domain: "ics-attack", techniques: [{ techniqueID: "T0801" }] } });
      const of = { scope: "campaign", id: "other" } as const;
      expect(await handlers()["ttp.exportNavigatorOf"]({ params: of, body: none, query: {} }, none)).toMatchObject({
        value: { name: "Tyr: campaign other", techniques: [] },
      });
    });

    test("a STIX bundle of a campaign has its identities; what does not fit is counted", async () => {
      const of = { scope: "campaign", id: "cmp" } as const;
      const query = { limit: 3 };
      const answer = await handlers()["ttp.exportStixOf"]({ params: of, body: none, query }, none);
      const { objects } = answer.ok
        ? (answer.value as { objects: { type: string; content?: string }[] })
        : { objects: [] };
      const types = objects.map(({ type }) => type);
      expect(types.filter((type) => type === "sighting")).toHaveLength(3);
      expect(types).toContain("intrusion-set");
      expect(objects.find(({ type }) => type === "note")?.content).toContain("1 more");
    });

    test("a MISP event of everybody has every address once", async () => {
      const answer = await handlers()["ttp.exportMisp"]({ params: none, body: none, query: {} }, none);
      const { Event } = answer.ok
        ? (answer.value as { Event: { Attribute: { value: string }[] } })
        : { Event: undefined };
      expect(Event?.Attribute.map(({ value }) => value).toSorted()).toEqual(["2001:db8::1", "203.0.113.7"]);
    });

    test("an attacker that is no address is refused", async () => {
      const of = { scope: "attacker", id: "nobody" } as const;
      const answer = await handlers()["ttp.exportMispOf"]({ params: of, body: none, query: {} }, none);
      expect(answer).toMatchObject({ refusal: { code: "VALIDATION_FAILED" } });
    });
  });
});
