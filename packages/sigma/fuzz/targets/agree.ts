import { createEngine, evaluate, type RuleSet } from "../../src/index.ts";
import { insist } from "../target.ts";

const sampleEvents: readonly Readonly<Record<string, unknown>>[] = [
  {},
  { Image: "C:\\Windows\\System32\\whoami.exe", CommandLine: "whoami /all", User: "adm_bob", EventID: 4688, a: null },
  {
    kind: "a",
    user: "x",
    list: ["a", 1, null, { deep: "b" }],
    nested: { field: "é–—" },
    SourceIp: "10.1.2.3",
    t: "2026-01-02T03:04:05Z",
  },
];

/** The engine, with and without generated code, and the oracle agree about every rule. */
export function insistOnAgreement(
  ruleSet: Pick<RuleSet, "rules">,
  events: readonly Readonly<Record<string, unknown>>[] = sampleEvents,
): void {
  const engines = [false, true].map((generate) => createEngine(ruleSet, { routing: "none", generate }));
  for (const fields of events) {
    const expected = ruleSet.rules.filter(({ expression }) => evaluate(expression, { fields }));
    for (const engine of engines) {
      const found = engine.match({ id: "e", timeMs: 0, logsource: {}, fields });
      const agrees = found.length === expected.length && found.every(({ rule }, index) => rule === expected[index]);
      insist(agrees, `the engine and the oracle agree on ${JSON.stringify(fields)}`);
    }
  }
}
