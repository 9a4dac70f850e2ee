import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LedgerError } from "./errors.ts";
import { parseJson } from "./parse-json.ts";

function codeThrown(text: string): string {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return "accepted";
}

function plainParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe("the strict JSON parser", () => {
  test("a repeated member name is refused, also when it is spelt with an escape", () => {
    expect(codeThrown('{"a":1,"\\u0061":2}')).toBe("LEDGER_JSON_DUPLICATE_NAME");
    expect(codeThrown('[{"x":{"a":1,"b":2,"a":3}}]')).toBe("LEDGER_JSON_DUPLICATE_NAME");
    expect(codeThrown('{"__proto__":1,"__proto__":2}')).toBe("LEDGER_JSON_DUPLICATE_NAME");
  });

  test("a member named __proto__ is an ordinary member", () => {
    const parsed = parseJson('{"__proto__":{"admin":true}}');
    expect(Object.keys(parsed ?? {})).toEqual(["__proto__"]);
    expect(JSON.stringify(parsed)).toBe('{"__proto__":{"admin":true}}');
  });

  test.each([
    "",
    " ",
    "{",
    "[1,]",
    '{"a":1,}',
    "{a:1}",
    "01",
    "1.",
    "+1",
    ".5",
    "NaN",
    "tru",
    "nullx",
    "1 2",
    '"\n"',
    '"\\x"',
    '{"a" 1}',
    "[1 2]",
    "\u00a01",
    "'a'",
    "]",
  ])("%j is refused as JSON.parse refuses it", (text) => {
    expect(plainParse(text)).toBeUndefined();
    expect(codeThrown(text)).toBe("LEDGER_JSON_INVALID");
  });

  test("hostile nesting is refused without exhausting the stack", () => {
    expect(codeThrown("[".repeat(1_000_000))).toBe("LEDGER_JSON_TOO_DEEP");
  });

  test("on text without repeated names it agrees with JSON.parse", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test("whatever the text, it either agrees with JSON.parse or refuses", () => {
    const snippets = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      '"a"',
      '"b"',
      "1",
      "-",
      ".",
      "e5",
      " ",
      "\n",
      "null",
      "true",
      "\\",
      '"',
    );
    fc.assert(
      fc.property(fc.array(snippets, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        const plain = plainParse(text);
        const code = codeThrown(text);
        const expected =
          plain === undefined
            ? ["LEDGER_JSON_INVALID", "LEDGER_JSON_DUPLICATE_NAME"]
            : // JSON.parse reads 1e511 as Infinity; we refuse what no double can hold.
              ["accepted", "LEDGER_JSON_DUPLICATE_NAME", ...(text.includes("e5") ? ["LEDGER_JSON_NUMBER"] : [])];
        expect(expected).toContain(code);
        expect(code === "accepted" ? JSON.stringify(parseJson(text)) : "").toBe(
          code === "accepted" ? JSON.stringify(plain) : "",
        );
      }),
      { numRuns: 2000 },
    );
  });
});
