import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { silentLogger } from "#platform/log";
import { createTopicBus } from "./topic-bus.ts";
import {
  deliveryOf,
  type Envelope,
  familyOf,
  isOfFamily,
  isTopicPattern,
  isTopicSegment,
  matchesTopic,
  TOPIC_FAMILIES,
  topicOf,
} from "./topics.ts";

const at = new Date("2026-11-22T12:00:00.500Z");
const clock = { now: () => at };
const observed = {
  observation_id: "atk_5c6f6f3e-0000-5000-8000-000000000000",
  attacker_ip: "203.0.113.7",
  first_seen_at: at.toISOString(),
} as const;

test("the topics of this stage have exactly the documented names", () => {
  expect(TOPIC_FAMILIES).toEqual([
    "attacker.observed",
    "attacker.scored",
    "attacker.fingerprinted",
    "attacker.session.started",
    "attacker.session.ended",
    "attacker.intel.enriched",
    "identity.formed",
    "identity.observation.linked",
    "identity.merged",
    "identity.unmerged",
    "identity.campaign.assigned",
    "campaign.formed",
    "campaign.identity.assigned",
    "campaign.merged",
    "campaign.unmerged",
    "attribution.profile.state_changed",
    "attribution.profile.multi_actor_suspected",
    "credential.captured",
    "credential.reuse.detected",
    "canary.*.triggered",
    "email.received",
    "ttp.tagged",
    "ttp.rule.fired.*",
    "ttp.rule.suppressed",
    "ttp.rule.reloaded.*",
    "ttp.rule.state.*",
    "approval.*",
  ]);
});

test("docs/reference/topics.md lists each of them, with how it is delivered", () => {
  const page = readFileSync(new URL("../../../../../docs/reference/topics.md", import.meta.url), "utf8");
  const [told = ""] = page.split("## Topics of other systems");
  const rows = [...told.matchAll(/^\| `([^`]+)` \| ([a-z ]+) \| \S/gm)].map(([, name, delivery]) => [name, delivery]);
  const word = { durable: "at least once", "best-effort": "best effort" } as const;
  expect(rows).toEqual(TOPIC_FAMILIES.map((family) => [family, word[deliveryOf(family)]]));
});

test("a builder fills in the segment its family asks for", () => {
  expect(topicOf("attacker.session.ended")).toBe("attacker.session.ended");
  expect(topicOf("ttp.rule.fired.*", "T1110")).toBe("ttp.rule.fired.T1110");
  expect(topicOf("canary.*.triggered", "tok_1")).toBe("canary.tok_1.triggered");
});

test.each(["", "T1110.003", "*", ">", "a b", "a\tb", "a\nb", "a\u00a0b", "a\0b", "x".repeat(129)])(
  "%j is no segment of a topic, so an attacker cannot choose where a message goes",
  (segment) => {
    expect(isTopicSegment(segment)).toBe(false);
    expect(() => topicOf("canary.*.triggered", segment)).toThrow(TypeError);
  },
);

test("a builder refuses too few and too many segments even where the compiler was got round", () => {
  const unchecked = topicOf as unknown as (family: string, ...segments: string[]) => string;
  expect(() => unchecked("canary.*.triggered")).toThrow(TypeError);
  expect(() => unchecked("ttp.tagged", "more")).toThrow(TypeError);
});

test.each([
  ["a.b", "a.b", true],
  ["a.b", "a.c", false],
  ["a.*", "a.b", true],
  ["a.*", "a.b.c", false],
  ["a.*", "a", false],
  ["*.b", "a.b", true],
  ["a.>", "a.b", true],
  ["a.>", "a.b.c", true],
  ["a.>", "a", false],
  [">", "a", true],
  ["a.>.c", "a.b.c", false],
  ["canary.*.triggered", "canary.t1.placed", false],
])("the pattern %s and the topic %s: %s", (pattern, topic, matches) => {
  expect(matchesTopic(pattern, topic)).toBe(matches);
});

test("patterns one may ask for are segments, wildcards for one, and one for the rest at the end", () => {
  for (const pattern of [">", "*", "a.b", "a.*.c", "a.>"])
    expect([pattern, isTopicPattern(pattern)]).toEqual([pattern, true]);
  for (const pattern of ["", ".", "a.", "a.>.b", "a b", "a.b*", "a.\n"])
    expect([pattern, isTopicPattern(pattern)]).toEqual([pattern, false]);
});

test("a topic is parsed exactly: what sounds alike is of no family", () => {
  expect(familyOf("canary.t1.triggered")).toBe("canary.*.triggered");
  for (const topic of [
    "canary.t1.placed",
    "canary.t1.revoked",
    "canary.triggered",
    "canary.*.triggered",
    "x.ttp.tagged",
  ])
    expect(familyOf(topic)).toBeUndefined();
});

test("a message goes to those who asked for its topic, with version, time and its family as the type", () => {
  const bus = createTopicBus({ clock, log: silentLogger });
  const got: Envelope[] = [];
  bus.subscribe("attacker.>", (message) => got.push(message));
  bus.subscribe("identity.>", () => expect.unreachable());
  bus.publish("attacker.observed", { payload: observed });
  expect(got).toEqual([
    {
      v: 1,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      topic: "attacker.observed",
      type: "attacker.observed",
      ts: 1_795_348_800.5,
      payload: observed,
    },
  ]);
});

test("the kind of a fingerprint rides in the type", () => {
  const bus = createTopicBus({ clock, log: silentLogger });
  const types: string[] = [];
  bus.subscribe("attacker.fingerprinted", ({ type }) => types.push(type));
  const payload = { ...observed, event_id: "evt_1" as const, fingerprint: "hash" };
  bus.publish("attacker.fingerprinted", { type: "hassh", payload });
  expect(types).toEqual(["hassh"]);
});

test("the topic is where a message was sent, whatever its payload claims", () => {
  const bus = createTopicBus({ clock, log: silentLogger });
  const got: Envelope[] = [];
  bus.subscribe(">", (message) => got.push(message));
  const claiming = { ...observed, topic: "ttp.tagged" };
  bus.publish("attacker.observed", { payload: claiming });
  expect(got.map(({ topic }) => topic)).toEqual(["attacker.observed"]);
  expect(got.every((message) => isOfFamily(message, "attacker.observed"))).toBe(true);
});

test("a listener that breaks stops neither the others nor the publisher, and one that left hears nothing", () => {
  const bus = createTopicBus({ clock, log: silentLogger });
  let heard = 0;
  bus.subscribe(">", () => {
    throw new Error("broken");
  });
  const leave = bus.subscribe("attacker.observed", () => (heard += 1));
  bus.publish("attacker.observed", { payload: observed });
  leave();
  bus.publish("attacker.observed", { payload: observed });
  expect(heard).toBe(1);
  expect([...bus.published()]).toEqual([["attacker.observed", 2]]);
});
