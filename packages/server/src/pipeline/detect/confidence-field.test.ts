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

/** Confidence of the tags an event with this score makes. */
function confidenceWith(score: unknown): readonly number[] {
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
  return createEvaluator(pack)
    .evaluate(event)
    .flatMap(({ tags }) => tags.map(({ confidence }) => confidence));
}

test("how sure a provider is lowers how sure the rule is, and never raises it", () => {
  expect(confidenceWith(0.95)).toEqual([0.85 * 0.95]);
  expect(confidenceWith(1)).toEqual([0.85]);
  expect(confidenceWith(7)).toEqual([0.85]);
});

test("a provider that is hardly sure, or says no number, makes no tag", () => {
  for (const score of [0.3, 0, -1, Number.NaN, "0.9", undefined, null]) expect(confidenceWith(score)).toEqual([]);
});

test("a field that cannot be one refuses the rule", () => {
  const built = buildRulePack([{ path: "a.yml", text: rule(", confidence_field: [a]") }]);
  expect(built.rejected.map(({ code }) => code)).toEqual(["extension-invalid"]);
});
