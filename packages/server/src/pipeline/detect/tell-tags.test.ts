import type { DetectionId, EventId } from "@tyr/contract";
import { beforeEach, expect, test } from "vitest";
import { createTopicBus, type Envelope } from "#platform/bus";
import { systemClock } from "#platform/clock";
import { silentLogger } from "#platform/log";
import { observationIdOf } from "#collect";
import type { NewDetection } from "./detection.ts";
import { makeTag } from "./tag.ts";
import { tellTags } from "./tell-tags.ts";

const topics = createTopicBus({ clock: systemClock, log: silentLogger });
const heard: Envelope[] = [];
topics.subscribe("ttp.>", (envelope) => void heard.push(envelope));
beforeEach(() => void (heard.length = 0));

function tagged(observation: string, techniques: readonly string[]): NewDetection {
  const tags = techniques.map((id) =>
    makeTag({
      ruleId: "r",
      ruleVersion: "1",
      sourceKind: "command",
      sourceId: `evt_${observation}` as EventId,
      technique: id.slice(0, 5),
      subTechnique: id.includes(".") ? id : null,
      tactic: "execution",
      confidence: 0.9,
      evidence: { program: "planted-canary" },
      attackDomain: "enterprise-attack",
      attackRelease: "18.1",
      observation,
      identity: null,
      session: "s1",
    }),
  );
  const about = { id: `det_${observation}` as DetectionId, actorIp: observation, tags };
  return about as unknown as NewDetection;
}

test("what was written is said once for each attacker, techniques sorted, and once for each technique", () => {
  tellTags(topics, [
    tagged("203.0.113.7", ["T1110.003", "T1059"]),
    tagged("203.0.113.7", ["T1110"]),
    tagged("::1", ["T1110"]),
  ]);
  expect(heard.map(({ topic }) => topic)).toEqual([
    "ttp.tagged",
    "ttp.rule.fired.T1110",
    "ttp.rule.fired.T1059",
    "ttp.tagged",
    "ttp.rule.fired.T1110",
  ]);
  expect(heard[0]?.payload).toMatchObject({
    observation_id: observationIdOf("203.0.113.7"),
    identity_id: null,
    session_id: "s1",
    techniques_added: ["T1059", "T1110", "T1110.003"],
  });
  expect(heard[1]?.payload).toMatchObject({ technique_id: "T1110", tag_ids: [expect.any(String), expect.any(String)] });
});

test("findings whose tags were there already say nothing", () => {
  tellTags(topics, [tagged("203.0.113.7", [])]);
  expect(heard).toEqual([]);
});

test("messages name tags and techniques, never what the tags rest on", () => {
  tellTags(topics, [tagged("203.0.113.7", ["T1110"])]);
  expect(JSON.stringify(heard)).not.toContain("planted-canary");
});
