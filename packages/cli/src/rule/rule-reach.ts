import { applicability, knownLogsources, type NeverApplicable, type RuleSet } from "@tyr/sigma";
import { serverParts } from "./server-parts.ts";

export const SOURCES = ["any", "table", "server"] as const;
/** `table`: what the engine's routing table knows; `server`: what Tyr's own intake makes of lines; `any`: either. */
export type Sources = (typeof SOURCES)[number];

/** The rules no event of these sources can ever concern, with the reason. Loads the server only if it may know better. */
export async function rulesOutOfReach(ruleSet: RuleSet, sources: Sources): Promise<readonly NeverApplicable[]> {
  const table = sources === "server" ? [] : knownLogsources();
  const { never } = applicability(ruleSet, table);
  if (sources === "table" || never.length === 0) return never;
  const { intakeLogsources } = await serverParts();
  const asked = new Map(ruleSet.rules.map(({ logsource }) => [JSON.stringify(logsource), logsource]));
  return applicability(ruleSet, [...table, ...intakeLogsources([...asked.values()])]).never;
}
