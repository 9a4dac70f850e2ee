import { describe, expect, test } from "vitest";
import { countOf, inOrder, jaccard, keep, meet, type FirstContacts, type KeptSet } from "./kept-set.ts";

const hashes = Array.from({ length: 4_000 }, (_, index) =>
  ((index * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, "0").padEnd(12, "7"),
);

function kept(values: readonly string[], max: number): KeptSet {
  const set: KeptSet = [];
  for (const value of values) keep(set, value, max);
  return set;
}

describe("bounded sets", () => {
  test("hold the same whatever the order values come in", () => {
    expect(kept(hashes.toReversed(), 64)).toEqual(kept(hashes, 64));
    expect(kept([...hashes.slice(2_000), ...hashes], 64)).toEqual(kept(hashes, 64));
  });

  test("say what became of a value", () => {
    const set: KeptSet = [];
    expect(keep(set, "b", 1)).toEqual({ outcome: "added" });
    expect(keep(set, "b", 1)).toEqual({ outcome: "known" });
    expect(keep(set, "c", 1)).toEqual({ outcome: "dropped" });
    expect(keep(set, "a", 1)).toEqual({ outcome: "added", evicted: "b" });
  });

  test("count exactly what fits, and estimate what does not within a fifth", () => {
    expect(countOf(kept(hashes.slice(0, 50), 128), 128)).toBe(50);
    const estimate = countOf(kept(hashes, 128), 128);
    expect(estimate).toBeGreaterThan(3_200);
    expect(estimate).toBeLessThan(4_800);
  });

  test("are as alike as what they are samples of, although most fell out of both", () => {
    const [a, b] = [hashes.slice(0, 3_000), hashes.slice(1_000)];
    expect(jaccard(kept(a, 128), kept(b, 128), 128)).toBeCloseTo(0.5, 0.5);
    expect(jaccard(kept(hashes, 128), kept(hashes, 128), 128)).toBe(1);
    expect(jaccard([], [], 128)).toBe(0);
  });
});

describe("first contacts", () => {
  test("keep the names met first, whatever the order they are told in", () => {
    const told = Array.from({ length: 40 }, (_, index) => ({ name: `n${(index * 7) % 40}`, ms: (index * 13) % 40 }));
    const [forward, backward]: [FirstContacts, FirstContacts] = [{}, {}];
    for (const at of told) meet(forward, at, 5);
    for (const at of told.toReversed()) meet(backward, at, 5);
    expect(inOrder(forward)).toEqual(inOrder(backward));
    expect(inOrder(forward).map(({ ms }) => ms)).toEqual([0, 1, 2, 3, 4]);
  });

  test("take names of the object's own prototype for names", () => {
    const contacts: FirstContacts = {};
    meet(contacts, { name: "constructor", ms: 3 }, 5);
    meet(contacts, { name: "toString", ms: 1 }, 5);
    expect(inOrder(contacts).map(({ name }) => name)).toEqual(["toString", "constructor"]);
  });
});
