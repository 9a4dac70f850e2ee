import { readCases } from "../rule-case.ts";
import { readRuleFiles } from "../rule-files.ts";
import type { RulePack } from "../rule-pack.ts";
import { cellKey, type CellFigures } from "./matrix.ts";

/** Ids of the rules that some `NAME.test.yml` below a folder expects to find something. */
export function testedRules(dir: string): ReadonlySet<string> {
  const { files } = readRuleFiles(dir, { kind: "tests" });
  const cases = files.flatMap(({ text }) => {
    const read = readCases(text);
    return read.ok ? read.cases : [];
  });
  return new Set(cases.flatMap(({ expect }) => (expect === "none" ? [] : expect)));
}

export type RuleStanding = Readonly<{ isOff: (ruleId: string) => boolean; tested: ReadonlySet<string> }>;
type Covered = Pick<CellFigures, "rules" | "enabled" | "tested">;

/** Rules with findings of their own, by the technique and tactic they name in one domain (`cellKey`). */
export function coverageByCell(pack: RulePack, domain: string, standing: RuleStanding): ReadonlyMap<string, Covered> {
  const covered = new Map<string, Covered>();
  for (const { id, sigma, techniques } of pack.rules.values()) {
    if (!sigma.reported) continue;
    for (const one of techniques.filter((technique) => technique.domain === domain)) {
      const key = cellKey(one.subTechnique ?? one.technique, one.tactic);
      const { rules, enabled, tested } = covered.get(key) ?? { rules: 0, enabled: 0, tested: 0 };
      covered.set(key, {
        rules: rules + 1,
        enabled: enabled + Number(!standing.isOff(id)),
        tested: tested + Number(standing.tested.has(id)),
      });
    }
  }
  return covered;
}
