import { readFileSync } from "node:fs";
import { HUB_REASONS } from "./hub-reasons.ts";
import { type HubOutcome, playHubTest, readHubTests } from "./hub-tests.ts";
import { readRuleFiles } from "../rule-files.ts";
import { buildRulePack, type PackRule, type RulePack } from "../rule-pack.ts";

/** What bench/precision.ts found in the corpora that are too large to ship, by rule id and corpus. */
type Measured = Readonly<{
  measuredAt: string;
  corpora: Readonly<Record<string, Readonly<{ lines: number; unread: number }>>>;
  hits: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Detections somebody looked at one by one, and found right or wrong. */
  judged: Readonly<Record<string, Readonly<{ right: number; wrong: number }>>>;
}>;

const RULES = new URL("../../../../../../rules/", import.meta.url);
export const PRECISION_PAGE = new URL("../../../../../../docs/reference/rule-precision.md", import.meta.url);
const CORPORA = ["web", "auth", "otori", "heralding", "dionaea", "suricata"] as const;

/** The pack that comes with Tyr. */
export function shippedPack(): RulePack {
  return buildRulePack(readRuleFiles(RULES.pathname).files);
}

export function playHub(pack: RulePack): readonly HubOutcome[] {
  return readHubTests().map((test) => playHubTest(pack, test));
}

/** Everybody expected is flagged; where nobody is expected, nobody is. */
export function isAsExpected({ expected, missing, surplus }: HubOutcome): boolean {
  return expected.length === 0 ? surplus.length === 0 : missing.length === 0;
}

type Row = Readonly<{ rule: PackRule; hits: readonly number[]; hub: HubFigures; right: number; wrong: number }>;
type HubFigures = Readonly<{ right: number; wrong: number; unjudged: number }>;

function hubFigures(outcomes: readonly HubOutcome[]): ReadonlyMap<string, HubFigures> {
  const figures = new Map<string, HubFigures>();
  for (const { flags, expected } of outcomes) {
    for (const { ruleId, actor } of flags) {
      const { right, wrong, unjudged } = figures.get(ruleId) ?? { right: 0, wrong: 0, unjudged: 0 };
      const isRight = actor !== null && expected.includes(actor);
      const isWrong = expected.length === 0;
      figures.set(ruleId, {
        right: right + (isRight ? 1 : 0),
        wrong: wrong + (isWrong ? 1 : 0),
        unjudged: unjudged + (isRight || isWrong ? 0 : 1),
      });
    }
  }
  return figures;
}

function rowsOf(pack: RulePack, measured: Measured, outcomes: readonly HubOutcome[]): readonly Row[] {
  const figures = hubFigures(outcomes);
  return [...pack.rules.values()]
    .filter(({ sigma }) => sigma.reported)
    .toSorted((a, b) => (a.sigma.path < b.sigma.path ? -1 : 1))
    .map((rule) => {
      const hub = figures.get(rule.id) ?? { right: 0, wrong: 0, unjudged: 0 };
      const judged = measured.judged[rule.id] ?? { right: 0, wrong: 0 };
      const hits = CORPORA.map((corpus) => measured.hits[rule.id]?.[corpus] ?? 0);
      return { rule, hits, hub, right: judged.right + hub.right, wrong: judged.wrong + hub.wrong };
    });
}

function precisionOf({ right, wrong }: Row): string {
  const n = right + wrong;
  return n === 0 ? "unknown" : `${Math.round((100 * right) / n)} % (n = ${n})`;
}

const cell = (count: number): string => (count === 0 ? "·" : String(count));

function ruleLine(row: Row): string {
  const { rule, hits, hub } = row;
  const name = rule.sigma.path.replace(/\.ya?ml$/, "");
  const cells = [name, rule.severity, ...hits.map(cell), [hub.right, hub.unjudged, hub.wrong].map(cell).join(" / ")];
  return `| ${[...cells, precisionOf(row)].join(" | ")} |`;
}

/** docs/reference/rule-precision.md, whole. */
export function precisionPage(pack: RulePack = shippedPack()): string {
  const measured = JSON.parse(readFileSync(new URL("measured.json", import.meta.url), "utf8")) as Measured;
  const outcomes = playHub(pack);
  const rows = rowsOf(pack, measured, outcomes);
  const silent = rows.filter(({ hits, hub }) => [...hits, hub.right, hub.wrong, hub.unjudged].every((n) => n === 0));
  const known = rows.filter(({ right, wrong }) => right + wrong > 0);
  const sum = (pick: (row: Row) => number): number => known.reduce((total, row) => total + pick(row), 0);
  return `${HEAD}
${corporaTable(measured)}

${hubSection(outcomes)}

## Every rule

${rows.length} rules report findings, besides those that only feed correlations. ${known.length} of them have judged findings
here: ${sum(({ right }) => right)} right, ${sum(({ wrong }) => wrong)} wrong. ${silent.length} found nothing in any corpus; their
own tests alone show that they work.

| Rule | Severity | ${CORPORA.join(" | ")} | hub: right / not judged / wrong | Precision |
| --- | --- | ${CORPORA.map(() => "---:").join(" | ")} | --- | --- |
${rows.map((row) => ruleLine(row)).join("\n")}
`;
}

function corporaTable({ measuredAt, corpora }: Measured): string {
  const lines = Object.entries(corpora).map(
    ([name, { lines: count, unread }]) => `| ${name} | ${count} | ${unread} | ${ABOUT[name] ?? ""} |`,
  );
  return [
    `Measured on ${measuredAt}.`,
    "",
    "| Corpus | Lines | Unread | What is known of it |",
    "| --- | ---: | ---: | --- |",
  ]
    .concat(lines)
    .join("\n");
}

function hubSection(outcomes: readonly HubOutcome[]): string {
  const busy = outcomes.filter(({ expected }) => expected.length > 0);
  const quiet = outcomes.filter(({ expected }) => expected.length === 0);
  const count = (list: readonly HubOutcome[]): number => list.filter((one) => isAsExpected(one)).length;
  const share = (list: readonly HubOutcome[]): string =>
    `${count(list)} of ${list.length} (${((100 * count(list)) / list.length).toFixed(1)} %)`;
  const besides = busy.filter(({ surplus }) => surplus.length > 0).length;
  const rest = outcomes.filter((one) => !isAsExpected(one));
  return `## The scenario tests of the CrowdSec hub

- In ${share(busy)} of the tests that expect somebody, everybody expected is flagged.
- In ${share(quiet)} of the tests that expect nobody, nobody is flagged.
- In ${besides} of the tests that expect somebody we flag others besides. The hub runs only the scenario a test names, so
  that it says nothing of them; they are counted as not judged.

| Test | Not flagged | Why |
| --- | --- | --- |
${rest.map(({ test, missing }) => `| ${test} | ${missing.slice(0, 3).join(", ")}${missing.length > 3 ? " …" : ""} | ${HUB_REASONS[test] ?? "?"} |`).join("\n")}`;
}

const ABOUT: Readonly<Record<string, string>> = {
  web: "Apache access log of a public site, May 2015 (elastic/examples, Apache-2.0). Mostly benign; every finding looked at by hand",
  auth: 'auth.log of a cloud host, 2017 (elastic/examples). 713 lines hold "Failed password"; every kind of finding looked at by hand',
  otori: "Cowrie, February 2026 (otori-lab/otori-monitoring, MIT). A decoy: hostile by construction",
  heralding: "Heralding, February 2025 (UQO-Biolab/ml_ids, Unlicense). A decoy: hostile by construction",
  dionaea: "Dionaea, February 2025 (UQO-Biolab/ml_ids). A decoy: hostile by construction",
  suricata:
    "Suricata alerts of WRCCDC and FIRST (FrankHassanabad/suricata-sample-data, MIT). The alerts are what we find: no judge",
};

const HEAD = `# How right the rules of our pack are

Written by \`npm run docs\`, do not edit. The columns of corpora come from \`bench/precision.ts\`, which needs them on disk; the
rest is measured anew each time, and a test compares.

**Method.** Every line goes through the normalisers, and with what is derived of it through the whole pack and its
correlations, as in a running server. A number is how many detections a rule made. An address is *flagged* when at least one detection about it is more than informational and
bears risk. *Judged* are detections somebody or something independent of the rule tells right from wrong: of the hub's
tests those about an address the hub expects (right) and those in tests that expect nobody (wrong); of the access log and the
auth.log what was looked at by hand. In decoys everything is hostile by construction, so that finding
something there says nothing about precision: such detections are counted and not judged. Precision is
right / (right + wrong) over what is judged; where nothing is, it is unknown, and a small n means little.
`;
