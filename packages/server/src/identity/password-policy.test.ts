import { describe, expect, test } from "vitest";
import { checkPassword, normalizePassword } from "./password-policy.ts";

describe("a password", () => {
  test.each([
    "correct horse battery staple",
    "short",
    "fourteen chars",
    "passwordpassword",
    "Password123456789!",
    "Adm1n-adm1n-adm1n",
    "aaaaaaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabc",
    "abcdefghijklmnop",
    "ponmlkjihgfedcba",
    "qwertyuiopasdfgh",
    "1234567890123456",
    "1qaz2wsx3edc1qaz2wsx3edc",
    "Administrator2026!!",
    "grace-hopper-grace-hopper",
    "grace.hopper.1906.1992",
    "tyrtyrtyrtyrtyrtyr",
  ])("that is short, known, repeated or the name is refused: %s", (password) => {
    expect(checkPassword(password, "grace.hopper")).toMatchObject({ refusal: { code: "PASSWORD_TOO_WEAK" } });
  });

  test.each([
    "the kettle sang at noon",
    "пятнадцать букв да",
    "korrekt-pferd-batterie-heftklammer",
    "zlw3 hgq0 pmbt 77",
    "🦊🦊 crossed the frozen lake",
  ])("that is long and one's own is taken, without rules about its characters: %s", (password) => {
    expect(checkPassword(password, "grace.hopper").ok).toBe(true);
  });

  test("is counted in characters, not in bytes, and two spellings of one character are one password", () => {
    expect(checkPassword("🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤", "x")).toMatchObject({
      refusal: { detail: expect.stringContaining("14") as string },
    });
    expect(normalizePassword("cafe\u0301 au lait tous")).toBe(normalizePassword("café au lait tous"));
  });
});
