import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold } from "./fold.ts";
import { compileRegex } from "./regex.ts";
import { requiredLiterals } from "./required-literals.ts";

const literals = (source: string, ignoresCase = false) => requiredLiterals(source, ignoresCase, fold);

describe("what every match of an expression contains", () => {
  test.each([
    ["abc", ["abc"]],
    ["^Invoke-\\w+Command$", ["invoke-", "command"]],
    ["a.b.c", ["a", "b", "c"]],
    ["abcd?", ["abc"]],
    ["abcd*xyz", ["abc", "xyz"]],
    ["abcd+xyz", ["abcd", "dxyz"]],
    ["abc{2,3}defg", ["defg", "ab"]],
    ["(one|two)three", ["three"]],
    ["one|two", []],
    ["[abc]{3}defg", ["defg"]],
    ["[]abc]xyzw", ["xyzw"]],
    ["[^]]xyzw", ["xyzw"]],
    ["\\Qa.b\\Ecde", []],
    ["\\.exe\\d\\\\tmp", [".exe", "\\tmp"]],
    ["(?i)download", ["download"]],
    ["(?i)wget http", ["wget http"]],
    ["(?i)system32", ["tem32", "y"]],
    ["(?Ui)system32", ["tem32", "y"]],
    ["(?i)naïvement", ["vement", "na"]],
    ["\\pLong way", ["ong way"]],
    ["\\p{Greek}{1,3}-abc", ["-abc"]],
    ["\\x41bcd\\x{1F600}efg\\101hij", ["bcd", "efg", "hij"]],
    ["[[:digit:]z]abc", ["abc"]],
    ["abc😀?def", ["abc", "def"]],
    ["x{(y}abc|def)", ["x"]],
    ["abc{,3}def", ["abc", "def", ",3"]],
    ["abc(?i)?def", []],
  ])("%s", (source, expected) => {
    expect(literals(source)).toEqual(expected);
  });

  test("is in every text that matches, whatever the expression", () => {
    const atom = fc.constantFrom("a", "B", "s", "K", "\\.", ".", "[ab]", "[^a]", "(a|B)", "(?:ab)", "\\d", "(aB)", "é");
    const element = fc.tuple(atom, fc.constantFrom("", "", "", "?", "*", "+", "{0,2}", "{2}", "+?", "*?"));
    const source = fc.array(element, { maxLength: 6 }).map((list) => list.map(([one, many]) => one + many).join(""));
    const text = fc
      .array(fc.constantFrom("a", "A", "b", "B", "s", "ſ", "k", "K", "K", ".", "1", "é", "É"), { maxLength: 9 })
      .map((list) => list.join(""));
    fc.assert(
      fc.property(source, fc.constantFrom("", "i", "s"), text, (expression, flags, subject) => {
        const regex = compileRegex(expression, flags);
        fc.pre(typeof regex !== "string");
        if (typeof regex === "string" || !regex.test(subject)) return;
        for (const literal of requiredLiterals(expression, flags === "i", fold))
          expect(fold(subject)).toContain(literal);
      }),
      { numRuns: 20_000 },
    );
  });
});
