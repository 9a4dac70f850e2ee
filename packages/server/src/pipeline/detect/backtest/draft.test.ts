import { SETTINGS_AS_SHIPPED } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { buildRulePack } from "../rule-pack.ts";
import { createCostCheck } from "./cost.ts";
import { readDraft } from "./draft.ts";

const inForce = buildRulePack([]);
const document = (at: number, expressions: readonly string[]) => `---
title: x
id: ${String(at).padStart(8, "0")}-1111-4111-8111-111111111111
logsource: { category: command }
detection:
  s:
    process.command_line|re:
${expressions.map((one) => `    - '${one}'`).join("\n")}
  condition: s
`;
const many = (expression: string, count: number, documents: number) =>
  Array.from({ length: documents }, (_, at) =>
    document(
      at,
      Array.from({ length: count }, () => expression),
    ),
  ).join("");

describe("a draft made to bring the server to a stand", () => {
  test.each([
    ["optional letters by the thousand", many("(a?){1000}", 60, 10)],
    ["repetitions of repetitions, 16 rules of them", many("((a?){30}){30}", 40, 16)],
    ["expressions that are bearable one by one", many("a{1000}", 2, 8)],
    ["very many small ones", many("ab?c", 20, 8)],
  ])("by %s is refused before it is compiled, with its place and what to do", (_, text) => {
    const began = performance.now();
    const read = readDraft(text, inForce);
    expect(read).toMatchObject({
      ok: false,
      refusal: {
        code: "VALIDATION_FAILED",
        detail: expect.stringMatching(/^body\/text:\d+:\d+: .*the limit is/) as unknown,
      },
    });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test("leaves out an event whose length it would take too long over, and goes on with others", () => {
    const read = readDraft(many(String.raw`(\pL|\pN|a){250}[0-9]x?`, 1, 3), inForce);
    if (!read.ok) throw new Error(read.refusal.detail);
    const isTooCostly = createCostCheck(read.value.pack);
    const event = (length: number) => ({ raw: "x", fields: {}, ecs: { "process.command_line": "a".repeat(length) } });
    expect([event(65_536), event(30_000), event(200)].map(isTooCostly)).toEqual([true, true, false]);
  });

  test("costs nothing to speak of without regular expressions, however long the event", () => {
    const text = document(1, ["x"]).replace("|re", "|contains");
    const read = readDraft(text, inForce);
    if (!read.ok) throw new Error(read.refusal.detail);
    expect(createCostCheck(read.value.pack)({ raw: "a".repeat(1_000_000), fields: {}, ecs: {} })).toBe(false);
  });
});

test("a draft goes by the limits people set, as the rule in force it is compared with does", () => {
  const text = `title: Refused
id: 11111111-1111-4111-8111-111111111111
name: refused
logsource: { category: authentication }
detection: { s: { event.outcome: failure }, condition: s }
---
title: Many
id: 22222222-2222-4222-8222-222222222222
correlation: { type: event_count, rules: [refused], group-by: [source.ip], timespan: 1m, condition: { gt: 5 } }
tyr: { setting: max_failed_logins_per_minute }
`;
  const limits = { ...SETTINGS_AS_SHIPPED, maxFailedLoginsPerMinute: 3 };
  const read = readDraft(text, buildRulePack([], { limits }));
  if (!read.ok) throw new Error(read.refusal.detail);
  const [correlation] = read.value.pack.ruleSet.correlations;
  expect(correlation?.correlation.condition).toMatchObject({ comparisons: [{ operator: "gt", operand: 3 }] });
});
