import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePipeline, type Pipeline } from "@tyr/sigma";
import { describe, expect, test } from "vitest";
import { loadRulePack } from "./rule-pack.ts";
import { runRulePackTests } from "./rule-tests.ts";

/** Spam that a filter kept was no phishing, and whoever sends it searches for nothing: ATT&CK has no technique for it. */
const WITHOUT_TECHNIQUE = ["mail/listed-sender.yml", "mail/spam-sent.yml"];
const RULES = fileURLToPath(new URL("../../../../../rules", import.meta.url));

describe("the rule pack that comes with Tyr", () => {
  test("finds in raw log lines what its tests say, and nothing besides", async () => {
    const { total, failures } = await runRulePackTests([RULES]);
    expect(failures).toEqual([]);
    expect(total).toBeGreaterThan(100);
  });

  test("loads whole; each finding rule says what it finds, what it is worth and who else does that", () => {
    const { rules, rejected } = loadRulePack(RULES);
    expect(rejected).toEqual([]);
    const findings = [...rules.values()].filter(({ sigma }) => sigma.reported);
    expect(findings.length).toBeGreaterThanOrEqual(25);
    const incomplete = findings.filter(({ sigma, techniques, severity, riskPoints, phrase }) => {
      const isTold = sigma.author === "Tyr maintainers" && sigma.description !== undefined;
      const isWeighed = severity === "info" || (riskPoints > 0 && phrase !== null);
      const isTagged = techniques.length > 0 !== WITHOUT_TECHNIQUE.includes(sigma.path);
      return !isTold || !isWeighed || sigma.falsepositives.length === 0 || !isTagged;
    });
    expect(incomplete.map(({ sigma }) => sigma.path)).toEqual([]);
  });

  test("has tests beside every rule, also those that only feed others", () => {
    const names = readdirSync(RULES, { recursive: true, encoding: "utf8" });
    const { rules } = loadRulePack(RULES);
    const missing = [...rules.values()]
      .filter(({ sigma }) => !names.includes(sigma.path.replace(/\.yml$/, ".test.yml")))
      .map(({ sigma }) => sigma.path);
    expect(missing).toEqual([]);
  });
});

const rule = `
title: Shadow read
id: 11111111-2222-4333-8444-555555555555
tags: [attack.t1003.008]
logsource: { category: command }
detection: { selection: { CommandLine|contains: /etc/shadow }, condition: selection }
level: high
`;
const line = (command: string) =>
  JSON.stringify({
    eventid: "cowrie.command.input",
    input: command,
    timestamp: "2026-02-01T10:00:00.000000Z",
    src_ip: "203.0.113.7",
    session: "a1",
    sensor: "decoy",
  });
const bomb = `- &a [x, x]\n${"bcdefghijklmnopqrstuvwxyz"
  .split("")
  .map(
    (name, at) => `- &${name} [${Array.from({ length: 9 }, () => `*${"abcdefghijklmnopqrstuvwxy"[at]}`).join(", ")}]`,
  )
  .join("\n")}\n`;
const oneTest = (command: string, expected: string) =>
  `- name: a test\n  lines: ['${line(command)}']\n  expect: ${expected}\n`;

async function run(files: Readonly<Record<string, string>>, pipelines: readonly Pipeline[] = []) {
  const dir = mkdtempSync(join(tmpdir(), "tyr-rules-"));
  try {
    mkdirSync(join(dir, "shell"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, "shell", name), text);
    return await runRulePackTests([dir], pipelines);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe("a rule test", () => {
  const found = "[11111111-2222-4333-8444-555555555555]";
  test("passes when exactly the expected rules find something", async () => {
    const files = { "a.yml": rule, "a.test.yml": oneTest("cat /etc/shadow", found) + oneTest("ls", "none") };
    expect(await run(files)).toEqual({ total: 2, failures: [] });
  });

  test.each([
    ["a hit that is none", oneTest("ls", found), "not found: Shadow read"],
    ["a finding nobody expected", oneTest("cat /etc/shadow", "none"), "found besides: Shadow read"],
    ["a line nobody can read", `- { name: x, lines: ["###"], expect: none }`, "line 1 cannot be read"],
    ["a misspelt key", `- { name: x, line: ["ls"], expect: none }`, "/0/line is not known"],
    ["nothing to play", `- { name: x, expect: none }`, "/0 required is exactly one of lines, event, events"],
    ["two things to play", `- { name: x, lines: ["ls"], event: { a: 1 }, expect: none }`, "required is exactly one"],
    [
      "an event with a format",
      `- { name: x, event: { a: 1 }, format: json, expect: none }`,
      "format: it is about lines",
    ],
    [
      "a line with a log source",
      `- { name: x, lines: ["ls"], logsource: {}, expect: none }`,
      "logsource: lines get theirs",
    ],
    ["YAML nested without end", `- ${"[".repeat(100_000)}`, ""],
    ["aliases that grow without end", bomb, ""],
    ["YAML that is none", `- {`, "1:4: "],
    ["two documents", `- { name: x }\n---\n- { name: y }\n`, "2:1: a file of tests is one list"],
  ])("fails on %s and says so", async (_, tests, message) => {
    const { failures } = await run({ "a.yml": rule, "a.test.yml": tests });
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]?.message).toContain(message);
    expect(failures[0]?.message).not.toContain("\n");
  });

  test("a rule that does not load is a failure of its own", async () => {
    const { failures } = await run({
      "a.yml": rule.replace("t1003.008", "t9999"),
      "a.test.yml": oneTest("ls", "none"),
    });
    expect(failures).toMatchObject([{ name: "loads", message: expect.stringContaining("T9999 is not in ATT&CK") }]);
  });

  test("reads the files the server reads: links followed, names with a dot left out, what cannot be read told", async () => {
    const dir = mkdtempSync(join(tmpdir(), "tyr-rules-"));
    try {
      mkdirSync(join(dir, "..2026"));
      writeFileSync(join(dir, "..2026", "a.YML"), rule);
      symlinkSync("..2026/a.YML", join(dir, "a.YML"));
      writeFileSync(join(dir, "a.test.yml"), oneTest("cat /etc/shadow", found));
      writeFileSync(join(dir, ".a.yml.swp.yml"), "no rule");
      expect(await runRulePackTests([dir])).toEqual({ total: 1, failures: [] });
      expect(await runRulePackTests([join(dir, "a.YML")])).toEqual({ total: 1, failures: [] });
      symlinkSync("nowhere.yml", join(dir, "gone.yml"));
      const failures = [{ file: "gone.yml", name: "loads", message: "there is no such file or folder" }];
      expect(await runRulePackTests([dir])).toEqual({ total: 1, failures });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test("a rule no test expects to find anything is a failure of its own", async () => {
    const second = rule.replace("11111111", "22222222").replace("/etc/shadow", "/etc/gshadow");
    const files = { "a.yml": rule, "a.test.yml": oneTest("cat /etc/shadow", found), "b.yml": second };
    expect((await run(files)).failures).toMatchObject([{ file: "shell/b.yml", name: "is tested" }]);
  });

  test("plays events past the normalisers, routed by their fields or as the case says", async () => {
    const command = "CommandLine: cat /etc/shadow";
    const cowrie = `- { name: routed, event: { eventid: cowrie.command.input, ${command} }, expect: ${found} }\n`;
    const named = `- { name: named, event: { ${command} }, logsource: { category: command }, expect: ${found} }\n`;
    const unknown = `- { name: unknown, event: { ${command} }, expect: none }\n`;
    expect(await run({ "a.yml": rule, "a.test.yml": cowrie + named + unknown })).toMatchObject({
      total: 3,
      failures: [],
    });
  });

  const fed = `${rule.replace("title:", "name: read\ntitle:")}
---
title: Reading a lot
id: 33333333-2222-4333-8444-555555555555
tags: [attack.t1003.008]
correlation: { type: event_count, rules: [read], group-by: [User], timespan: 5m, condition: { gte: 3 } }
level: high
`;
  const events = (count: number) =>
    `logsource: { category: command }, events: [${Array.from({ length: count }, () => "{ CommandLine: cat /etc/shadow, User: eve }").join(", ")}]`;

  test("sees rules that are no findings of their own by matches, and correlations over events by expect", async () => {
    const many = "[33333333-2222-4333-8444-555555555555]";
    const three = `- { name: three, ${events(3)}, expect: ${many}, matches: ${found} }\n`;
    const two = `- { name: two, ${events(2)}, expect: none, matches: ${found} }\n`;
    expect(await run({ "a.yml": fed, "a.test.yml": three + two })).toEqual({ total: 2, failures: [] });
    const wrong = `- { name: two, ${events(2)}, expect: none, matches: none }\n`;
    expect((await run({ "a.yml": fed, "a.test.yml": three + wrong })).failures).toMatchObject([
      { name: "two", message: expect.stringContaining("of matches: found besides: Shadow read") },
    ]);
  });

  test("pipelines change the rules before they are tested", async () => {
    const read = parsePipeline({
      path: "p.yml",
      text: "name: p\ntransformations: [{ type: field_name_mapping, mapping: { CommandLine: cmd } }]",
    });
    if (!read.ok) throw new Error("the pipeline does not load");
    const test = `- { name: x, event: { cmd: cat /etc/shadow }, logsource: { category: command }, expect: ${found} }\n`;
    const files = { "a.yml": rule, "a.test.yml": test };
    expect((await run(files)).failures).toHaveLength(1);
    expect((await run(files, [read.pipeline])).failures).toEqual([]);
  });
});
