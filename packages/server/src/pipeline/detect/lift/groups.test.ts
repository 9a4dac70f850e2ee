import { expect, test } from "vitest";
import { Groups } from "./groups.ts";

test("the group touched longest ago falls out first, of whatever lane, and is handed back and counted", () => {
  const groups = new Groups<number>(2);
  groups.set("a", "lane 1", 1);
  groups.set("b", "lane 2", 2);
  groups.set("a", "lane 1", 3);
  expect(groups.set("c", "lane 1", 4)).toEqual([["b", 2]]);
  expect([groups.size, groups.letGo, groups.get("b"), groups.get("a")]).toEqual([2, 1, undefined, 3]);
});

test("each lane knows its oldest; a group that changes lanes leaves the old one", () => {
  const groups = new Groups<number>(9);
  groups.set("a", "x", 1);
  groups.set("b", "x", 2);
  expect(groups.oldest("x")).toEqual(["a", 1]);
  groups.set("a", "y", 1);
  expect([groups.oldest("x"), groups.oldest("y"), groups.lanes()]).toEqual([
    ["b", 2],
    ["a", 1],
    ["x", "y"],
  ]);
  groups.delete("b");
  expect([groups.oldest("x"), groups.lanes()]).toEqual([undefined, ["y"]]);
});

test("what was saved and restored goes on in the same order, and only changes are saved", () => {
  const before = new Groups<{ n: number }>(3);
  for (const [place, key] of ["a", "b", "c"].entries()) before.set(key, "x", { n: place });
  const saved = before.takeDirty();
  expect(saved.upserts.map(({ key }) => key)).toEqual(["a", "b", "c"]);
  before.set("a", "x", { n: 9 });
  before.delete("b");
  const changed = before.takeDirty();
  expect([changed.upserts.map(({ key }) => key), changed.removals]).toEqual([["a"], ["b"]]);
  expect(before.takeDirty()).toEqual({ upserts: [], removals: [] });

  const after = new Groups<{ n: number }>(3);
  after.restore([...changed.upserts, ...saved.upserts.filter(({ key }) => key === "c")]);
  expect(after.takeDirty().upserts).toEqual([]);
  for (const groups of [before, after]) {
    groups.set("d", "x", { n: 4 });
    expect(groups.set("e", "x", { n: 5 })).toEqual([["c", { n: 2 }]]);
  }
});
