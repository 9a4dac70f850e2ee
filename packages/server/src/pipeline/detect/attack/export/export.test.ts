import { describe, expect, test } from "vitest";
import type { SeenOfAnchor, SeenTechnique } from "../../ttp-store.ts";
import { builtInAttack, releaseOf, type AttackRelease } from "../attack-release.ts";
import { mispEvent } from "./misp-event.ts";
import { navigatorLayer, type LayerRequest, type NavigatorScore } from "./navigator-layer.ts";
import { stixBundle, type StixObject } from "./stix-bundle.ts";

const attack = builtInAttack();
const enterprise = releaseOf(attack, "enterprise-attack") as AttackRelease;
const at = (text: string): Date => new Date(`2026-02-${text}:00:00.000Z`);

const seen = (technique: string, tactic: string, more: Partial<SeenTechnique> = {}): SeenTechnique => ({
  domain: "enterprise-attack",
  technique,
  tactic,
  count: 1,
  firstAt: at("01T10"),
  lastAt: at("01T10"),
  confidenceMax: 0.9,
  rules: ["r1"],
  releases: ["18.1"],
  anchors: [""],
  ...more,
});
const SEEN = [
  seen("T1110", "credential-access", { count: 10_000, lastAt: at("05T10") }),
  seen("T1110.003", "credential-access", { count: 3, rules: ["r1", "r2", "r3"], confidenceMax: 0.7 }),
  seen("T1078", "initial-access", { lastAt: at("03T10") }),
  seen("T1078", "persistence"),
];
const layerOf = (more: Partial<LayerRequest> = {}) =>
  navigatorLayer({
    attack: enterprise,
    release: undefined,
    about: "everybody",
    score: "normalised",
    filters: ["confidence at least 0.6"],
    seen: SEEN,
    ruleTitle: (id) => `Rule ${id}`,
    ...more,
  });

describe("a Navigator layer", () => {
  test("has only properties of the layer format 4.5, each of its type", () => {
    const layer = layerOf();
    const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
      name: isText,
      versions: (value) => keysOf(value).every((key) => ["layer", "navigator", "attack"].includes(key)),
      domain: (value) => ["enterprise-attack", "mobile-attack", "ics-attack"].includes(String(value)),
      description: isText,
      sorting: (value) => [0, 1, 2, 3].includes(Number(value)),
      layout: (value) =>
        keysOf(value).every((key) =>
          ["layout", "aggregateFunction", "showID", "showName", "showAggregateScores", "countUnscored"].includes(key),
        ),
      hideDisabled: (value) => typeof value === "boolean",
      techniques: Array.isArray,
      gradient: isGradient,
      legendItems: Array.isArray,
      metadata: isMetadata,
      links: Array.isArray,
      showTacticRowBackground: (value) => typeof value === "boolean",
      selectTechniquesAcrossTactics: (value) => typeof value === "boolean",
      selectSubtechniquesWithParent: (value) => typeof value === "boolean",
    };
    for (const [key, value] of Object.entries(layer)) expect([key, kinds[key]?.(value)]).toEqual([key, true]);
    expect(layer.versions).toEqual({ layer: "4.5", navigator: "5.1.0", attack: "18" });
    for (const one of layer.techniques) {
      expect(one.techniqueID).toMatch(/^T\d{4}(\.\d{3})?$/);
      expect(Object.keys(enterprise.tactics)).toContain(one.tactic);
      expect(isMetadata(one.metadata)).toBe(true);
      const allowed = "techniqueID tactic comment enabled score color metadata links showSubtechniques".split(" ");
      expect(Object.keys(one).filter((key) => !allowed.includes(key))).toEqual([]);
    }
  });

  test("has one entry per technique and tactic, sub-techniques by their own id, and opens their parents", () => {
    const { techniques } = layerOf();
    expect(techniques.map(({ techniqueID, tactic }) => `${techniqueID} ${tactic}`)).toEqual([
      "T1110 credential-access",
      "T1110.003 credential-access",
      "T1078 initial-access",
      "T1078 persistence",
    ]);
    expect(techniques.map(({ showSubtechniques }) => showSubtechniques)).toEqual([true, false, false, false]);
    expect(techniques[1]?.comment).toBe("3 times, last 2026-02-01T10:00:00.000Z; rules: Rule r1, Rule r2, Rule r3");
  });

  test.each([
    ["count", [10_000, 3, 1, 1], 10_000],
    ["normalised", [100, 15.1, 7.5, 7.5], 100],
    ["confidence", [90, 70, 90, 90], 100],
    ["rules", [1, 3, 1, 1], 3],
    ["recency", [100, 96, 98, 96], 100],
  ] as const)("is scored by %s", (score: NavigatorScore, scores, most) => {
    const layer = layerOf({ score });
    expect(layer.techniques.map((one) => one.score)).toEqual(scores);
    expect(layer.gradient.maxValue).toBe(most);
    expect(layer.metadata.find(({ name }) => name === "score")?.value).not.toBe("");
  });

  test("leaves out what the release does not have, and says so; empty, it is a layer all the same", () => {
    const layer = layerOf({ seen: [...SEEN, seen("T9999", "impact"), seen("T1110", "impact")] });
    expect(layer.techniques).toHaveLength(4);
    expect(layer.description).toContain("2 that ATT&CK 18.1 does not have are left out");
    expect(layerOf({ seen: [] })).toMatchObject({ techniques: [], gradient: { minValue: 0, maxValue: 100 } });
  });

  test("of one release says that one, and keeps domains apart", () => {
    expect(layerOf({ release: "17.1" }).versions.attack).toBe("17");
    expect(layerOf({ seen: [seen("T0801", "collection", { domain: "ics-attack" })] }).techniques).toEqual([]);
  });
});

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const keysOf = (value: unknown): readonly string[] => Object.keys(value as object);
const isMetadata = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((one: object) => Object.values(one).every(isText) && keysOf(one).join() === "name,value");
function isGradient(value: unknown): boolean {
  const { colors, minValue, maxValue } = value as { colors: string[]; minValue: number; maxValue: number };
  return colors.length > 1 && colors.every((color) => /^#[0-9a-f]{6}$/.test(color)) && minValue < maxValue;
}

const IDENTITY = "idn_00000000-0000-5000-8000-000000000001";
const pair = (anchor: string, technique: string, count = 1): SeenOfAnchor => ({
  anchor,
  domain: technique.startsWith("T0") ? "ics-attack" : "enterprise-attack",
  technique,
  count,
  firstAt: at("01T10"),
  lastAt: at("02T10"),
});
const PAIRS = [
  pair("198.51.100.3", "T1110.003", 5),
  pair("198.51.100.3", "T1046"),
  pair("2001:db8::1", "T1110.003"),
  pair("203.0.113.9", "T0801"),
  pair(IDENTITY, "T1110.004"),
];
const identities = new Map([[IDENTITY, [IDENTITY, "198.51.100.3", "2001:db8::1"]]]);
const bundle = stixBundle({ attack, seen: PAIRS, left: 7, identities });
const ofType = (type: string): readonly StixObject[] => bundle.objects.filter((one) => one.type === type);

/** What the specification requires of each type we write (STIX 2.1, OASIS Standard, 3.2 and the type's own section). */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  identity: ["created", "modified", "name"],
  "ipv4-addr": ["value"],
  "ipv6-addr": ["value"],
  "observed-data": ["created", "modified", "first_observed", "last_observed", "number_observed", "object_refs"],
  "attack-pattern": ["created", "modified", "name"],
  "intrusion-set": ["created", "modified", "name"],
  relationship: ["created", "modified", "relationship_type", "source_ref", "target_ref"],
  sighting: ["created", "modified", "sighting_of_ref"],
  "marking-definition": ["created", "definition_type", "definition"],
  note: ["created", "modified", "content", "object_refs"],
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

describe("a STIX 2.1 bundle", () => {
  test("holds only types we know the rules of, with their required properties, version and ids", () => {
    expect(bundle.id).toMatch(/^bundle--/);
    for (const object of bundle.objects) {
      const [type, uuid = ""] = object.id.split("--");
      expect([type, UUID.test(uuid), object["spec_version"]]).toEqual([object.type, true, "2.1"]);
      const missing = REQUIRED[object.type]?.filter((key) => object[key] === undefined);
      expect([object.type, missing]).toEqual([object.type, []]);
    }
    expect(new Set(bundle.objects.map(({ id }) => id)).size).toBe(bundle.objects.length);
  });

  test("has instants in UTC, none modified before it was created, none seen last before first", () => {
    for (const object of bundle.objects) {
      const instants = Object.entries(object).filter(([name]) => /^(created|modified|(first|last)_.*)$/.test(name));
      for (const [, value] of instants) expect(value).toMatch(INSTANT);
      expect(areInOrder(object["created"], object["modified"])).toBe(true);
      expect(areInOrder(object["first_seen"], object["last_seen"])).toBe(true);
    }
  });

  test("every reference resolves, to a type it may point to", () => {
    const types = new Map(bundle.objects.map(({ id, type }) => [id, type]));
    const targets: Readonly<Record<string, readonly string[]>> = {
      created_by_ref: ["identity"],
      object_refs: ["ipv4-addr", "ipv6-addr", "identity"],
      sighting_of_ref: ["attack-pattern"],
      observed_data_refs: ["observed-data"],
      where_sighted_refs: ["identity"],
      source_ref: ["intrusion-set"],
      target_ref: ["attack-pattern"],
      object_marking_refs: ["marking-definition"],
    };
    for (const object of bundle.objects)
      for (const [name, value] of Object.entries(object).filter(([key]) => /_refs?$/.test(key)))
        for (const ref of [value].flat()) expect([name, types.get(String(ref))]).toEqual([name, oneOf(targets[name])]);
  });

  test("addresses have the ids the specification gives them, in both families", () => {
    // The first is an example of the specification (2.9); other producers derive both alike.
    expect(ofType("ipv4-addr")[0]?.id).toBe("ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    expect(ofType("ipv6-addr")[0]).toMatchObject({
      id: "ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26",
      value: "2001:db8::1",
    });
  });

  test("attack-patterns are MITRE's, with MITRE's copyright", () => {
    const guess = ofType("attack-pattern").find((one) => JSON.stringify(one).includes('"T1110.003"'));
    expect(guess?.id).toBe(enterprise.techniques["T1110.003"]?.[2]);
    expect(ofType("marking-definition")[0]?.["definition"]).toEqual({ statement: enterprise.notice });
    const ics = ofType("attack-pattern").find((one) => JSON.stringify(one).includes('"T0801"'));
    expect(ics?.["kill_chain_phases"]).toEqual([{ kill_chain_name: "mitre-ics-attack", phase_name: "collection" }]);
  });

  test("there is one sighting per technique and observation, with its count", () => {
    expect(ofType("sighting")).toHaveLength(PAIRS.length);
    expect(ofType("sighting")[0]).toMatchObject({ count: 5 });
  });

  test("an identity is an intrusion-set that uses what its addresses did; a single attacker is none", () => {
    expect(ofType("intrusion-set")).toHaveLength(1);
    expect(ofType("relationship")).toHaveLength(3);
    const alone = stixBundle({ attack, seen: PAIRS.slice(0, 2), left: 0, identities: new Map() });
    expect(alone.objects.some(({ type }) => type === "intrusion-set" || type === "note")).toBe(false);
  });

  test("what was left out is said; the same tags make the same bundle; none make an empty one", () => {
    expect(ofType("note")[0]?.["content"]).toContain("7 more pairs");
    expect(stixBundle({ attack, seen: PAIRS, left: 7, identities })).toEqual(bundle);
    expect(stixBundle({ attack, seen: [], left: 0, identities }).objects.map(({ type }) => type)).toEqual(["identity"]);
  });

  test("a technique the release does not have is observed, but no sighting of anything", () => {
    const { objects } = stixBundle({ attack, seen: [pair("198.51.100.3", "T9999")], left: 0, identities: new Map() });
    expect(objects.map(({ type }) => type)).toEqual(["identity", "ipv4-addr", "observed-data"]);
  });
});

function areInOrder(first: unknown, last: unknown): boolean {
  return typeof first !== "string" || typeof last !== "string" || first <= last;
}

function oneOf(allowed: readonly string[] | undefined): unknown {
  return expect.toSatisfy((type: string) => allowed?.includes(type) === true);
}

describe("a MISP event", () => {
  const { Event: event } = mispEvent({ attack, about: "campaign x", seen: PAIRS, left: 2, now: at("03T10") });

  test("has what MISP asks of an event, as text where MISP has text", () => {
    expect(event).toMatchObject({
      uuid: expect.stringMatching(UUID),
      info: "Tyr: ATT&CK techniques of campaign x; 2 more pairs of technique and address are left out",
      date: "2026-02-02",
      timestamp: "1770026400",
      threat_level_id: "4",
      analysis: "1",
      distribution: "0",
      published: false,
    });
  });

  test("keeps the name of a loaded technique inside its tag, whatever the name holds", () => {
    const named = { ...enterprise.techniques, T1110: ['<b>"\\, { x', ["credential-access"], "", "", ""] as const };
    const loaded = [{ ...enterprise, techniques: named }];
    const [pair] = PAIRS;
    const own = pair === undefined ? [] : [{ ...pair, technique: "T1110" }];
    const { Event: hostile } = mispEvent({ attack: loaded, about: "x", seen: own, left: 0, now: at("03T10") });
    expect(hostile["Tag"]).toMatchObject([{ name: `misp-galaxy:mitre-attack-pattern="<b>'', { x - T1110"` }]);
  });

  test("has an attribute per address, with the techniques as galaxy tags", () => {
    expect(event["Attribute"]).toHaveLength(3);
    expect(event["Attribute"]).toMatchObject([
      {
        type: "ip-src",
        category: "Network activity",
        value: "198.51.100.3",
        uuid: expect.stringMatching(UUID),
        first_seen: "2026-02-01T10:00:00.000Z",
        last_seen: "2026-02-02T10:00:00.000Z",
        Tag: [
          { name: 'misp-galaxy:mitre-attack-pattern="Network Service Discovery - T1046"' },
          { name: 'misp-galaxy:mitre-attack-pattern="Password Spraying - T1110.003"' },
        ],
      },
      { value: "2001:db8::1" },
      { Tag: [{ name: 'misp-galaxy:mitre-ics-techniques="Monitor Process State - T0801"' }] },
    ]);
  });

  test("of nothing is an event of today without attributes", () => {
    const empty = mispEvent({ attack, about: "everybody", seen: [], left: 0, now: at("03T10") }).Event;
    expect(empty).toMatchObject({ date: "2026-02-03", Attribute: [], Tag: [] });
  });
});
