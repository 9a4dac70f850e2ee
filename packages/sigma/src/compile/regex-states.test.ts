import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { estimateStates } from "./regex-states.ts";

const sizeOf = (source: string): number => RE2JS.compile(source, 0).programSize();

describe("what a regular expression would come to", () => {
  test.each([
    ["abc", 5],
    ["(a?){1000}", 4_002],
    ["((a?){30}){30}", 3_662],
    ["(?:ab){2,5}", 15],
    [".{1000,}", 1_003],
  ])("%s is about %d states, told from its text", (source, states) => {
    expect(estimateStates(source)).toBe(states);
  });

  test.each([
    "a*b+c?d{3}e{2,}f{0,4}",
    "(?i)(?P<name>a|b|cd){7}(?<other>[a-z]{12}|\\d{3}){5}",
    "(|){9}(?i)x(?:y(?i)z){6}",
    "[]a]{5}[^]b]{5}[[:alpha:])(]{6}\\x{41}{7}\\101{3}",
    String.raw`\Q[\E((a?){30}){30}\Q]\E`,
    String.raw`(\Q)\E){40}\Qa{9}(\E{3}b{10}`,
    String.raw`\({20}\[{20}(\\){20}`,
    "([a-f]|\\d\\s|a){60}[0-9]x?",
    "((((a{2}){2}){2}){2}b{3}){4}",
  ])("%s is not told to be much less than RE2 makes of it", (source) => {
    expect(estimateStates(source)).toBeGreaterThanOrEqual(sizeOf(source) - 4);
    expect(estimateStates(source)).toBeLessThan(2 * sizeOf(source) + 32);
  });

  test("tables of Unicode count each time they are written, for reading them is what takes long", () => {
    expect(estimateStates(`[${String.raw`\pL`.repeat(5_000)}]`)).toBeGreaterThan(40_000);
  });

  test.each(["(?P<", "\\p{", "(", "[", "{9", "\\Q", "a{1000}", "(?", "(?i"])(
    "half a million characters of %s are looked at once",
    (part) => {
      const began = performance.now();
      estimateStates(part.repeat(Math.ceil(500_000 / part.length)));
      expect(performance.now() - began).toBeLessThan(2_000);
    },
  );
});
