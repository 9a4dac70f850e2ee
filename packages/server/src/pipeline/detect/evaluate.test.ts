import { fileURLToPath } from "node:url";
import type { EventId } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import type { NormalisedEvent } from "#collect";
import { createDroppedTags } from "./dropped-tags.ts";
import { createEvaluator, type EvaluatedEvent } from "./evaluate.ts";
import { keyedHash } from "./lift/keyed-hash.ts";
import { buildRulePack, loadRulePack } from "./rule-pack.ts";
import type { AppliedStates } from "./rules/rule-state.ts";
import { setAside } from "./rules/set-aside.ts";

const FAILED = "11111111-1111-4111-8111-111111111111";
const MANY = "22222222-2222-4222-8222-222222222222";
const pack = buildRulePack([
  {
    path: "rules.yml",
    text: `
title: Root refused
id: ${FAILED}
name: failed
level: low
tags: [attack.credential-access, attack.t1110.001]
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
tyr: { confidence: { T1110.001: 0.2 }, phrase: "tried {user}", evidence: [username] }
---
title: Guessing
id: ${MANY}
level: high
tags: [attack.credential-access, attack.t1110]
correlation:
  { type: event_count, rules: [failed], group-by: [source.ip], timespan: 5m, condition: { gte: 3 }, generate: true }
tyr: { risk_points: 40, phrase: guessed passwords, evidence: [event_count] }
`,
  },
]);

const IP = "203.0.113.7";
function failure(second: number, changes: Partial<NormalisedEvent & EvaluatedEvent> = {}): EvaluatedEvent {
  const time = new Date(Date.UTC(2026, 1, 1, 10, 0, second));
  return {
    id: `evt_${second}` as EventId,
    time,
    observedAt: time,
    kind: "auth_attempt",
    src: { ip: IP, port: 4000 },
    user: "root",
    sensorId: "snr_1",
    logsource: { category: "authentication", product: "linux", service: "sshd" },
    fields: {},
    ecs: { "event.outcome": "failure", "source.ip": IP, "user.name": "root", "sensor.name": "gate" },
    raw: "Failed password for root",
    ...changes,
  };
}
const evaluateAll = (events: readonly EvaluatedEvent[]) => {
  const evaluator = createEvaluator(pack);
  return events.flatMap((event) => evaluator.evaluate(event));
};

describe("evaluating events", () => {
  test("a match is a finding about its event; a correlation one about its window", () => {
    const found = evaluateAll([failure(0), failure(5), failure(9)]);
    expect(found.map(({ ruleId }) => ruleId)).toEqual([FAILED, FAILED, FAILED, MANY]);
    expect(found[0]).toMatchObject({
      actorIp: IP,
      user: "root",
      sensorName: "gate",
      severity: "low",
      riskPoints: 5,
      phrase: "tried root",
      correlation: false,
      eventIds: ["evt_0"],
      eventCount: 1,
    });
    expect(found[3]).toMatchObject({
      actorIp: IP,
      user: null,
      severity: "high",
      riskPoints: 40,
      phrase: "guessed passwords",
      correlation: true,
      groupKey: { "source.ip": IP },
      eventIds: ["evt_0", "evt_5", "evt_9"],
      eventCount: 3,
      firstEventAt: new Date("2026-02-01T10:00:00.000Z"),
      lastEventAt: new Date("2026-02-01T10:00:09.000Z"),
    });
  });

  test("a tag below the floor of confidence is dropped; others say what they rest on", () => {
    const found = evaluateAll([failure(0), failure(5), failure(9)]);
    expect(found[0]?.tags).toEqual([]);
    expect(found[3]?.tags).toMatchObject([
      {
        technique: "T1110",
        subTechnique: null,
        tactic: "credential-access",
        confidence: 0.7,
        evidence: { event_count: 3 },
        attackDomain: "enterprise-attack",
        attackRelease: pack.attack[0]?.release,
        sourceKind: "auth_attempt",
        sourceId: "evt_9",
      },
    ]);
  });

  test("finding the same again gives the same ids", () => {
    const ids = () => evaluateAll([failure(0), failure(5), failure(9)]).map(({ id }) => id);
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(4);
  });

  test("without a source address there is a finding, but no tag: nothing to hang it on", () => {
    const [found] = evaluateAll([failure(0, { src: null })]);
    expect(found).toMatchObject({ actorIp: null, tags: [] });
  });

  test("a clock far ahead does not push the windows of others away", () => {
    const ahead = failure(6, { time: new Date("2031-01-01T00:00:00.000Z") });
    const found = evaluateAll([failure(0), failure(5), ahead, failure(9), failure(10)]);
    expect(found.filter(({ ruleId }) => ruleId === MANY)).toHaveLength(1);
    expect(found.every(({ time }) => time.getUTCFullYear() === 2026)).toBe(true);
  });

  test("what the source named cannot stand in for an alias", () => {
    const forged = failure(0, {
      fields: { "event.outcome": "failure" },
      ecs: { "event.outcome": "success", "source.ip": IP },
    });
    expect(evaluateAll([forged])).toEqual([]);
  });

  test("an account name an attacker chose shows its control characters", () => {
    const [found] = evaluateAll([failure(0, { user: "\u202Etoor\u0007" })]);
    expect(found?.phrase).toBe("tried \\u{202e}toor\\u{7}");
  });

  test("a flood of late events of one attacker does not bring the bundled pack to a stand", () => {
    const rules = loadRulePack(fileURLToPath(new URL("../../../../../rules", import.meta.url)));
    const evaluator = createEvaluator(rules);
    const ecs = { ...failure(0).ecs, "event.kind": "auth_attempt" };
    const at = (index: number) => Date.UTC(2026, 1, 1, 10) + index * 50 - (index % 7 === 0 ? (index % 5) * 24_000 : 0);
    const started = performance.now();
    for (let index = 0; index < 12_000; index += 1) {
      const time = new Date(at(index));
      evaluator.evaluate(failure(0, { id: `evt_${index}` as EventId, time, observedAt: time, ecs }));
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  }, 120_000);
});

describe("what people set of rules", () => {
  const CLIPPED = { state: "clipped" } as const;
  const evaluateWith = (states: AppliedStates, events = [failure(0), failure(5), failure(9)]) => {
    const evaluator = createEvaluator(pack);
    evaluator.apply(states);
    return events.flatMap((event) => evaluator.evaluate(event));
  };
  const disabled = (id: string): AppliedStates => new Map([[id, { state: "disabled", confidenceMax: null }]]);

  test("a disabled rule finds nothing, and feeds no correlation", () => {
    expect(evaluateWith(disabled(FAILED))).toEqual([]);
  });

  test("a disabled correlation finds nothing, and the rule it counts goes on", () => {
    expect(evaluateWith(disabled(MANY)).map(({ ruleId }) => ruleId)).toEqual([FAILED, FAILED, FAILED]);
  });

  test("a ceiling lowers the confidence of tags, never raises it, and the ids of tags stay", () => {
    const tagsAt = (confidenceMax: number) =>
      evaluateWith(new Map([[MANY, { ...CLIPPED, confidenceMax }]])).flatMap(({ tags }) => tags);
    const [whole] = evaluateWith(new Map()).flatMap(({ tags }) => tags);
    expect(whole?.confidence).toBe(0.7);
    expect(tagsAt(0.45)).toMatchObject([{ id: whole?.id, confidence: 0.45 }]);
    expect(tagsAt(0.9)).toMatchObject([{ id: whole?.id, confidence: 0.7 }]);
  });

  test("a ceiling below the floor takes the tags away and leaves the findings", () => {
    const found = evaluateWith(new Map([[MANY, { ...CLIPPED, confidenceMax: 0.29 }]]));
    expect(found.map(({ ruleId, tags }) => [ruleId, tags.length])).toEqual([
      [FAILED, 0],
      [FAILED, 0],
      [FAILED, 0],
      [MANY, 0],
    ]);
  });

  test("tags that are not made for it are counted, by why", () => {
    const dropped = createDroppedTags();
    const evaluator = createEvaluator(pack, undefined, { onDropped: dropped.add });
    evaluator.apply(new Map([[MANY, { ...CLIPPED, confidenceMax: 0.29 }]]));
    for (const second of [0, 5, 9]) evaluator.evaluate(failure(second));
    // The rule itself is sure by 0.2 only.
    expect(dropped.report()).toEqual({ below_floor: 4, rule_disabled: 0 });
    evaluator.apply(disabled(FAILED));
    evaluator.evaluate(failure(12));
    expect(dropped.report()).toEqual({ below_floor: 4, rule_disabled: 1 });
  });

  test("findings of a muted rule are counted once each and set aside; it still feeds what counts it", () => {
    const states: AppliedStates = new Map([[FAILED, { state: "muted", confidenceMax: null }]]);
    const found = evaluateWith(states);
    const { shown, suppressed } = setAside([...found, ...found], states);
    expect(new Set(shown.map(({ ruleId }) => ruleId))).toEqual(new Set([MANY]));
    expect(suppressed).toEqual([{ ruleId: FAILED, detections: 3, lastAt: new Date("2026-02-01T10:00:09.000Z") }]);
  });
});

test("a detection that counted by what somebody typed shows a digest under the key of this installation", () => {
  const text = `
title: Asked
id: ${FAILED}
name: asked
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
---
title: Asked often
id: ${MANY}
correlation:
  { type: event_count, rules: [asked], group-by: [source.ip, api_key], timespan: 5m, condition: { gte: 2 } }
`;
  const hashGroup = keyedHash(Buffer.alloc(32, 7));
  const evaluator = createEvaluator(buildRulePack([{ path: "rules.yml", text }]), undefined, { hashGroup });
  const found = [0, 1].flatMap((second) => evaluator.evaluate(failure(second, { fields: { api_key: "hunter2" } })));
  expect(found.map(({ groupKey }) => groupKey)).toEqual([
    { "source.ip": IP, api_key: `keyed:${hashGroup("group", "hunter2")}` },
  ]);
});
