import type { Verdict } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase } from "#platform/database";
import "./tables.ts";

export type Verdicts = Readonly<Record<Verdict, number>>;

/**
 * What people said of the incidents a rule contributed to, when they closed them: incidents by verdict, by rule. An
 * incident counts once for each of its rules; rules without a closed incident are left out.
 */
export async function verdictsByRule(db: ReadDatabase): Promise<ReadonlyMap<string, Verdicts>> {
  const contributed = sql<{ rule_id: string; incident_id: string }>`(
    select distinct contribution ->> 'ruleId' as rule_id, incident.id as incident_id
    from incident cross join lateral jsonb_array_elements(incident.contributions) as contribution
    where incident.state = 'closed' and incident.verdict is not null)`;
  const rows = await db
    .selectFrom(contributed.as("contributed"))
    .innerJoin("incident", "incident.id", "contributed.incident_id")
    .select(({ fn }) => ["contributed.rule_id", "incident.verdict", fn.countAll<number>().as("incidents")])
    .groupBy(["contributed.rule_id", "incident.verdict"])
    .execute();
  const byRule = new Map<string, Verdicts>();
  for (const { rule_id, verdict, incidents } of rows) {
    const known = byRule.get(rule_id) ?? { true_positive: 0, false_positive: 0, benign: 0 };
    byRule.set(rule_id, verdict === null ? known : { ...known, [verdict]: incidents });
  }
  return byRule;
}
