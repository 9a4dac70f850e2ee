import { describe, expect, test } from "vitest";
import { buildRulePack } from "./rule-pack.ts";

const ID = "11111111-2222-4333-8444-555555555555";
const OTHER = "22222222-2222-4333-8444-555555555555";

function rule(changes: Readonly<Record<string, string>> = {}): string {
  const lines = {
    title: "title: A rule",
    id: `id: ${ID}`,
    name: "name: a_rule",
    level: "level: high",
    tags: "tags: [attack.credential-access, attack.t1110]",
    logsource: "logsource: { category: authentication }",
    detection: "detection: { selection: { event.outcome: failure }, condition: selection }",
    tyr: "tyr: { risk_points: 40, evidence: [username] }",
    ...changes,
  };
  return Object.values(lines).join("\n");
}
const correlation = `
title: Many
id: ${OTHER}
level: high
correlation: { type: event_count, rules: [a_rule], group-by: [source.ip], timespan: 5m, condition: { gte: 3 } }
tyr: { evidence: [event_count] }
`;
const pack = (...texts: string[]) => buildRulePack(texts.map((text, index) => ({ path: `${index}.yml`, text })));

describe("a rule pack", () => {
  test("knows of each rule what Sigma does not say", () => {
    expect(pack(rule()).rules.get(ID)).toMatchObject({
      severity: "high",
      riskPoints: 40,
      confidence: 0.7,
      evidence: ["username"],
      techniques: [{ technique: "T1110", subTechnique: null, tactic: "credential-access" }],
      version: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
  });

  test.each([
    ["without an id", { id: "" }, "id-missing"],
    ["with a misspelt key", { tyr: "tyr: { risk_point: 40 }" }, "extension-invalid"],
    ["with points beyond 100", { tyr: "tyr: { risk_points: 101 }" }, "extension-invalid"],
    ["with a confidence beyond 1", { tyr: "tyr: { confidence: 1.1 }" }, "extension-invalid"],
    ["with a phrase of two lines", { tyr: 'tyr: { phrase: "a\\nb" }' }, "extension-invalid"],
    ["with a false tactic", { tags: "tags: [attack.impact, attack.t1110]" }, "attack-invalid"],
    ["with a technique that is none", { tags: "tags: [attack.t9999]" }, "attack-invalid"],
    ["that asks for a password as evidence", { tyr: "tyr: { evidence: [password] }" }, "evidence-undeclared"],
    ["that asks for another kind's evidence", { tyr: "tyr: { evidence: [http_method] }" }, "evidence-undeclared"],
  ])("refuses a rule %s, and the correlation that needs it, and says where", (_, changes, code) => {
    const { rejected, rules } = pack(rule(changes), correlation);
    expect(rejected).toMatchObject([{ path: "0.yml", line: 1, code }, { path: "1.yml" }]);
    expect(rules.size).toBe(0);
  });

  test("a bad rule stops no other", () => {
    const good = rule({ id: `id: ${OTHER}`, name: "name: b_rule" });
    const { rejected, rules } = pack("title: [", rule({ tyr: "tyr: 7" }), good);
    expect(rejected).toHaveLength(2);
    expect([...rules.keys()]).toEqual([OTHER]);
  });

  test("a rule is another version when its text changes, whatever stands around it", () => {
    const alone = pack(rule()).rules.get(ID)?.version;
    const among = buildRulePack([{ path: "x.yml", text: `${rule()}\n---\n${correlation}` }]).rules.get(ID)?.version;
    expect(among).toBe(alone);
    expect(pack(rule({ level: "level: low" })).rules.get(ID)?.version).not.toBe(alone);
  });

  test("windows of a correlation go on only while it and the rules it counts are the same", () => {
    const before = pack(rule(), correlation).rules.get(OTHER);
    const same = pack(rule(), correlation).rules.get(OTHER);
    const after = pack(rule({ detection: "detection: { s: { event.outcome: success }, condition: s }" }), correlation);
    expect(same?.stateDigest).toBe(before?.stateDigest);
    expect(after.rules.get(OTHER)?.version).toBe(before?.version);
    expect(after.rules.get(OTHER)?.stateDigest).not.toBe(before?.stateDigest);
  });
});
