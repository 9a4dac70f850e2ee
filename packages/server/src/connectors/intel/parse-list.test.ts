import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIST_NAMES, parseList } from "./parse-list.ts";

const HASH = "ab".repeat(32);

describe("lists as their makers publish them", () => {
  test("MalwareBazaar's export gives hashes with families; comments and broken lines are told apart", () => {
    const text = [
      "################################################################",
      '# "first_seen_utc","sha256_hash","md5_hash","sha1_hash","reporter","file_name","file_type_guess","mime_type","signature"',
      `"2026-01-01 00:00:00", "${HASH.toUpperCase()}", "${"c".repeat(32)}", "${"d".repeat(40)}", "abuse_ch", "a, b.exe", "exe", "application/x-dosexec", "AgentTesla", "n/a"`,
      `"2026-01-01 00:00:00", "${"cd".repeat(32)}", "", "", "x", "y", "exe", "z", "n/a"`,
      '"2026-01-01 00:00:00", "no hash"',
      "",
    ].join("\r\n");
    expect(parseList("malwarebazaar", text)).toEqual({
      rejected: 1,
      entries: [
        { kind: "sha256", value: HASH, score: 1, threatTypes: ["payload"], families: ["AgentTesla"] },
        { kind: "sha256", value: "cd".repeat(32), score: 1, threatTypes: ["payload"], families: [] },
      ],
    });
    expect(parseList("malwarebazaar", `${HASH}\n`)?.entries).toHaveLength(1);
  });

  test("ThreatFox's export is read as JSON and as CSV, addresses and hashes only, by threat type", () => {
    const iocs = {
      "1": [
        {
          ioc_value: "8.8.4.4:443",
          ioc_type: "ip:port",
          threat_type: "botnet_cc",
          malware_printable: "Sliver",
          confidence_level: 50,
        },
      ],
      "2": [{ ioc_value: "bad.example", ioc_type: "domain", threat_type: "botnet_cc", confidence_level: 50 }],
    };
    const address = { kind: "ip", value: "8.8.4.4", score: 0.5, threatTypes: ["botnet_cc"], families: ["Sliver"] };
    expect(parseList("threatfox", JSON.stringify(iocs))).toEqual({ entries: [address], rejected: 1 });
    const csv = `"2026-01-01 00:00:00", "1", "8.8.4.4:443", "ip:port", "botnet_cc", "win.sliver", "None", "Sliver", "", "50", "False"`;
    expect(parseList("threatfox", csv)).toEqual({ entries: [address], rejected: 0 });
  });

  test("fingerprints of one's own are checked for the form they claim", () => {
    const ja3 = "e7eca2baf4458d095b7f45da28c16c34";
    const lines = [
      `ja3,${ja3},Sliver`,
      "ja3,not-one,x",
      `hassh,${ja3},Metasploit`,
      `nonsense,${ja3},x`,
      `${ja3},2017-07-14 18:08:15,2019-07-27 20:42:54,Adware`,
    ];
    const parsed = parseList("fingerprints", lines.join("\n"));
    expect(parsed?.rejected).toBe(2);
    expect(parsed?.entries.map(({ kind, families }) => [kind, families[0]])).toEqual([
      ["ja3", "Sliver"],
      ["hassh", "Metasploit"],
      ["ja3", "Adware"],
    ]);
    expect(
      parseList("fingerprints", JSON.stringify([{ kind: "ja3", value: ja3, tool: "x<script>" }]))?.entries[0]?.families,
    ).toEqual(["x script"]);
  });

  test("hostile lists end in a refusal or in rejected lines, in time", () => {
    fc.assert(
      fc.property(fc.constantFrom(...LIST_NAMES), fc.oneof(fc.string({ unit: "binary" }), fc.json()), (list, text) => {
        const parsed = parseList(list, text);
        for (const { value } of parsed?.entries ?? []) expect(value).toMatch(/^[0-9a-f:._a-z]{2,128}$/);
      }),
    );
    const before = performance.now();
    parseList("malwarebazaar", `${'"'.repeat(500_000)}\n${",".repeat(500_000)}\n${" ".repeat(4_000)}`);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
