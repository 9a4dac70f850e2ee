import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRuleFiles } from "./rule-files.ts";
import { loadRulePack } from "./rule-pack.ts";
import { isHidden } from "./rules/hidden.ts";

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

test("folders that link to each other are each read once, however many ways lead to them", () => {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  for (const name of names) {
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, "rule.yml"), name);
    for (const other of names) if (other !== name) symlinkSync(join("..", other), join(dir, name, `to-${other}`));
  }
  const { files, folders, unreadable } = readRuleFiles(dir);
  expect(files.map(({ text }) => text).toSorted()).toEqual(["a", "a", "b", "b", ...names.slice(2)]);
  expect(folders).toHaveLength(names.length + 2);
  // All links and folders but the first way to each.
  expect(unreadable).toHaveLength(names.length * names.length - names.length);
  expect(unreadable).toContainEqual({ path: "a/to-b/to-a", reason: expect.stringContaining("leads back") });
  expect(unreadable).toContainEqual({ path: "b", reason: "is a link to a/to-b, which is read" });
});

test.each([
  ["files", { files: 2, folders: 10 }, "holds more than 2 files"],
  ["folders", { files: 10, folders: 1 }, "holds more than 1 folders"],
] as const)(
  "a folder with more %s than anybody's rules is read up to there, and named itself",
  (...[, most, reason]) => {
    for (const name of ["0.yml", "1.yml", "2.yml"]) writeFileSync(join(dir, name), "");
    const { files, unreadable } = readRuleFiles(dir, { most });
    expect(files.map(({ path }) => path)).toEqual(["0.yml", "1.yml", "2.yml"].slice(0, most.files));
    expect(unreadable).toEqual([{ path: "", reason }]);
  },
);

test("a folder with as many files and folders as may be is read whole", () => {
  expect(readRuleFiles(dir, { most: { files: 2, folders: 2 } })).toEqual(readRuleFiles(dir));
});

test("links to nothing are counted with the files, so that they do not pile up", () => {
  for (const name of ["0", "1", "2", "3"]) symlinkSync("nowhere.yml", join(dir, name));
  const { unreadable } = readRuleFiles(dir, { most: { files: 3, folders: 10 } });
  expect(unreadable.map(({ path }) => path)).toEqual(["0", "1", "2", ""]);
});

test("files that a flooded folder hides are not taken for deleted", () => {
  const closed = new Set(readRuleFiles(dir, { most: { files: 1, folders: 10 } }).unreadable.map(({ path }) => path));
  expect([isHidden("ssh/b.yml", closed), isHidden("ssh.yaml", closed)]).toEqual([true, true]);
  expect(isHidden("ssh.yaml", new Set(["ssh"]))).toBe(false);
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
