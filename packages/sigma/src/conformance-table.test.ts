import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { conformancePage } from "./testing/engines-table.ts";

type Vector = Readonly<{ id: string; status: "spec" | "contested" }>;

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
}

test("the conformance page names a choice for every contested vector, once, and for nothing else", () => {
  const contested = ["detection", "correlation", "filters", "reject"]
    .flatMap((kind) => (JSON.parse(read(`vectors/sigma-${kind}.json`)) as { vectors: readonly Vector[] }).vectors)
    .filter(({ status }) => status === "contested")
    .map(({ id }) => id);
  const rows = read("CONFORMANCE.md").matchAll(/^\| ([a-z][a-z0-9 -]+) \|/gm);
  const listed = [...rows].flatMap(([, ids = ""]) => ids.trim().split(" "));
  expect(listed.toSorted()).toEqual(contested.toSorted());
});

test("the conformance page shows the verdicts of other engines as they are recorded with the vectors", () => {
  expect(read("CONFORMANCE.md")).toBe(conformancePage());
  expect(read("CONFORMANCE.md")).toContain("| RSigma | 0.26.0 | 294 | 0 | 0 | 5 |");
  expect(read("CONFORMANCE.md")).toContain("agrees on 33 of the 33 correlation vectors");
});
