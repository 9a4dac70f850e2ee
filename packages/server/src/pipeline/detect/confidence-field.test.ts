import type { EventId } from "@tyr/contract";
import { expect, test } from "vitest";
import { createEvaluator } from "./evaluate.ts";
import { buildRulePack } from "./rule-pack.ts";

const rule = (more: string) => `
title: Said by a provider
id: 33333333-3333-4333-8333-333333333333
level: medium
tags: [attack.credential-access, attack.t1110]
logsource: { category: intel }
detection: { s: { intel.provider: abuseipdb }, condition: s }
tyr: { confidence: 0.85${more} }
`;
const pack = buildRulePack([{ path: "a.yml", text: rule(", confidence_field: intel.score") }]);

/** Confidence of the tags of each finding an event with this score leads to. */
function foundWith(score: unknown, rules = pack): readonly (readonly number[])[] {
  const at = new Date("2026-02-01T10:00:00Z");
  const event = {
    id: "evt_1" as EventId,
    time: at,
    observedAt: at,
    kind: "intel",
    src: { ip: "203.0.113.7", port: null },
    user: null,
    sensorId: "snr_1",
    logsource: { category: "intel" },
    fields: { "intel.provider": "abuseipdb", "intel.score": score },
    ecs: {},
    raw: "{}",
  } as const;
  return createEvaluator(rules)
    .evaluate(event)
    .map(({ tags }) => tags.map(({ confidence }) => confidence));
}

test("how sure a provider is lowers how sure the rule is, and never raises it", () => {
  expect(foundWith(0.95)).toEqual([[0.85 * 0.95]]);
  expect(foundWith(1)).toEqual([[0.85]]);
  expect(foundWith(7)).toEqual([[0.85]]);
});

test("a provider that is hardly sure, or says no number, is no finding: nothing raises a risk by it", () => {
  for (const score of [0.3, 0.05, 0, -1, Number.NaN, "0.9", undefined, null]) expect(foundWith(score)).toEqual([]);
});

test("so it is where the rule names no technique, and nothing of a correlation that counts such findings", () => {
  const untagged = buildRulePack([
    { path: "a.yml", text: rule(", confidence_field: intel.score").replace(/^tags: .*$/m, "name: said") },
    {
      path: "b.yml",
      text: `
title: Said once
id: 44444444-4444-4444-8444-444444444444
correlation: { type: event_count, rules: [said], group-by: [intel.provider], timespan: 1h, condition: { gte: 1 }, generate: true }
`,
    },
  ]);
  expect(untagged.rejected).toEqual([]);
  expect(foundWith(0.9, untagged)).toHaveLength(2);
  expect(foundWith(0.05, untagged)).toEqual([]);
});

test("a rule that counts on no number is a finding whatever the event says of itself", () => {
  expect(foundWith(0.05, buildRulePack([{ path: "a.yml", text: rule("") }]))).toEqual([[0.85]]);
});

test("a field that cannot be one refuses the rule", () => {
  const built = buildRulePack([{ path: "a.yml", text: rule(", confidence_field: [a]") }]);
  expect(built.rejected.map(({ code }) => code)).toEqual(["extension-invalid"]);
});
