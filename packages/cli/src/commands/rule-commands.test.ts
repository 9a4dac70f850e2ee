import { spawnSync } from "node:child_process";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { run } from "../run.ts";
import { fakeWorld, temporaryDirectory } from "../testing/fake-world.ts";

let home: string;
let rules: string;
beforeEach(async () => {
  home = await temporaryDirectory();
  rules = path.join(home, "rules");
  await mkdir(rules);
});

const write = async (name: string, text: string | Buffer): Promise<string> => {
  const file = path.join(home, name);
  await writeFile(file, text);
  return file;
};
const tyr = async (argv: readonly string[], input?: string) => {
  const world = await fakeWorld({ argv, ...(input === undefined ? {} : { input }) });
  return { code: await run(world, "0"), out: world.out(), err: world.err() };
};

const shadow = `title: Shadow read
id: 11111111-2222-4333-8444-555555555555
name: shadow
tags: [attack.credential-access, attack.t1003.008]
logsource: { category: command }
detection: { selection: { CommandLine|contains: /etc/shadow }, root: { user.name: root }, condition: selection and not root }
`;
const often = `title: Often
name: often
correlation: { type: event_count, rules: [shadow], group-by: [source.ip], timespan: 5m, condition: { gte: 3 } }
`;
const renames = "name: p\ntransformations: [{ type: field_name_mapping, mapping: { CommandLine: cmd } }]\n";
const line = (input: string) =>
  JSON.stringify({
    eventid: "cowrie.command.input",
    input,
    timestamp: "2026-02-01T10:00:00Z",
    session: "a1",
    src_ip: "203.0.113.7",
  });

describe("tyr rule validate", () => {
  const lost = shadow
    .replace("category: command", "product: nowhere")
    .replace("11111111", "22222222")
    .replace("shadow\n", "lost\n");

  test("tells what is rejected from what can never match; only --strict minds the latter", async () => {
    await write("rules/good.yml", shadow);
    await write("rules/lost.yml", lost);
    const lax = await tyr(["rule", "validate", rules, "--sources", "table", "--json"]);
    expect([lax.code, JSON.parse(lax.out)]).toMatchObject([
      0,
      [{ status: "loaded" }, { status: "never", line: 1, reason: "no log source has product nowhere" }],
    ]);
    expect((await tyr(["rule", "validate", rules, "--sources", "table", "--strict"])).code).toBe(6);
  });

  test("asks the server's own log sources about rules its table does not reach", async () => {
    await write("rules/lost.yml", lost.replace("product: nowhere", "product: our-shop, category: webserver"));
    expect((await tyr(["rule", "validate", rules, "--strict"])).code).toBe(0);
    expect((await tyr(["rule", "validate", rules, "--strict", "--sources", "table"])).code).toBe(6);
  });

  test.each([
    ["a file that is too long", "x".repeat(3_000_000), "yaml-limit"],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0, 1]), "[a-z-]+"],
    ["nesting without end", "[".repeat(100_000), "yaml-limit"],
  ])("rejects %s with its place, and loads the others", async (_, text, code) => {
    await write("rules/bad.yml", text);
    await write("rules/good.yml", shadow);
    const { code: exit, out, err } = await tyr(["rule", "validate", rules]);
    expect([exit, err]).toEqual([
      6,
      "2 rules in 2 files: 1 loaded, 1 rejected, 0 never applicable, 0 with warnings.\n",
    ]);
    expect(out).toMatch(new RegExp(`rejected +\\S+bad\\.yml:\\d+:\\d+ .*\\[${code}\\]`));
  });

  test("what cannot be read is reported and stops nothing; links are followed, once, and hidden names are left out", async () => {
    await mkdir(path.join(rules, "..data"));
    await write("rules/..data/good.yml", shadow);
    await symlink(path.join("..data", "good.yml"), path.join(rules, "good.yml"));
    await symlink("nowhere.yml", path.join(rules, "lost.yml"));
    await symlink("ring.yml", path.join(rules, "ring.yml"));
    await symlink(".", path.join(rules, "again"));
    const { code, out, err } = await tyr(["rule", "validate", rules]);
    expect(code).toBe(6);
    expect(out).toMatch(/rejected +\S+lost\.yml:1:1 .*there is no such file \(ENOENT\) \[file-unreadable\]/);
    expect(out).toMatch(/rejected +\S+ring\.yml:1:1 .*leads back to itself \(ELOOP\) \[file-unreadable\]/);
    expect(err).toContain("3 rules in 3 files: 1 loaded, 2 rejected");
  });

  test("rules and tests whose names end in capitals are what they are", async () => {
    await write("rules/LOUD.YML", shadow);
    await write("rules/LOUD.TEST.YML", "no rule");
    expect((await tyr(["rule", "validate", rules])).err).toContain("1 rules in 1 files: 1 loaded, 0 rejected");
  });

  test("a file and a folder nobody may read are reported, and the others load", async () => {
    await write("rules/good.yml", shadow);
    await write("rules/locked.yml", shadow);
    await mkdir(path.join(rules, "closed"), { mode: 0o000 });
    await chmod(path.join(rules, "locked.yml"), 0o000);
    const { stdout, stderr } = withoutPrivileges([tyrProgram, "rule", "validate", rules]);
    await chmod(path.join(rules, "closed"), 0o700);
    expect(stdout.match(/\(EACCES\) \[file-unreadable\]/g)).toHaveLength(2);
    expect(stderr).toContain("1 loaded, 2 rejected");
  });

  test("a pipeline that cannot be used is named with its place, and no rule is judged", async () => {
    await write("rules/good.yml", shadow);
    const pipeline = await write("p.yml", "name: p\ntransformations:\n  - { type: no_such_thing }\n");
    const { code, out, err } = await tyr(["rule", "validate", rules, "--pipeline", pipeline]);
    expect([code, out]).toEqual([6, ""]);
    expect(err).toMatch(/p\.yml:3:\d+: unknown transformation "no_such_thing" \[pipeline-invalid\]/);
  });
});

const tyrProgram = path.join(import.meta.dirname, "../../bin/tyr.mjs");

/** The superuser reads everything, unless it starts a program without that capability. */
function withoutPrivileges(argv: readonly string[]): Readonly<{ stdout: string; stderr: string }> {
  const bounded = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"];
  const [program = "", ...rest] = [...(process.getuid?.() === 0 ? bounded : []), process.execPath, ...argv];
  return spawnSync(program, rest, { encoding: "utf8" });
}

describe("tyr rule explain", () => {
  const decided = async (...argv: readonly string[]) => {
    const { code, out, err } = await tyr(["rule", "explain", ...argv, "--json"]);
    if (code !== 0) throw new Error(err);
    const { matched, applies, decidedBy } = JSON.parse(out) as Record<"matched" | "applies" | "decidedBy", unknown>;
    return { matched, applies, items: (decidedBy as { item: string }[]).map(({ item }) => item) };
  };
  beforeEach(async () => {
    await write("rules/shadow.yml", shadow);
    await write("rules/often.yml", often);
  });

  test("names the lines that decided, for events as they are and for lines as intake reads them", async () => {
    const event = { eventid: "cowrie.command.input", CommandLine: "cat /etc/shadow", "user.name": "root" };
    const asIs = await decided("shadow", JSON.stringify(event), "--rules", rules);
    expect(asIs).toMatchObject({ matched: false, applies: true, items: [expect.stringContaining("user.name")] });
    const read = await decided("shadow", line("cat /etc/shadow"), "--rules", rules, "--format", "cowrie");
    expect(read).toMatchObject({ matched: true, applies: true, items: { length: 2 } });
    const syslog = "Feb  1 10:00:00 gate sshd[9]: Failed password for root from 203.0.113.7 port 4000 ssh2";
    expect(await decided("Shadow read", syslog, "--rules", rules)).toEqual({
      matched: false,
      applies: false,
      items: [],
    });
  });

  test("takes one event of a file: one object over many lines, the first line, or the one asked for", async () => {
    const rule = path.join(rules, "shadow.yml");
    const pretty = await write("one.json", JSON.stringify(JSON.parse(line("cat /etc/shadow")), undefined, 2));
    expect(await decided(rule, pretty, "--format", "auto")).toMatchObject({ matched: true });
    const many = await write("many.json.gz", gzipSync(`${line("ls")}\n\n${line("cat /etc/shadow")}\n`));
    expect(await decided(rule, many, "--format", "auto")).toMatchObject({ matched: false });
    expect(await decided(rule, many, "--format", "auto", "--line", "3")).toMatchObject({ matched: true });
    const { code, err } = await tyr(["rule", "explain", rule, many, "--line", "2"]);
    expect([code, err]).toEqual([2, expect.stringContaining("has nothing in line 2")]);
    expect((await tyr(["rule", "explain", rule, "-"], line("ls"))).code).toBe(0);
  });

  test("a rule seen through a pipeline reads the names of the data", async () => {
    const pipeline = await write("p.yml", renames);
    const event = JSON.stringify({ eventid: "cowrie.command.input", cmd: "cat /etc/shadow" });
    expect(await decided("shadow", event, "--rules", rules, "--pipeline", pipeline)).toMatchObject({ matched: true });
  });

  test.each([
    ["one line for a correlation", ["often", "{}", "--line", "1"], /--line is not for a correlation/],
    ["no event for a correlation", ["often", " "], /there is no event to explain/],
    ["a rule nobody has", ["nobody\u001B[2J", "{}"], /there is no rule nobody\\x1b/],
    ["a text no normaliser knows", ["shadow", "###\u001B[2J"], /the event cannot be read/],
    ["an empty event", ["shadow", " "], /the event is empty/],
    ["a line of no file", ["shadow", "{}", "--line", "1"], /--line is about a file/],
    ["a line number that is none", ["shadow", "{}", "--line", "0"], /--line 0 is not usable/],
  ])("%s is a usage error that says so", async (_, argv, message) => {
    const { code, out, err } = await tyr(["rule", "explain", ...argv, "--rules", rules]);
    expect([code, out, err]).toEqual([2, "", expect.stringMatching(message)]);
  });

  test("nothing an attacker wrote reaches the terminal as it is", async () => {
    const event = JSON.stringify({ CommandLine: "cat /etc/shadow \u001B[2J\u202E" });
    const { out } = await tyr(["rule", "explain", "shadow", event, "--rules", rules]);
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    expect([out.includes("/etc/shadow"), /[\u001B\u202E]/.test(out)]).toEqual([true, false]);
  });

  test("a list, and a line without end, are refused", async () => {
    const list = await write("list.json", `[${line("ls")}]`);
    expect((await tyr(["rule", "explain", "shadow", list, "--rules", rules])).err).toContain("holds a list");
    const endless = await write("endless.json", "x".repeat(2_000_000));
    const { code, err } = await tyr(["rule", "explain", "shadow", endless, "--rules", rules]);
    expect([code, err]).toEqual([2, expect.stringContaining("longer than 1048576 bytes")]);
  });
});

describe("tyr rule bench", () => {
  test("measures a file, says what it could not read, and names the rules that matched", async () => {
    const rule = await write("rules/shadow.yml", shadow.replaceAll("CommandLine", "input"));
    const events = await write(
      "e.ndjson",
      `${line("cat /etc/shadow")}\n${line("ls")}\n{"cut":\n${"y".repeat(2_000_000)}\n`,
    );
    const { code, out, err } = await tyr(["rule", "bench", rule, events, "--rounds", "2", "--json"]);
    expect([code, err]).toEqual([0, expect.stringContaining("2 lines could not be read, first line 3")]);
    const figures = JSON.parse(out) as Readonly<Record<string, unknown>>;
    expect(figures).toMatchObject({
      rules: 1,
      events: 2,
      matches: 1,
      unreadable: 2,
      rounds: 2,
      top: [{ title: "Shadow read", matches: 1 }],
    });
    for (const name of ["loadSeconds", "seconds", "eventsPerSecond", "rssPeakBytes"])
      expect(figures[name]).toBeGreaterThan(0);
  });

  test.each([
    [["-", "--rounds", "2"], 2, /stdin can be read once/],
    [["-", "--logsource", "color=red"], 2, /Write product=windows/],
    [["-", "--logsource", "product=x", "--unrouted"], 2, /contradict/],
    [["-"], 6, /no event in this file/],
    [["/nowhere/e.ndjson"], 1, /no such file/],
  ])("%j ends with %d", async (argv, exit, message) => {
    const rule = await write("rules/shadow.yml", shadow);
    const { code, err } = await tyr(["rule", "bench", rule, ...argv], "not json\n");
    expect([code, err]).toEqual([exit, expect.stringMatching(message)]);
  });
});

describe("tyr rule coverage", () => {
  test("lists techniques by name with what feeds them, or as a layer", async () => {
    await write("rules/shadow.yml", shadow);
    const { out, err } = await tyr(["rule", "coverage", rules, "--json=technique,name,rules,sources"]);
    expect(JSON.parse(out)).toEqual([
      { technique: "T1003.008", name: "/etc/passwd and /etc/shadow", rules: 1, sources: ["*/command/*"] },
    ]);
    expect(err).toContain("1 techniques by 1 rules");
    const layer = await tyr(["rule", "coverage", rules, "--navigator"]);
    expect(JSON.parse(layer.out)).toMatchObject({ techniques: [{ techniqueID: "T1003.008", score: 1 }] });
    expect((await tyr(["rule", "coverage", rules, "--navigator", "-o", "csv"])).code).toBe(2);
  });

  test("without one rule that loads there is nothing to say: a failed check", async () => {
    await write("rules/bad.yml", "title: x\n");
    const { code, err } = await tyr(["rule", "coverage", rules]);
    expect([code, err]).toEqual([6, expect.stringContaining("no rule could be loaded")]);
  });
});

describe("tyr rule explain of a correlation", () => {
  const at = (second: number, fields: object) =>
    JSON.stringify({ "@timestamp": `2026-02-01T10:00:${String(second).padStart(2, "0")}Z`, ...fields });
  const read = { eventid: "cowrie.command.input", CommandLine: "cat /etc/shadow" };
  const told = [
    at(0, { ...read, "source.ip": "203.0.113.7" }),
    at(1, { ...read, CommandLine: "ls", "source.ip": "203.0.113.7" }),
    at(2, read),
    at(3, { ...read, "source.ip": "203.0.113.7\u001B[2J" }),
    at(4, { ...read, "source.ip": "203.0.113.7" }),
    "",
    at(5, { ...read, "source.ip": "203.0.113.7" }),
    at(6, { ...read, "source.ip": "203.0.113.7" }),
  ].join("\n");
  const explain = async (...argv: readonly string[]) =>
    await tyr(["rule", "explain", "often", ...argv, "--rules", rules], told);
  beforeEach(async () => {
    await write("rules/shadow.yml", shadow);
    await write("rules/often.yml", often);
  });

  test("says of each event which group it went to, what the window held, and why it fired or not", async () => {
    const { code, out, err } = await explain("-");
    expect([code, err]).toEqual([0, "7 events: a base rule held for 6, fired at 1.\n"]);
    expect(out).toContain('event_count: events ≥ 3 within 300 s, by "source.ip"\n');
    expect(out).toMatch(
      /line 1 {2}2026-02-01 10:00:00Z\n {2}not met .* → source.ip=203.0.113.7: events: 1; events ≥ 3/,
    );
    expect(out).toMatch(/line 2 .*no base rule holds\n.*CommandLine/);
    expect(out).toMatch(/line 3 .*\n {2}left out .*"source.ip" is absent/);
    expect(out).toMatch(/line 7 .*\n {2}FIRED .*events: 3; .* is met\n {4}window 2026-02-01T09:55:05.000Z to .* ×3\n/);
    expect(out).toMatch(/line 8 .*\n {2}goes on .*reported before/);
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    expect(/\u001B/.test(out)).toBe(false);
  });

  test("gives programs one value an event, and only those asked for", async () => {
    const { out } = await explain("-", "--only", "fired", "-o", "jsonl");
    expect(JSON.parse(out)).toMatchObject({
      line: 7,
      fired: true,
      steps: [{ rule: "often", verdict: "fired", window: { value: 3, eventCount: 3 } }],
    });
    const csv = (await explain("-", "--only", "matched", "-o", "csv")).out.trimEnd().split("\r\n");
    expect([csv[0], csv.length]).toEqual(["line,time,matched,fired,verdict,why", 7]);
  });

  test("reads raw lines as intake does, leaves out what it cannot read, and says where a time is missing", async () => {
    const file = await write("log.json.gz", gzipSync(`${line("cat /etc/shadow")}\n###\n${"x".repeat(1_100_000)}\n`));
    const intake = await explain(file, "--format", "auto");
    expect(intake.out).toMatch(/line 1 {2}2026-02-01 10:00:00Z\n {2}not met .*source.ip=203.0.113.7/);
    expect(intake.err).toMatch(/line 2 is left out.*\n.*line 3 is left out: it is longer than 1048576 bytes/);
    const untimed = await explain("-", "--time", "nowhere");
    expect([untimed.out, untimed.err]).toEqual([
      expect.stringContaining("the event has no time"),
      expect.stringContaining("say where it is: --time FIELD"),
    ]);
  });
});
