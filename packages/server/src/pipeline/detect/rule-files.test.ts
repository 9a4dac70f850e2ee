import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRuleFiles } from "./rule-files.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tyr-rules-"));
  mkdirSync(join(dir, "ssh"));
  writeFileSync(join(dir, "ssh", "b.yml"), "b");
  writeFileSync(join(dir, "ssh", "b.test.yml"), "a test");
  writeFileSync(join(dir, "ssh.yaml"), "a");
});
afterEach(() => rmSync(dir, { recursive: true }));

const paths = () => readRuleFiles(dir).map(({ path }) => path);

test("rules are read from every folder below, tests and other files left out", () => {
  writeFileSync(join(dir, "README.md"), "");
  expect(readRuleFiles(dir)).toEqual([
    { path: "ssh.yaml", text: "a" },
    { path: "ssh/b.yml", text: "b" },
  ]);
});

test("rules behind the links of a mounted volume are read once", () => {
  mkdirSync(join(dir, "..2026"));
  writeFileSync(join(dir, "..2026", "c.yml"), "c");
  symlinkSync("..2026", join(dir, "..data"));
  symlinkSync("..data/c.yml", join(dir, "c.yml"));
  expect(paths()).toEqual(["c.yml", "ssh.yaml", "ssh/b.yml"]);
});

test.each([
  ["a link to itself", () => symlinkSync("loop.yml", join(dir, "loop.yml")), "loop.yml"],
  ["a link to the folder it stands in", () => symlinkSync("..", join(dir, "ssh", "up")), "ssh/up"],
  ["a link to nothing", () => symlinkSync("gone.yml", join(dir, "gone.yml")), "gone.yml"],
])("%s is refused by the setting and the path", (_, make, path) => {
  make();
  expect(paths).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      setting: "TYR_RULES_DIR",
      message: expect.stringContaining(join(dir, path)),
    }),
  );
});

test("a folder that is not there, or no folder, is refused by the setting", () => {
  expect(() => readRuleFiles(join(dir, "none"))).toThrow(/TYR_RULES_DIR: .*none there is no such/);
  expect(() => readRuleFiles(join(dir, "ssh.yaml"))).toThrow(/TYR_RULES_DIR: .*ssh.yaml is not a folder/);
});
