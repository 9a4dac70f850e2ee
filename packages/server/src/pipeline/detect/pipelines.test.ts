import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigInvalid } from "#platform/config";
import { createEvaluator } from "./evaluate.ts";
import { noPipelines, readPipelines, type PipelineUse } from "./pipelines.ts";
import { readRuleLine } from "./rule-line.ts";
import { buildRulePack } from "./rule-pack.ts";

const dir = mkdtempSync(join(tmpdir(), "tyr-pipelines-"));
afterAll(() => rmSync(dir, { recursive: true }));
function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const read = (use: PipelineUse, ...paths: readonly string[]) =>
  readPipelines({ rulePipelines: use === "rules" ? paths : [], eventPipelines: use === "events" ? paths : [] });

function refusalOf(use: PipelineUse, ...paths: readonly string[]): ConfigInvalid {
  try {
    read(use, ...paths);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error;
    throw error;
  }
  throw new Error("was taken");
}

const RULE = "5eed0000-0000-4000-8000-000000000001";
const OURS = "5eed0000-0000-4000-8000-000000000002";
const rules = [
  {
    path: "certutil.yml",
    text: `
title: Certutil
id: ${RULE}
level: high
tags: [attack.command-and-control, attack.t1105]
logsource: { product: windows, category: process_creation }
detection: { s: { Image|endswith: \\certutil.exe }, condition: s }
`,
  },
  {
    path: "ours.yml",
    text: `
title: Ours
id: ${OURS}
logsource: { category: authentication }
detection: { s: { event.outcome: failure }, condition: s }
tyr: { evidence: [username] }
`,
  },
];
const winlogbeat = file(
  "winlogbeat.yml",
  `
name: Winlogbeat
transformations:
  - type: field_name_mapping
    mapping: { Image: winlog.event_data.Image }
    rule_conditions: [{ type: logsource, product: windows }]
`,
);
const appliance = file(
  "appliance.yml",
  `
transformations:
  - { type: field_name_mapping, mapping: { bin: Image }, rule_conditions: [{ type: logsource, product: appliance }] }
  - type: change_logsource
    product: windows
    category: process_creation
    rule_conditions: [{ type: logsource, product: appliance }]
`,
);
const IMAGE = String.raw`C:\Windows\System32\certutil.exe`;
const shipped = JSON.stringify({
  "@timestamp": "2026-02-01T10:00:00Z",
  winlog: { channel: "Microsoft-Windows-Sysmon/Operational", event_id: 1, event_data: { Image: IMAGE } },
});
const renamed = JSON.stringify({ "@timestamp": "2026-02-01T10:00:00Z", product: "appliance", bin: IMAGE });
const failed = "Feb  1 10:00:00 gate sshd[9]: Failed password for eve from 203.0.113.7 port 4000 ssh2";

function found(line: string, pipelines = noPipelines): readonly string[] {
  const event = readRuleLine(line);
  if (!event.ok) throw new Error(event.reason);
  return createEvaluator(buildRulePack(rules, { pipelines }))
    .evaluate(event.event)
    .map(({ ruleId }) => ruleId);
}

describe("a pipeline in force", () => {
  test("gives rules the names of the data as they load", () => {
    expect(found(shipped)).toEqual([]);
    expect(found(shipped, read("rules", winlogbeat))).toEqual([RULE]);
  });

  test("gives events the names of the rules, and the log source they are written for", () => {
    expect(found(renamed)).toEqual([]);
    expect(found(renamed, read("events", appliance))).toEqual([RULE]);
  });

  test("leaves rules and events of other sources alone", () => {
    const both = readPipelines({ rulePipelines: [winlogbeat], eventPipelines: [appliance] });
    expect(found(failed, both)).toEqual([OURS]);
  });

  test("lets the routing table know an event by its new names", () => {
    const toWindows = file(
      "to-windows.yml",
      "transformations: [{ type: field_name_mapping, mapping: { log: Channel, nr: EventID, bin: Image } }]",
    );
    const line = JSON.stringify({ log: "Security", nr: 4688, bin: IMAGE });
    expect(found(line, read("events", toWindows))).toEqual([RULE]);
  });

  test("is told of, with what of it is ignored", () => {
    const noisy = file("noisy.yml", 'name: "A\\u0007B"\nallowed_backends: [splunk]\ntransformations: []');
    const { inForce } = readPipelines({ rulePipelines: [winlogbeat, noisy], eventPipelines: [appliance] });
    expect(inForce).toMatchObject([
      { path: winlogbeat, name: "Winlogbeat", appliesTo: "rules", steps: 1, warnings: [] },
      {
        path: noisy,
        name: "A\\u{7}B",
        appliesTo: "rules",
        steps: 0,
        warnings: [expect.stringContaining("allowed_backends")],
      },
      { path: appliance, appliesTo: "events", steps: 2, warnings: [] },
    ]);
  });

  test("is part of what is in force: the pack's digest and the versions of its rules", () => {
    const versions = (pipelines = noPipelines) => {
      const pack = buildRulePack(rules, { pipelines });
      return [pack.digest, pack.rules.get(RULE)?.version, pack.rules.get(RULE)?.stateDigest];
    };
    const plain = versions();
    const all = [plain, versions(read("rules", winlogbeat)), versions(read("events", winlogbeat))];
    for (const at of [0, 1, 2]) expect(new Set(all.map((one) => one[at])).size).toBe(3);
    expect(versions({ ...noPipelines })).toEqual(plain);
  });

  test("brings nothing into evidence that the stored event does not have there", () => {
    const leak = file(
      "leak.yml",
      "transformations: [{ type: field_name_mapping, mapping: { secret: user.name, user.name: secret } }]",
    );
    const line = JSON.stringify({
      kind: "auth_attempt",
      outcome: "failure",
      src_ip: "203.0.113.7",
      user: "eve",
      secret: "hunter2",
    });
    const event = readRuleLine(line);
    if (!event.ok) throw new Error(event.reason);
    const pack = buildRulePack(
      [{ path: "t.yml", text: `${rules[1]?.text}tags: [attack.credential-access, attack.t1110]\n` }],
      { pipelines: read("events", leak) },
    );
    const detections = createEvaluator(pack).evaluate(event.event);
    expect(detections.map(({ tags }) => tags.map(({ evidence }) => evidence))).toEqual([[{ username: "eve" }]]);
    expect(JSON.stringify(detections)).not.toContain("hunter2");
  });

  test("that cannot be applied to a rule leaves that rule out, with its reason, and no other", () => {
    const refusing = file(
      "refusing.yml",
      `
transformations:
  - type: rule_failure
    message: not for us
    rule_conditions: [{ type: logsource, product: windows }]
`,
    );
    const pack = buildRulePack(rules, { pipelines: read("rules", refusing) });
    expect([...pack.rules.keys()]).toEqual([OURS]);
    expect(pack.rejected).toMatchObject([{ path: "certutil.yml", message: expect.stringContaining("not for us") }]);
  });
});

test("the examples of the documentation are pipelines that do what is said of them", () => {
  const page = readFileSync(new URL("../../../../../docs/reference/pipelines.md", import.meta.url), "utf8");
  const [forRules = "", forEvents = ""] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""], at) =>
    file(`documented-${at}.yml`, text),
  );
  expect(found(shipped, read("rules", forRules))).toEqual([RULE]);
  const line = JSON.stringify({ product: "appliance", binary: "/bin/nc", args: "nc -e /bin/sh" });
  const text = `title: Shell\nid: ${RULE}\nlogsource: { product: linux, category: process_creation }
detection: { s: { Image|endswith: /nc, CommandLine|contains: " -e " }, condition: s }\n`;
  const pack = buildRulePack([{ path: "nc.yml", text }], { pipelines: read("events", forEvents) });
  const event = readRuleLine(line);
  if (!event.ok) throw new Error(event.reason);
  expect(createEvaluator(pack).evaluate(event.event)).toHaveLength(1);
});

describe("a pipeline that cannot be used stops the start, saying what, where and what to do", () => {
  test.each([
    ["rules", "TYR_RULE_PIPELINES"],
    ["events", "TYR_EVENT_PIPELINES"],
  ] as const)("of %s by its setting, with every fault", (use, setting) => {
    const bad = file("bad.yml", "transformations:\n  - type: field_name_maping\n  - { type: case, metod: lower }\n");
    const refusal = refusalOf(use, winlogbeat, bad);
    expect(refusal).toMatchObject({ code: "CONFIG_INVALID", setting });
    expect(refusal.message).toContain(`${bad}:2:`);
    expect(refusal.message).toContain(`${bad}:3:`);
    expect(refusal.message).toContain("Correct the file or take it out of the setting");
  });

  test("if it is not there, no file, or named twice", () => {
    expect(refusalOf("rules", join(dir, "none.yml")).message).toMatch(/none\.yml there is no such file/);
    expect(refusalOf("rules", dir).message).toMatch(/is a folder: name the files in it/);
    expect(refusalOf("rules", "/dev/zero").message).toMatch(/is no file/);
    expect(refusalOf("rules", winlogbeat, winlogbeat).message).toMatch(/twice/);
    const many = Array.from({ length: 33 }, (_, at) => join(dir, `${at}.yml`));
    expect(refusalOf("rules", ...many).message).toMatch(/33 files, the limit is 32/);
  });

  test("if a step of it would do nothing to events, however deep it is nested", () => {
    const steps = "transformations: [{ type: nest, items: [{ type: drop_detection_item }] }]";
    const path = file("for-rules.yml", steps);
    expect(refusalOf("events", path).message).toContain("transformation 1.1 (drop_detection_item) is about rules");
    expect(read("rules", path).rules).toHaveLength(1);
  });
});

describe("a hostile pipeline is refused at once", () => {
  const nested = "{type: nest, items: [".repeat(40) + "]}".repeat(40);
  const bomb = ["a: &a [x, x, x, x, x, x, x, x]"]
    .concat(
      Array.from(
        { length: 8 },
        (_, at) => `${"bcdefghi"[at]}: &${"bcdefghi"[at]} [${`*${"abcdefgh"[at]}, `.repeat(9)}]`,
      ),
    )
    .join("\n");
  test.each([
    ["huge to read", "#".repeat(3_000_000), /bytes, the limit is 2097152/],
    ["huge", `transformations: [${"{type: case}, ".repeat(50_000)}]`, /characters, the limit is/],
    ["of too many steps", `transformations: [${"{type: case}, ".repeat(2_000)}]`, /more than 1024 transformations/],
    ["nested for ever", `transformations: [${nested}]`, /deep|nest/],
    ["a cycle", "transformations: &t [{ type: nest, items: *t }]", /alias|cycl|anchor|nest/i],
    ["an alias bomb", `${bomb}\ntransformations: *i`, /alias|unknown key/i],
    [
      "a bad expression",
      "transformations: [{ type: replace_string, regex: '(', replacement: x }]",
      /regular expression/,
    ],
    [
      "a back reference",
      String.raw`transformations: [{ type: replace_string, regex: '(a)\1', replacement: x }]`,
      /regular/,
    ],
    ["no YAML", "transformations: [", /bad-|1:/],
    ["control characters", 'transformations: [{ type: "\\u001b[31mred" }]', /\\u\{1b\}|\\u001b/],
  ])("%s", (name, text, why) => {
    const began = process.cpuUsage();
    const { message } = refusalOf("rules", file(`${name.replaceAll(" ", "-")}.yml`, text));
    const { user, system } = process.cpuUsage(began);
    expect(message).toMatch(why);
    expect(message.length).toBeLessThan(2_500);
    // eslint-disable-next-line no-control-regex -- the very thing that must not be there
    expect(message).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
    expect((user + system) / 1e6).toBeLessThan(5);
  });

  test("and an expression that would take for ever elsewhere takes its time in the length of the value", () => {
    const slow = file("slow.yml", "transformations: [{ type: replace_string, regex: '(a+)+$', replacement: x }]");
    const pipelines = read("events", slow);
    const line = JSON.stringify({ message: `${"a".repeat(5_000)}!`, kind: "log" });
    const began = process.cpuUsage();
    expect(found(line, pipelines)).toEqual([]);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(20);
  });
});
