import type { CorrelationRule, DetectionRule, Logsource, RuleSet } from "@tyr/sigma";

/** What the rules in hand say about one ATT&CK technique or sub-technique. */
export type Covered = Readonly<{
  technique: string;
  /** Null when the ATT&CK release that comes with Tyr does not have it. */
  name: string | null;
  tactics: readonly string[];
  /** Rules with a finding of their own that some log source can reach. */
  rules: number;
  /** Rules that name it and can never match: they cover nothing. */
  never: number;
  /** Log sources that feed those rules, `product/category/service`, `*` where a rule leaves one open. */
  sources: readonly string[];
  /** Titles of the rules, in rule order. */
  titles: readonly string[];
}>;

/** Technique id → name and the tactics it belongs to. */
export type Techniques = Readonly<
  Record<string, readonly [name: string, tactics: readonly string[], ...more: unknown[]]>
>;

type Rule = DetectionRule | CorrelationRule;

/** Techniques the reported rules name, by id; rules of `never` are counted apart and feed nothing. */
export function coverageOf(
  ruleSet: Pick<RuleSet, "rules" | "correlations">,
  never: ReadonlySet<string>,
  techniques: Techniques,
): readonly Covered[] {
  const sourcesOf = feedingSources(ruleSet);
  const named = new Map<string, Rule[]>();
  for (const rule of [...ruleSet.rules, ...ruleSet.correlations]) {
    if (!rule.reported) continue;
    for (const technique of rule.attack.techniques) {
      const rules = named.get(technique);
      if (rules === undefined) named.set(technique, [rule]);
      else rules.push(rule);
    }
  }
  const covered = [...named].map(([technique, rules]): Covered => {
    const able = rules.filter(({ key }) => !never.has(key));
    const known = Object.hasOwn(techniques, technique) ? techniques[technique] : undefined;
    return {
      technique,
      name: known?.[0] ?? null,
      tactics: known?.[1] ?? [],
      rules: able.length,
      never: rules.length - able.length,
      sources: [...new Set(able.flatMap(({ key }) => sourcesOf.get(key) ?? []))].sort(compare),
      titles: able.map(({ title }) => title),
    };
  });
  return covered.sort((left, right) => compare(left.technique, right.technique));
}

/** The log sources of each rule; a correlation has those of the rules it refers to, which stand before it. */
function feedingSources({
  rules,
  correlations,
}: Pick<RuleSet, "rules" | "correlations">): ReadonlyMap<string, readonly string[]> {
  const sources = new Map<string, readonly string[]>(rules.map(({ key, logsource }) => [key, [sourceName(logsource)]]));
  for (const { key, correlation } of correlations)
    sources.set(key, [...new Set(correlation.rules.flatMap((base) => sources.get(base) ?? []))]);
  return sources;
}

export function sourceName({
  product,
  category,
  service,
}: Pick<Logsource, "product" | "category" | "service">): string {
  return [product, category, service].map((part) => part ?? "*").join("/");
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
