import { expect, test } from "vitest";
import { openContext } from "../context.ts";
import { Input } from "../input.ts";
import { fakeWorld } from "../testing/fake-world.ts";
import { reportRuleTests } from "./rule-test.ts";

const failure = { file: "rules/ssh/brute.test.yml", name: "five failures \u001B[2J", message: "expected r1, got none" };

test("rule tests that pass end with 0 and print nothing as data", async () => {
  const world = await fakeWorld();
  expect(reportRuleTests(openContext(world, new Input([], {})), { total: 3, failures: [] })).toBe(0);
  expect([world.out(), world.err()]).toEqual(["", "3 rule tests, 0 failures.\n"]);
});

test("a rule test that fails ends with 6 and is named with its file", async () => {
  const world = await fakeWorld();
  expect(reportRuleTests(openContext(world, new Input([], {})), { total: 3, failures: [failure] })).toBe(6);
  expect(world.out()).toContain("rules/ssh/brute.test.yml  five failures \\x1b[2J  expected r1, got none");
  const json = await fakeWorld();
  reportRuleTests(openContext(json, new Input([], { json: "" })), { total: 3, failures: [failure] });
  expect(JSON.parse(json.out())).toEqual({ total: 3, failures: [failure] });
});

test("no tests at all are a failed check, not a success", async () => {
  const context = openContext(await fakeWorld(), new Input([], {}));
  expect(() => reportRuleTests(context, { total: 0, failures: [] })).toThrow("no rule tests were found");
});
