import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { freshKey, parseKeyring, readKeyring, writeKeyring } from "./keyring.ts";

const folder = mkdtempSync(join(tmpdir(), "tyr-keyring-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const now = new Date("2026-11-02T08:00:00Z");
const good = `secrets:2026-1 ${Buffer.alloc(32, 7).toString("base64")}`;
const unusable = (text: string) =>
  expect.objectContaining({ code: "KEYRING_UNUSABLE", message: expect.stringContaining(text) });

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("the file of keys", () => {
  test("is written for its owner alone and read back", () => {
    const path = join(folder, "new", "secrets.keys");
    const keys = [freshKey([], now), freshKey(["secrets:2026-1"], now)];
    writeKeyring(path, keys);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect([...(readKeyring(path)?.keys() ?? [])]).toEqual(["secrets:2026-1", "secrets:2026-2"]);
    expect(readKeyring(path)?.get("secrets:2026-2")?.key).toEqual(keys[1]?.key);
    expect(readFileSync(path, "utf8")).toMatch(/^# /);
  });

  test.each([0o640, 0o604, 0o644, 0o660, 0o777])(
    "that others may read is refused, with what to do: mode %o",
    (mode) => {
      const path = file("open.keys", good, mode);
      expect(() => readKeyring(path)).toThrow(unusable("chmod 600"));
    },
  );

  test.each([0o600, 0o400])("that only its owner may read is taken: mode %o", (mode) => {
    expect(readKeyring(file(`own-${mode}.keys`, good, mode))?.size).toBe(1);
  });

  test("is followed through a link to the file whose mode counts, and must be a file", () => {
    const link = join(folder, "link.keys");
    symlinkSync(file("behind.keys", good, 0o644), link);
    expect(() => readKeyring(link)).toThrow(unusable("chmod 600"));
    mkdirSync(join(folder, "folder.keys"), { mode: 0o700 });
    expect(() => readKeyring(join(folder, "folder.keys"))).toThrow(unusable("not a file"));
    expect(readKeyring(join(folder, "missing.keys"))).toBeUndefined();
  });

  test.each([
    ["nothing", "# only a comment\n"],
    ["a short key", "secrets:2026-1 AAAA"],
    ["a key in two spellings", `${good.slice(0, -2)}9=`],
    ["another name", good.replace("secrets:", "cookies:")],
    ["something behind the key", `${good} and more`],
    ["two keys of one name", `${good}\n${good}`],
  ])("with %s is refused, and the line is not repeated", (_what, text) => {
    expect(() => parseKeyring("f", text)).toThrow(unusable("f"));
    expect(() => parseKeyring("f", text)).not.toThrow(unusable("BwcHBwcH"));
  });

  test("that cannot be written says to add a key by hand", () => {
    expect(() => writeKeyring(join(file("not-a-folder", "x"), "secrets.keys"), [freshKey([], now)])).toThrow(
      unusable("by hand"),
    );
  });
});
