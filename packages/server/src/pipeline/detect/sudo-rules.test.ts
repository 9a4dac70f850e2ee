import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readRuleFiles } from "./rule-files.ts";

const root = new URL("../../../../../", import.meta.url);
const page = readFileSync(new URL("docs/reference/attack.md", root), "utf8");
const [, section = ""] = page.split("## Under sudo");
const [, whole = "", part = ""] = /everyday work there: ([^.]+)\.\s+([^]+?)All others/.exec(section) ?? [];
const asking = readRuleFiles(new URL("rules", root).pathname).files.filter(({ text }) =>
  /^ +service\.name: "?sudo"?$/m.test(text),
);
const stem = (path: string): string => path.replace(/^.*\//, "").replace(/\.yml$/, "");
const leavesOut = (text: string): boolean => /^ +condition: .* and not (?:administrator|sudo)$/m.test(text);
const named = (text: string): readonly string[] => text.split(/,\s+|\s+and\s+/).toSorted();

test("the page names every rule that leaves lines of sudo out, and no other", () => {
  const out = asking.filter(({ text }) => leavesOut(text)).map(({ path }) => stem(path));
  expect(out.length).toBeGreaterThan(20);
  expect(named(whole)).toEqual(out.toSorted());
});

test("the page names every rule that looks at some lines of sudo only", () => {
  const some = asking.filter(({ text }) => !leavesOut(text)).map(({ path }) => stem(path));
  expect(some.length).toBeGreaterThan(4);
  const told = [...part.matchAll(/([a-z-]+)\s\(/g)].map(([, name = ""]) => name);
  expect(told.toSorted()).toEqual(some.toSorted());
});
