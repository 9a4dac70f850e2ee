import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isHidden, visibleParts, visibleText } from "./visible-text.ts";

test("ordinary text, markup included, stays one piece of text", () => {
  expect(visibleParts(`<img src=x onerror="alert(1)">`)).toEqual([
    { kind: "text", text: `<img src=x onerror="alert(1)">` },
  ]);
});

test("an escape sequence is shown and can no longer act", () => {
  expect(visibleText("\u001b]0;owned\u0007ls")).toBe("‹ESC›]0;owned‹BEL›ls");
});

test("a direction override is named, so reordered text is seen for what it is", () => {
  expect(visibleParts("safe\u202Egpj.exe")).toEqual([
    { kind: "text", text: "safe" },
    { kind: "mark", sign: "‹202E›", name: "right-to-left override (U+202E)" },
    { kind: "text", text: "gpj.exe" },
  ]);
});

test("C1 controls, zero-width characters, tags and lone surrogates are marked", () => {
  expect(visibleText("a\u009bb\u200bc\u{e0041}d\ud800e")).toBe("a‹009B›b‹200B›c‹E0041›d‹D800›e");
});

test("accents, other scripts and emoji are not touched", () => {
  expect(visibleText("Þórr, Тюр, 北斗, 🗡")).toBe("Þórr, Тюр, 北斗, 🗡");
});

test("no hidden character survives, whatever the input", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const character of visibleText(text)) expect(isHidden(character.codePointAt(0) ?? 0)).toBe(false);
    }),
  );
});

test("a limit bounds the work on a huge line", () => {
  expect(visibleText("x".repeat(1_000_000), 5)).toBe("xxxxx");
});
