import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { IntelSource } from "#platform/config";
import { createIntelSources } from "./create-sources.ts";

function source(mode: number, key = "k".repeat(32)): IntelSource {
  const keyFile = join(mkdtempSync(join(tmpdir(), "tyr-intel-")), "key");
  writeFileSync(keyFile, `${key}\n`);
  chmodSync(keyFile, mode);
  return { url: "https://intel.example", keyFile, setting: "TYR_INTEL_X_KEY_FILE" };
}

test("nobody is asked unless the operator says so", () => {
  expect(createIntelSources({})).toEqual({ providers: [], feeds: [] });
});

test("those switched on are there, with the keys their files hold", () => {
  const tracker = { url: "https://feodo.example", keyFile: undefined, setting: "" };
  const { providers, feeds } = createIntelSources({ abuseipdb: source(0o600), feodo: tracker });
  expect(providers.map(({ name }) => name)).toEqual(["abuseipdb"]);
  expect(feeds.map(({ list }) => list)).toEqual(["feodo"]);
});

test("a key that others can read, that is none, or that is not there, is refused by its setting", () => {
  expect(() => createIntelSources({ threatfox: source(0o644) })).toThrow(/TYR_INTEL_X_KEY_FILE: .*chmod 600/);
  for (const bad of ["short", "with\nline feeds inside"])
    expect(() => createIntelSources({ threatfox: source(0o600, bad) })).toThrow(/holds no key/);
  const missing = { ...source(0o600), keyFile: "/nowhere/key" };
  expect(() => createIntelSources({ threatfox: missing })).toThrow(/cannot be read/);
});
