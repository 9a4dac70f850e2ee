import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCES = fileURLToPath(new URL("../../", import.meta.url));

test("no two things are locked under one number: whoever holds one of them would keep the other waiting for ever", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter(
    // What tests lock is in a database of their own.
    (path) => path.endsWith(".ts") && !/(?:\.test|[/\\]testing)\.ts$/.test(path),
  );
  const numbers = files.flatMap((path) => readFileSync(join(SOURCES, path), "utf8").match(/= 8_970_\d{3};/g) ?? []);
  expect(numbers.length).toBeGreaterThan(8);
  expect(numbers.toSorted()).toEqual([...new Set(numbers)].toSorted());
});
