import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Column } from "../output/table.ts";
import { safeJson } from "../output/visible-text.ts";
import { type Covered, coverageOf } from "../rule/coverage.ts";
import { usableRules } from "../rule/load-rule-set.ts";
import { navigatorLayer } from "../rule/navigator-layer.ts";
import { pathsOf } from "../rule/rule-paths.ts";
import { rulesOutOfReach, SOURCES } from "../rule/rule-reach.ts";
import { serverParts } from "../rule/server-parts.ts";

const COLUMNS: readonly Column<Covered>[] = [
  { name: "technique", value: (row) => row.technique },
  { name: "rules", value: (row) => row.rules, right: true },
  { name: "never", value: (row) => row.never, right: true },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "tactics", value: (row) => row.tactics.join(" "), cuttable: true },
  { name: "log sources", value: (row) => row.sources.join(" "), cuttable: true },
];

export const coverage: Run = async (context, input) => {
  const { print } = context;
  const isLayer = input.flag("navigator");
  if (isLayer && (print.format === "csv" || print.format === "jsonl"))
    throw usage(`--navigator and -o ${print.format} contradict each other`);
  const { ruleSet } = await usableRules(context, input, await pathsOf(context, input.values));
  const { bundledAttack } = await serverParts();
  const attack = bundledAttack();
  const unreachable = await rulesOutOfReach(ruleSet, input.oneOf("sources", SOURCES) ?? "any");
  const covered = coverageOf(ruleSet, new Set(unreachable.map(({ key }) => key)), attack.techniques);
  if (isLayer) print.verbatim(`${safeJson(navigatorLayer(covered, attack), 2)}\n`);
  else print.many(covered, COLUMNS, "No rule names a technique.");
  const reported = [...ruleSet.rules, ...ruleSet.correlations].filter((rule) => rule.reported);
  const untagged = reported.filter((rule) => rule.attack.techniques.length === 0).length;
  const live = covered.filter(({ rules }) => rules > 0).length;
  const unknown = covered.filter(({ name }) => name === null).length;
  print.say(
    `${live} techniques by ${reported.length} rules; ${covered.length - live} named only by rules that can never match, ${unknown} unknown to ATT&CK ${attack.release}; ${untagged} rules name none.`,
  );
  return EXIT.ok;
};
