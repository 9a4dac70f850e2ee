import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeJson, truncate, visible, width } from "./visible-text.ts";

describe("text chosen by an attacker", () => {
  test("cannot move the cursor, change colours or set the terminal's title", () => {
    expect(visible("\u001B[2J\u001B]0;owned\u0007")).toBe("\\x1b[2J\\x1b]0;owned\\x07");
    expect(visible("a\u009B31mb\u007F")).toBe("a\\x9b31mb\\x7f");
  });

  test("cannot reorder, hide or break lines", () => {
    expect(visible("user\u202Egpj.exe")).toBe("user\\u{202e}gpj.exe");
    expect(visible("ro\u200Bot\nroot\r\t")).toBe("ro\\u{200b}ot\\nroot\\r\\t");
    expect(visible("tag\u{E0041} half\uD800 nbsp\u00A0")).toBe("tag\\u{e0041} half\\u{d800} nbsp\\xa0");
  });

  test("keeps the letters of every script", () => {
    for (const text of ["Müller", "管理者", "админ", "مدير", "कार्य"]) expect(visible(text)).toBe(text);
  });

  test("never leaves a character that acts on a terminal, whatever it is made of", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test("stays the same value in JSON and harmless on the way", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = safeJson({ [text]: text });
        expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(json)).toEqual({ [text]: text });
      }),
    );
  });
});

test("wide characters take two cells, combining marks none", () => {
  expect(width("管理")).toBe(4);
  expect(width("e\u0301")).toBe(1);
});

test("what does not fit ends in an ellipsis, and a wide character is never cut in half", () => {
  expect(truncate("password spraying", 9)).toBe("password…");
  expect(truncate("管理者", 4)).toBe("管…");
  expect(truncate("short", 5)).toBe("short");
});
