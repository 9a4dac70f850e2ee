import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keepAndVerify } from "./testing/example.ts";

test("the example of the README is the one that runs, and it verifies", async () => {
  const [readme, example] = ["../README.md", "./testing/example.ts"].map((path) =>
    readFileSync(new URL(path, import.meta.url), "utf8"),
  );
  expect(readme).toContain(example);
  expect(await keepAndVerify()).toMatchObject({
    ok: true,
    size: 2,
    entriesChecked: 2,
    earlierConfirmed: 1,
    problems: [],
  });
});
