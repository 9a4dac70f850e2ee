import { describe, expect, test } from "vitest";
import { confidenceOfSeveral, stateOfHashes, stateOfLikes, stateOfNames, stateOfNumbers } from "./profile-state.ts";

const HOUR = 3_600_000;
const seen = <V>(values: readonly V[], hours = 1) => values.map((value, at) => ({ atMs: at * hours * HOUR, value }));
const names = (text: string, hours?: number) => seen(text.split(""), hours);

describe("names", () => {
  test.each([
    ["", "unknown"],
    ["AA", "unknown"],
    ["AAA", "stable"],
    ["AAAAA", "stable"],
    ["AABAA", "stable"],
    ["BBBBBBAAAAA", "stable"],
    ["AAABB", "drifting"],
    ["AAB", "drifting"],
    ["ABABA", "multi_actor"],
    ["AABBA", "multi_actor"],
    ["ABA", "conflicted"],
    ["ABCDE", "conflicted"],
    ["AABCA", "conflicted"],
  ])("seen as %s are %s", (text, state) => {
    expect(stateOfNames(names(text)).state).toBe(state);
  });

  test("four alike of five are less sure than five", () => {
    expect([stateOfNames(names("AAAAA")).confidence, stateOfNames(names("AABAA")).confidence]).toEqual([100, 80]);
  });
});

describe("hashes", () => {
  test.each([
    ["AA", 1, "unknown"],
    ["AAAAA", 1, "stable"],
    ["AAAAB", 1, "drifting"],
    ["ABCCC", 1, "drifting"],
    ["ABCDD", 1, "conflicted"],
    ["ABCDE", 7, "conflicted"],
    ["ABCDE", 13, "drifting"],
    ["ABABA", 1, "multi_actor"],
  ])("seen as %s every %i hours are %s", (text, hours, state) => {
    expect(stateOfHashes(names(text, hours)).state).toBe(state);
  });

  test("that are merely alike stand for one another, and one that is not makes no change of hands", () => {
    const isLike = (a: string, b: string): boolean => a[0] === b[0];
    expect(stateOfLikes(seen(["a1", "a2", "a3", "b1", "a4"]), isLike).state).toBe("stable");
    expect(stateOfLikes(seen(["a1", "b2", "a3", "b1", "a4"]), isLike).state).toBe("multi_actor");
    expect(stateOfLikes(seen(["a1", "a2", "a3", "b1", "b4"]), isLike).state).toBe("drifting");
  });
});

describe("numbers", () => {
  test.each([
    [[100, 100], "unknown"],
    [[100, 100, 100], "stable"],
    [[100, 110, 95, 105, 98], "stable"],
    [[100, 100, 100, 100, 131], "drifting"],
    [[100, 100, 100, 100, 130], "stable"],
    [[100, 160, 90, 150, 120], "drifting"],
    [[100, 100, 100, 100, 201], "conflicted"],
    [[100, 100, 100, 100, 200], "drifting"],
    [[900, 100, 950, 110, 920], "multi_actor"],
    [[100, 100, 900, 900, 900], "drifting"],
  ])("of %j are %s", (values, state) => {
    expect(stateOfNumbers(seen(values)).state).toBe(state);
  });
});

test("that several people are behind it is never surer than 0.6, whatever agrees", () => {
  expect([1, 2, 3, 8].map(confidenceOfSeveral)).toEqual([30, 60, 60, 60]);
});
