import type { PolicyFile } from "@tyr/contract";
import { expect, test } from "vitest";
import { placeOf } from "./place-of.ts";

const FILES: readonly PolicyFile[] = [
  { path: "never.cedar", text: '// never\n@id("never-own")\nforbid (principal, action, resource);\n' },
  { path: "tests/block.yml", text: "- name: a first\n  expect: allow\n- name: our own address is never blocked\n" },
];
const problem = (where: string, message = "") => ({ kind: "load" as const, where, message });

test("a problem of a policy is at the line that gives it its name", () => {
  expect(placeOf(problem("never-own"), FILES)).toEqual({ path: "never.cedar", line: 2 });
});

test("a problem of an example is at the line that names it", () => {
  const where = 'tests/block.yml, "our own address is never blocked"';
  expect(placeOf(problem(where), FILES)).toEqual({ path: "tests/block.yml", line: 3 });
});

test("a problem of a file is at the line its message says, else at its first", () => {
  expect(placeOf(problem("never.cedar", "unexpected token at line 3"), FILES)?.line).toBe(3);
  expect(placeOf(problem("never.cedar", "is not formatted"), FILES)?.line).toBe(1);
});

test("a problem of the whole is nowhere, whatever it is called", () => {
  expect(placeOf(problem("policies"), FILES)).toBeUndefined();
  expect(placeOf(problem('nowhere.yml, "x"'), FILES)).toBeUndefined();
  expect(placeOf(problem(""), FILES)).toBeUndefined();
});
