import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Column } from "../output/table.ts";
import { safeJson } from "../output/visible-text.ts";
import { type Covered, coverageOf, type Techniques } from "../rule/coverage.ts";
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

type Release = Readonly<{ domain: string; release: string; techniques: Techniques }>;

function tableOf(releases: readonly Release[]): Techniques {
  return Object.fromEntries(releases.flatMap(({ techniques }) => Object.entries(techniques)));
}

/** A layer is of one domain: the first, which is that of the enterprise matrix. */
function layerOf(covered: readonly Covered[], [first]: readonly Release[]): unknown {
  if (first === undefined) return {};
  return navigatorLayer(
    covered.filter(({ technique }) => Object.hasOwn(first.techniques, technique)),
    first,
  );
}

export const coverage: Run = async (context, input) => {
  const { print } = context;
  const isLayer = input.flag("navigator");
  if (isLayer && (print.format === "csv" || print.format === "jsonl"))
    throw usage(`--navigator and -o ${print.format} contradict each other`);
  const { ruleSet } = await usableRules(context, input, await pathsOf(context, input.values));
  const { builtInAttack } = await serverParts();
  const releases = builtInAttack();
  const unreachable = await rulesOutOfReach(ruleSet, input.oneOf("sources", SOURCES) ?? "any");
  const covered = coverageOf(ruleSet, new Set(unreachable.map(({ key }) => key)), tableOf(releases));
  if (isLayer) print.verbatim(`${safeJson(layerOf(covered, releases), 2)}\n`);
  else print.many(covered, COLUMNS, "No rule names a technique.");
  const reported = [...ruleSet.rules, ...ruleSet.correlations].filter((rule) => rule.reported);
  const untagged = reported.filter((rule) => rule.attack.techniques.length === 0).length;
  const live = covered.filter(({ rules }) => rules > 0).length;
  const unknown = covered.filter(({ name }) => name === null).length;
  print.say(
    `${live} techniques by ${reported.length} rules; ${covered.length - live} named only by rules that can never match, ${unknown} unknown to ${releases.map(({ domain, release }) => `${domain} ${release}`).join(" and ")}; ${untagged} rules name none.`,
  );
  return EXIT.ok;
};
