// SIGMAHQ_DATA=folder node --conditions=@tyr/source packages/sigma/fuzz/redos.ts
import { join } from "node:path";
import { type Expression, loadRules, type Test } from "../src/index.ts";
import { filesBelow, ownRules } from "./targets/texts.ts";

type Regex = Extract<Test, { kind: "regex" }>["regex"];

const lengthMax = 65_536;
/** For one text of 64 KB; an expression that backtracks takes minutes to years. */
const budgetMs = 1000;
const pumpsMax = 12;

/** The regular expressions of all rules that load, each once. */
export function regexesOf(texts: readonly string[]): readonly Regex[] {
  const { rules } = loadRules(texts.map((text, index) => ({ path: `${index}.yml`, text })));
  const found = new Map<string, Regex>();
  const visit = (test: Test): void => {
    if (test.kind === "regex") found.set(`${test.regex.flags}/${test.regex.source}`, test.regex);
    if (test.kind === "either") test.tests.forEach(visit);
  };
  for (const { expression } of rules) testsOf(expression).forEach(visit);
  return [...found.values()];
}

function testsOf(expression: Expression): readonly Test[] {
  if (expression.kind === "item") return expression.item.tests;
  return expression.kind === "not" ? testsOf(expression.child) : expression.children.flatMap(testsOf);
}

/**
 * Texts that make a backtracking matcher try again and again: pieces of the expression and what its classes stand for,
 * repeated to the full length, with a beginning that fits and an end that does not.
 */
export function adversarialTexts(source: string, length: number): readonly string[] {
  const runs = source.match(/[\p{L}\p{N} _-]+/gu) ?? [];
  const characters = new Set(source.replaceAll(/[\\()[\]{}*+?^$|]/g, ""));
  const longest = [...runs].sort((a, b) => b.length - a.length).slice(0, 3);
  const pumps = new Set([...longest, runs.join(""), ...characters, "a", " ", "0", "aA0 _-", "\\", "=="]);
  const beginning = longest[0] ?? "";
  return [...pumps]
    .filter((pump) => pump !== "")
    .slice(0, pumpsMax)
    .flatMap((pump) => {
      const long = pump.repeat(Math.ceil(length / pump.length));
      return [`${long.slice(0, length - 1)}\u0001`, `${beginning}${long}`.slice(0, length - 1) + "!"];
    });
}

function measure(name: string, regexes: readonly Regex[]): boolean {
  let worst = { ms: 0, source: "", texts: 0 };
  let texts = 0;
  for (const { source, test } of regexes) {
    for (const text of adversarialTexts(source, lengthMax)) {
      const start = performance.now();
      test(text);
      const ms = performance.now() - start;
      texts += 1;
      if (ms > worst.ms) worst = { ms, source, texts };
    }
  }
  const nsPerCharacter = Math.round((worst.ms * 1e6) / lengthMax);
  console.log(
    JSON.stringify({
      name,
      regexes: regexes.length,
      texts,
      slowestMs: Math.round(worst.ms),
      nsPerCharacter,
      source: worst.source,
    }),
  );
  return worst.ms <= budgetMs;
}

if (import.meta.main) {
  const folder = process.env["SIGMAHQ_DATA"];
  const published = folder === undefined ? [] : regexesOf(filesBelow(join(folder, "rules"), ".yml"));
  const within = [measure("own rules", regexesOf(ownRules())), published.length === 0 || measure("SigmaHQ", published)];
  if (within.includes(false)) process.exitCode = 1;
}
