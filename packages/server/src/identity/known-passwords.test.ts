import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openKnownPasswords } from "./known-passwords.ts";

const folder = mkdtempSync(join(tmpdir(), "tyr-passwords-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex").toUpperCase();

describe("the lists of leaked passwords", () => {
  test.each(["password", "12345678", "PASSWORD1", "iloveyou", "qwertyuiop", "password"])(
    "the bundled one knows %s",
    async (password) => {
      expect(await (await openKnownPasswords(undefined)).isKnown(password)).toBe(true);
    },
  );

  test("the bundled one does not know what nobody used, nor empty text", async () => {
    const { isKnown } = await openKnownPasswords(undefined);
    const fresh = Array.from({ length: 2_000 }, (_, at) => `no leak holds this ${at}`);
    const found = await Promise.all(["", ...fresh].map(isKnown));
    expect(found.filter(Boolean)).toEqual([]);
  });

  test.each([1, 2, 3, 50, 1_001])(
    "a file of %d hashes is searched in place: all of its own are found and nothing else",
    async (count) => {
      const words = Array.from({ length: count }, (_, at) => `leaked kettle ${at}`);
      const path = join(folder, `${count}.txt`);
      const lines = words.map((word, at) => `${sha1(word)}:${at * 7919}`).toSorted();
      writeFileSync(path, `${lines.join(count === 50 ? "\n" : "\r\n")}${count === 3 ? "" : "\r\n"}`);
      const known = await openKnownPasswords(path);
      expect((await Promise.all(words.map(known.isKnown))).filter((found) => !found)).toEqual([]);
      const others = await Promise.all(words.map(async (word) => await known.isKnown(`${word}!`)));
      expect(others.filter(Boolean)).toEqual([]);
      await known.close();
    },
  );

  test("a file that is no list, or is not there, is refused before anything starts", async () => {
    const path = join(folder, "not.txt");
    writeFileSync(path, "password\n123456\n");
    for (const wrong of [path, join(folder, "missing.txt")])
      await expect(openKnownPasswords(wrong)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
