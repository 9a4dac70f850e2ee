import { expect, test } from "vitest";
import { parseIntel } from "./intel.ts";

test("nobody is asked about attackers unless TYR_INTEL names them", () => {
  expect(parseIntel({})).toEqual({});
  expect(parseIntel({ TYR_INTEL_ABUSEIPDB_KEY_FILE: "/run/key" })).toEqual({});
});

test("sources that need a key have to have a file of it; others are where their makers have them", () => {
  expect(parseIntel({ TYR_INTEL: "abuseipdb" })).toMatchObject({ setting: "TYR_INTEL_ABUSEIPDB_KEY_FILE" });
  expect(parseIntel({ TYR_INTEL: " feodo,greynoise ", TYR_INTEL_GREYNOISE_URL: "http://127.0.0.1:9/" })).toEqual({
    greynoise: { url: "http://127.0.0.1:9", keyFile: undefined, setting: "TYR_INTEL_GREYNOISE_KEY_FILE" },
    feodo: { url: "https://feodotracker.abuse.ch", keyFile: undefined, setting: "TYR_INTEL_FEODO_KEY_FILE" },
  });
});

test("names nobody knows and addresses that will not do are refused by their setting", () => {
  expect(parseIntel({ TYR_INTEL: "virustotal" })).toMatchObject({ setting: "TYR_INTEL" });
  for (const url of [
    "http://example.org",
    "https://a:b@example.org",
    "ftp://example.org",
    "https://example.org/?a",
    "x",
  ])
    expect(parseIntel({ TYR_INTEL: "feodo", TYR_INTEL_FEODO_URL: url })).toMatchObject({
      setting: "TYR_INTEL_FEODO_URL",
    });
});
