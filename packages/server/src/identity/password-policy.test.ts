import { describe, expect, test } from "vitest";
import { openKnownPasswords } from "./known-passwords.ts";
import { checkPassword, normalizePassword } from "./password-policy.ts";

const { isKnown } = await openKnownPasswords(undefined);
const alone = { name: "grace.hopper", hasSecondFactor: false };
const beside = { name: "grace.hopper", hasSecondFactor: true };

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
  ])("that is short, known, repeated or the name is refused: %s", async (password) => {
    expect(await checkPassword(password, alone, isKnown)).toMatchObject({ refusal: { code: "PASSWORD_TOO_WEAK" } });
  });

  test.each([
    "the kettle sang at noon",
    "пятнадцать букв да",
    "korrekt-pferd-batterie-heftklammer",
    "zlw3 hgq0 pmbt 77",
    "🦊🦊 crossed the frozen lake",
  ])("that is long and one's own is taken, without rules about its characters: %s", async (password) => {
    expect((await checkPassword(password, alone, isKnown)).ok).toBe(true);
  });

  test("is counted in characters, not in bytes, and two spellings of one character are one password", async () => {
    expect(await checkPassword("🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤", alone, isKnown)).toMatchObject({
      refusal: { detail: expect.stringContaining("14") as string },
    });
    expect(normalizePassword("cafe\u0301 au lait tous")).toBe(normalizePassword("café au lait tous"));
  });

  test("may have 8 characters beside a second factor, but no fewer, and never well-known ones", async () => {
    expect((await checkPassword("zlw3hgq0", beside, isKnown)).ok).toBe(true);
    expect(await checkPassword("zlw3hgq0", alone, isKnown)).toMatchObject({
      refusal: { detail: "the password has 8 characters; at least 15 are needed" },
    });
    for (const password of ["zlw3hgq", "liverpool1", "marlboro", "Scooby-Doo".replace("-", ""), "g.hopper1"])
      expect(await checkPassword(password, beside, isKnown)).toMatchObject({ refusal: { code: "PASSWORD_TOO_WEAK" } });
  });

  test("of 64 characters and more is taken whole: neither cut off nor refused for its length", async () => {
    const long = Array.from({ length: 40 }, (_, at) => `w${at * 37}`).join(" ");
    expect(await checkPassword(long, alone, isKnown)).toEqual({ ok: true, value: long });
  });
});
