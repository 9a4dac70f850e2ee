import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./house.ts";

/** In these pages a test is named as `package/path/x.test.ts`: *its name*; more of the same file follow after a semicolon. */
const PAGES = ["docs/asvs.md", "docs/threat-model.md"];
const NAMED = /`([\w./-]+\.test\.tsx?)`:([^|`]+)/g;
/** One star each side: two make bold text. */
const NAME = /(?<!\*)\*(?!\*)([^*|]+)\*(?!\*)/g;

function namedIn(page: string): [file: string, name: string][] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(NAMED)].flatMap(([, file = "", names = ""]) =>
    [...names.matchAll(NAME)].map(([, name = ""]): [string, string] => [file, name]),
  );
}

/** Only what stands in a test's own call counts, not in a comment or an expectation. */
function hasTest(file: string, name: string): boolean {
  // Tests of the whole house stand beside the packages.
  const path = file.startsWith("test/") ? join(root, file) : join(root, "packages", file);
  if (!existsSync(path)) return false;
  const text = readFileSync(path, "utf8");
  const calls = [...text.matchAll(/\(\s*(["`])((?:(?!\1).)+)\1/g)].map(([, , first]) => first);
  return calls.includes(name);
}

describe("a test that a page names", () => {
  const all = PAGES.flatMap(namedIn);

  test("is there, under that name", () => {
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter(([file, name]) => !hasTest(file, name))).toEqual([]);
  });

  test("that does not exist would be found", () => {
    expect(hasTest("server/src/api/edge.test.ts", "nobody wrote this")).toBe(false);
    expect(hasTest("server/src/api/nothing.test.ts", "read nothing by default")).toBe(false);
  });
});
