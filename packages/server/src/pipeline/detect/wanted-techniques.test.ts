import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadRulePack } from "./rule-pack.ts";

const root = new URL("../../../../../", import.meta.url);
const wanted = JSON.parse(readFileSync(new URL("testing/wanted-techniques.json", import.meta.url), "utf8")) as Readonly<
  Record<string, readonly string[]>
>;
const page = readFileSync(new URL("docs/reference/attack.md", root), "utf8");
const section = page.split("## What the rule pack leaves out")[1]?.split("\n## ")[0] ?? "";
const leftOut = new Map(
  [...section.matchAll(/^\| (T\d{4}(?:\.\d{3})?) [^|]+\| ([^|]+) \|$/gm)].map(([, id = "", why = ""]) => [id, why]),
);

/** Techniques the rules of the pack tag, under the names of the release in force. */
const tagged = new Set(
  [...loadRulePack(new URL("rules", root).pathname).rules.values()]
    .filter(({ sigma }) => sigma.reported)
    .flatMap(({ techniques }) => techniques.map(({ technique, subTechnique }) => subTechnique ?? technique)),
);
const isTold = (id: string): boolean => tagged.has(id) || [...tagged].some((one) => one.startsWith(`${id}.`));

describe("the techniques one could expect of what Tyr reads", () => {
  test.each(Object.entries(wanted))("of %s: each is told by a rule, or a page says why not", (_source, techniques) => {
    expect(techniques.filter((id) => !isTold(id) && !leftOut.has(id))).toEqual([]);
  });

  test("what the page leaves out is asked for, told by no rule, and left out for a reason", () => {
    const all = new Set(Object.values(wanted).flat());
    expect(leftOut.size).toBeGreaterThan(3);
    expect([...leftOut.keys()].filter((id) => !all.has(id) || isTold(id))).toEqual([]);
    expect([...leftOut.values()].filter((why) => why.length < 40)).toEqual([]);
  });

  test("a technique told by its sub-techniques only is said to be", () => {
    const families = [...new Set(Object.values(wanted).flat())]
      .filter((id) => isTold(id) && !tagged.has(id))
      .toSorted();
    expect(section).toContain(`${families.slice(0, -1).join(", ")} and ${families.at(-1)} are told`);
  });
});
