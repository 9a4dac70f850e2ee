import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadRulePack, type PackRule } from "./rule-pack.ts";

/**
 * Of each kind of telemetry: the log sources its lines come from (a category, or `product/service`), and which rules tell
 * which technique by them. No rule: the page says why.
 */
type Wanted = Readonly<
  Record<string, Readonly<{ logsources: readonly string[]; told: Readonly<Record<string, readonly string[]>> }>>
>;
const root = new URL("../../../../../", import.meta.url);
const wanted = JSON.parse(readFileSync(new URL("testing/wanted-techniques.json", import.meta.url), "utf8")) as Wanted;
const page = readFileSync(new URL("docs/reference/attack.md", root), "utf8");
const section = page.split("## What the rule pack leaves out")[1]?.split("\n## ")[0] ?? "";
const leftOut = new Map(
  [...section.matchAll(/^\| ([A-Za-z0-9 ]+) \| (T\d{4}(?:\.\d{3})?) [^|]+\| ([^|]+) \|$/gm)].map(
    ([, source = "", id = "", why = ""]) => [`${source} ${id}`, why],
  ),
);
const rules = new Map(
  [...loadRulePack(new URL("rules", root).pathname).rules.values()].map((rule) => [
    rule.sigma.path.replace(/\.yml$/, ""),
    rule,
  ]),
);

const tells = ({ sigma, techniques }: PackRule, id: string): boolean =>
  sigma.reported &&
  techniques.some(({ technique, subTechnique }) => technique === id || (subTechnique ?? technique) === id);
const looksAt = ({ logsources }: PackRule, named: readonly string[]): boolean =>
  logsources.length > 0 &&
  logsources.every(({ category, product, service }) =>
    [category ?? service ?? product, `${product}/${service}`].some((one) => one !== undefined && named.includes(one)),
  );

describe("the techniques one could expect of what Tyr reads", () => {
  test.each(Object.entries(wanted))(
    "of %s: each is told by rules that look at its lines, or the page says why not",
    (source, { logsources, told }) => {
      const wrong = Object.entries(told).flatMap(([id, names]) => {
        if (names.length === 0) return leftOut.has(`${source} ${id}`) ? [] : [`${id}: no rule, and no reason`];
        return names.flatMap((name) => {
          const rule = rules.get(name);
          if (rule === undefined) return [`${name}: no such rule`];
          if (!tells(rule, id)) return [`${name}: does not tag ${id}`];
          return looksAt(rule, logsources) ? [] : [`${name}: looks at ${JSON.stringify(rule.logsources)}`];
        });
      });
      expect(wrong).toEqual([]);
    },
  );

  test("what the page leaves out is asked for, told by no rule for that source, and left out for a reason", () => {
    expect(leftOut.size).toBeGreaterThan(0);
    const stale = [...leftOut.keys()].filter((row) => {
      const at = row.lastIndexOf(" ");
      return wanted[row.slice(0, at)]?.told[row.slice(at + 1)]?.length !== 0;
    });
    expect(stale).toEqual([]);
    expect([...leftOut.values()].filter((why) => why.length < 40)).toEqual([]);
  });

  test("a technique told by its sub-techniques only is said to be", () => {
    const tagged = new Set(
      [...rules.values()]
        .filter(({ sigma }) => sigma.reported)
        .flatMap(({ techniques }) => techniques.map(({ technique, subTechnique }) => subTechnique ?? technique)),
    );
    const told = Object.values(wanted).flatMap((source) =>
      Object.entries(source.told).flatMap(([id, names]) => (names.length === 0 ? [] : [id])),
    );
    const families = [...new Set(told)].filter((id) => !tagged.has(id)).toSorted();
    expect(section).toContain(`${families.slice(0, -1).join(", ")} and ${families.at(-1)} are told`);
  });
});
