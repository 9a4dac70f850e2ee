import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRuleFiles } from "./rule-files.ts";
import { loadRulePack } from "./rule-pack.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tyr-rules-"));
  mkdirSync(join(dir, "ssh"));
  writeFileSync(join(dir, "ssh", "b.yml"), "b");
  writeFileSync(join(dir, "ssh", "b.test.yml"), "a test");
  writeFileSync(join(dir, "ssh.yaml"), "a");
});
afterEach(() => rmSync(dir, { recursive: true }));

const paths = () => readRuleFiles(dir).files.map(({ path }) => path);

test("rules are read from every folder below, tests and other files left out", () => {
  writeFileSync(join(dir, "README.md"), "");
  expect(readRuleFiles(dir)).toEqual({
    files: [
      { path: "ssh.yaml", text: "a" },
      { path: "ssh/b.yml", text: "b" },
    ],
    unreadable: [],
    folders: ["", "ssh"],
  });
  expect(readRuleFiles(dir, { kind: "tests" }).files).toEqual([{ path: "ssh/b.test.yml", text: "a test" }]);
});

test("rules whose names end in capitals are rules too, and tests are tests", () => {
  writeFileSync(join(dir, "C.YML"), "");
  writeFileSync(join(dir, "D.Yaml"), "");
  writeFileSync(join(dir, "C.TEST.YML"), "");
  expect(paths()).toEqual(["C.YML", "D.Yaml", "ssh.yaml", "ssh/b.yml"]);
});

test("rules behind the links of a mounted volume are read once", () => {
  mkdirSync(join(dir, "..2026"));
  writeFileSync(join(dir, "..2026", "c.yml"), "c");
  symlinkSync("..2026", join(dir, "..data"));
  symlinkSync("..data/c.yml", join(dir, "c.yml"));
  expect(paths()).toEqual(["c.yml", "ssh.yaml", "ssh/b.yml"]);
});

test.each([
  ["loop.yml", "a link to itself", "leads back to itself", () => symlinkSync("loop.yml", join(dir, "loop.yml"))],
  ["ssh/up", "a link to the folder it stands in", "leads back", () => symlinkSync("..", join(dir, "ssh", "up"))],
  ["gone.yml", "a link to nothing", "there is no such file", () => symlinkSync("nowhere.yml", join(dir, "gone.yml"))],
  ["long.yml", "a file too long", "limit", () => writeFileSync(join(dir, "long.yml"), "#".repeat(2_097_153))],
] as const)("%s, %s, is named with its reason, and the others are read", (...[path, , reason, make]) => {
  make();
  const { files, unreadable } = readRuleFiles(dir);
  expect(unreadable).toEqual([{ path, reason: expect.stringContaining(reason) }]);
  expect(files).toHaveLength(2);
});

test("a rule pack stands with the files that can be read, and names the other as rejected", () => {
  symlinkSync("nowhere.yml", join(dir, "gone.yml"));
  const id = "11111111-2222-4333-8444-555555555555";
  const rule = `title: A\nid: ${id}\nlogsource: { category: command }\ndetection: { s: { a: 1 }, condition: s }\n`;
  writeFileSync(join(dir, "good.yml"), rule);
  const { rules, rejected } = loadRulePack(dir);
  expect([...rules.keys()]).toEqual([id]);
  expect(rejected[0]).toMatchObject({
    path: "gone.yml",
    code: "file-unreadable",
    message: expect.stringContaining("no such file"),
  });
});

test("a folder that is not there, or no folder, is refused by the setting", () => {
  expect(() => loadRulePack(join(dir, "none"))).toThrow(/TYR_RULES_DIR: .*none there is no such/);
  expect(() => loadRulePack(join(dir, "ssh.yaml"))).toThrow(/TYR_RULES_DIR: .*ssh.yaml is not a folder/);
});
