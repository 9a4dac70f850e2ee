import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRuleMemory, loadRules, type LoadOptions, type RuleReport, type RuleSet } from "./index.ts";

const good = `title: Good rule
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
status: test
level: high
author: Somebody
date: 2026-01-02
tags:
  - attack.initial-access
  - attack.credential_access
  - attack.t1110.001
  - attack.T1078
  - attack.g0016
  - cve.2024-3094
logsource:
  product: linux
  service: sshd
detection:
  sel:
    message|contains: root
  condition: sel
tyr:
  risk: 40
`;

function load(text: string, options?: LoadOptions): readonly RuleReport[] {
  return loadRules([{ path: "r.yml", text }], options).report;
}

function withDetection(detection: string): string {
  return `title: T\nlogsource: { category: test }\ndetection:\n${detection.replaceAll(/^/gm, "  ")}\n`;
}

function named(name: string, rest: string): string {
  return `title: ${name}\nname: ${name}\n${rest}`;
}

const plain = "logsource: { category: test }\ndetection: { s: { a: 1 }, condition: s }\n";
const counting = (rule: string): string =>
  `correlation: { type: event_count, rules: [${rule}], timespan: 1m, condition: { gte: 2 } }\n`;

describe("a good rule", () => {
  test("keeps its metadata, ATT&CK ids and the keys the specification does not name", () => {
    const [rule] = loadRules([{ path: "dir/r.yml", text: good }]).rules;
    expect(rule).toMatchObject({
      key: "6f3e2987-db24-4c78-a860-b4f4095a7095",
      title: "Good rule",
      level: "high",
      author: "Somebody",
      attack: { tactics: ["initial-access", "credential-access"], techniques: ["T1110.001", "T1078"] },
      logsource: { product: "linux", service: "sshd" },
      custom: { tyr: { risk: 40 } },
      path: "dir/r.yml",
      line: 1,
      reported: true,
    });
  });

  test("loads beside bad ones in the same file and in others", () => {
    const { rules, report } = loadRules([
      { path: "a.yml", text: `${good}---\ntitle: Bad\n---\n${named("x", plain)}` },
      { path: "b.yml", text: "title: [unclosed\n" },
      { path: "c.yml", text: "" },
      { path: "d.yml", text: named("y", plain) },
    ]);
    expect(rules.map(({ title }) => title)).toEqual(["Good rule", "x", "y"]);
    expect(report.map((entry) => [entry.path, entry.status, "code" in entry ? entry.code : ""])).toEqual([
      ["a.yml", "loaded", ""],
      ["a.yml", "rejected", "not-a-rule"],
      ["a.yml", "loaded", ""],
      ["b.yml", "rejected", "yaml-invalid"],
      ["c.yml", "rejected", "not-a-rule"],
      ["d.yml", "loaded", ""],
    ]);
  });

  test("with oddities that change no detection is loaded with remarks", () => {
    const text = `title: T\ntags: [attack.t99]\nstatus: fresh\ndate: 2026-02-30\nauthor: [a, b]\nrelated: x\n${plain.replace("condition", "unused: { b: 1 }, condition")}`;
    expect(load(text)).toMatchObject([
      {
        status: "loaded",
        warnings: [
          'status "fresh" is none of stable, test, experimental, deprecated, unsupported',
          "date is not YYYY-MM-DD",
          "author is not text; it was left out",
          "related is not a list; it was left out",
          'tag "attack.t99" is no technique, tactic or other id of ATT&CK',
          "selection unused is not used by the condition",
        ],
      },
    ]);
  });
});

describe("a refusal", () => {
  test("points at the value that is wrong", () => {
    const text = withDetection("sel:\n  ok: 1\n  Image|frobnicate: x\ncondition: sel");
    expect(load(text)).toEqual([
      {
        status: "rejected",
        path: "r.yml",
        line: 6,
        column: 5,
        code: "modifier-unknown",
        message: 'unknown modifier "frobnicate"',
        title: "T",
      },
    ]);
  });

  test.each([
    ["title: T\ntitle: U\n", "yaml-invalid", 2],
    [`title: T\nlogsource: { category: test }\ndetection: !!js/function x\n`, "yaml-tag", 3],
    ["- a\n- b\n", "not-a-rule", 1],
    ["action: global\ntitle: T\n", "legacy-collection", 1],
    [`title: T\nid: 17\n${plain}`, "metadata-invalid", 2],
    [`title: T\nlevel: huge\n${plain}`, "metadata-invalid", 2],
    [`title: ${"x".repeat(257)}\n${plain}`, "metadata-invalid", 1],
    ["title: T\ndetection: { s: { a: 1 }, condition: s }\n", "logsource-invalid", 1],
    ["title: T\nlogsource: {}\ndetection: { s: { a: 1 }, condition: s }\n", "logsource-invalid", 2],
    [withDetection("condition: sel"), "detection-invalid", 3],
    [withDetection("sel: {}\ncondition: sel"), "detection-invalid", 4],
    [withDetection("sel: []\ncondition: sel"), "detection-invalid", 4],
    [withDetection("sel:\ncondition: sel"), "detection-invalid", 4],
    [withDetection("sel: { a: { b: 1 } }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a: [] }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a: [1, null] }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a|contains: null }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a|contains|startswith: x }\ncondition: sel"), "modifier-conflict", 4],
    [withDetection("sel: { a|contains|contains: x }\ncondition: sel"), "modifier-conflict", 4],
    [withDetection("sel: { a|contains|base64: x }\ncondition: sel"), "modifier-conflict", 4],
    [withDetection("sel: { a|i: x }\ncondition: sel"), "modifier-conflict", 4],
    [withDetection("sel: { a|base64offset: x }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a|cidr: 10.0.0.0/33 }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a|cidr: 10.0.0.256/8 }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a: 1 }\ncondition: sel and"), "condition-invalid", 5],
    [withDetection("sel: { a: 1 }\ncondition: sel sel"), "condition-invalid", 5],
    [withDetection("sel: { a: 1 }\ncondition: sel)"), "condition-invalid", 5],
    [withDetection("sel: { a: 1 }\ncondition: other"), "condition-invalid", 5],
    [withDetection("sel: { a: 1 }\ncondition: 2 of them"), "condition-invalid", 5],
    [withDetection("sel: { a: 1 }\ncondition: 1 of"), "condition-invalid", 5],
    [withDetection(`sel: { a: 1 }\ncondition: ${"(".repeat(5000)}sel`), "condition-invalid", 5],
    [withDetection("sel: { a: 1 }\ncondition: []"), "condition-invalid", 5],
    [withDetection("sel: { a|base64offset|windash|contains: -x }\ncondition: sel"), "modifier-conflict", 4],
    [withDetection("sel: { a|wide|windash: -x }\ncondition: sel"), "modifier-conflict", 4],
    [withDetection("sel: { a|windash|base64: -a -b -c -d -e -f }\ncondition: sel"), "limit-exceeded", 4],
    [withDetection("sel: { a|month: 13 }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a|day: 0 }\ncondition: sel"), "value-invalid", 4],
    [withDetection("sel: { a|gt: .inf }\ncondition: sel"), "value-invalid", 4],
    [withDetection("_sel: { a: 1 }\ncondition: 1 of them"), "condition-invalid", 5],
    [`${withDetection("sel: { a: 1 }\ncondition: sel")}correlation: { type: temporal }\n`, "not-a-rule", 6],
    [`${withDetection("sel: { a: 1 }\ncondition: sel")}filter: { rules: any }\n`, "not-a-rule", 6],
  ] as const)("of %j is %s in line %i", (text, code, line) => {
    expect(load(text)).toMatchObject([{ status: "rejected", code, line }]);
  });

  test("of a second rule with the same id or name names the first", () => {
    const second = good.replace("Good rule", "Copy").toUpperCase().toLowerCase();
    expect(load(`${good}---\n${second}`)[1]).toMatchObject({
      code: "duplicate-id",
      message: "id 6f3e2987-db24-4c78-a860-b4f4095a7095 is already used by Good rule in r.yml",
    });
    expect(load(`${named("x", plain)}---\n${named("x", plain)}`)[1]).toMatchObject({ code: "duplicate-name", line: 7 });
  });
});

describe("a rule that would fill the memory", () => {
  const many = (count: number, make: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => make(index)).join(", ");
  test.each([
    [
      "encodings of every spelling of options",
      `sel: { a|windash|base64offset|contains: [${many(200, (index) => `"-a -b -c -d -e${index}"`)}] }`,
      "sel",
    ],
    [
      "repetitions in expressions",
      `sel: { a|re: [${many(300, (index) => `"x{1000}${index}"`)}] }`,
      "sel",
      "regex-too-large",
    ],
    [
      "names its condition refers to",
      `sel: { ${many(2000, (index) => `f${index}: 1`)} }`,
      "sel or ".repeat(2000) + "sel",
    ],
    [
      "patterns its condition refers to",
      `sel: { a: 1 }, ${many(2000, (index) => `s${index}: { a: 1 }`)}`,
      "1 of s* or ".repeat(200) + "sel",
    ],
  ])("by %s is refused in good time, and the others load", (_, ...[selections, condition, code = "limit-exceeded"]) => {
    const started = performance.now();
    const detection = `detection: { ${selections}, condition: ${condition} }\n`;
    const text = `title: T\nlogsource: { category: test }\n${detection}---\n${named("x", plain)}`;
    expect(load(text)).toMatchObject([{ code, line: 3 }, { status: "loaded" }]);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("hostile YAML", () => {
  test("that multiplies by aliases is refused", () => {
    const layers = Array.from(
      { length: 30 },
      (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}, *l${index}]`,
    );
    expect(load(`l0: &l0 [x, x]\n${layers.join("\n")}\n`)).toMatchObject([{ status: "rejected", code: "yaml-limit" }]);
  });

  test.each(["[", "- ", "{a: ", "? "])("nested without end by %j is refused in good time", (piece) => {
    const started = performance.now();
    const report = load(piece.repeat(40_000));
    expect(report[0]).toMatchObject({ status: "rejected" });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("larger than a rule is ever is refused unread", () => {
    expect(load("#".repeat(600_000))).toMatchObject([{ code: "yaml-limit" }]);
    expect(load("a: 1\n---\n".repeat(2000)).at(-1)).toMatchObject({ code: "yaml-limit" });
  });

  test("of any kind never throws and always leaves a report", () => {
    const piece = fc.constantFrom(
      "title: T\n",
      "detection:\n",
      "  sel:\n",
      "    a|re: '('\n",
      "condition: ",
      "---\n",
      "- ",
      "*x",
      "&x ",
      "!!str ",
      "\t",
      "|",
      "{",
      "}",
      "%YAML 1.1\n",
      "\u0000",
      "<<: *x\n",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }), (pieces) => {
        expect(load(pieces.join("")).length).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("placeholders", () => {
  const rule = withDetection("sel: { user|expand: '%admins%' }\ncondition: sel");
  test("without values refuse the rule", () => {
    expect(load(rule)).toMatchObject([{ code: "placeholder-unresolved", line: 4 }]);
    expect(load(rule, { placeholders: { admins: [] } })).toMatchObject([{ code: "placeholder-unresolved" }]);
    expect(load(rule.replace("admins", "constructor"))).toMatchObject([{ code: "placeholder-unresolved" }]);
  });
  test("that multiply beyond measure are refused", () => {
    const many = withDetection("sel: { user|expand: '%a%%a%%a%' }\ncondition: sel");
    const a = Array.from({ length: 100 }, String);
    expect(load(many, { placeholders: { a } })).toMatchObject([{ code: "limit-exceeded" }]);
  });
});

describe("links between documents", () => {
  test("a correlation whose rule is missing or refused is refused too, and so is what refers to it", () => {
    const text = `${named("bad", "detection: 1\n")}---\n${named("first", counting("bad"))}---\n${named("second", counting("first"))}`;
    expect(load(text)).toMatchObject([
      { code: "logsource-invalid" },
      { code: "reference-unknown", message: '"bad" is no loaded rule or correlation' },
      { code: "reference-unknown", message: '"first" is no loaded rule or correlation' },
    ]);
  });

  test("correlations in a circle are refused", () => {
    const text = `${named("first", counting("second"))}---\n${named("second", counting("first"))}---\n${named("self", counting("self"))}`;
    expect(load(text).map((entry) => ("code" in entry ? entry.code : "loaded"))).toEqual([
      "reference-cycle",
      "reference-unknown",
      "reference-cycle",
    ]);
  });

  test.each([
    "correlation: 1\n",
    "correlation: { type: frequency, rules: [x], timespan: 1m }\n",
    "correlation: { type: event_count, rules: [x], timespan: 1m }\n",
    "correlation: { type: event_count, rules: [], timespan: 1m, condition: { gte: 1 } }\n",
    "correlation: { type: event_count, rules: [x], timespan: soon, condition: { gte: 1 } }\n",
    "correlation: { type: event_count, rules: [x], timespan: 0s, condition: { gte: 1 } }\n",
    "correlation: { type: event_count, rules: [x], timespan: 1m, condition: { gte: many } }\n",
    "correlation: { type: event_count, rules: [x], timespan: 1m, condition: { least: 1 } }\n",
    "correlation: { type: value_count, rules: [x], timespan: 1m, condition: { gte: 1 } }\n",
    "correlation: { type: value_sum, rules: [x], timespan: 1m, condition: { gte: 1, field: [a, b] } }\n",
    "correlation: { type: value_percentile, rules: [x], timespan: 1m, condition: { gte: 1, field: a, percentile: 101 } }\n",
    "correlation: { type: event_count, rules: [x], timespan: 1m, condition: x }\n",
    "correlation: { type: temporal, rules: [x], timespan: 1m, condition: x and y }\n",
    "correlation: { type: temporal_extended, rules: [x], timespan: 1m }\n",
    "correlation: { type: temporal, rules: [x], timespan: 1m, aliases: { a: b } }\n",
    "correlation: { type: value_count, rules: [x], timespan: 1m, condition: { gte: 1, field: [] } }\n",
  ])("the correlation %j is refused with a reason", (text) => {
    const [, report] = load(`${named("x", plain)}---\n${named("c", text)}`);
    expect(report).toMatchObject({ status: "rejected", code: "correlation-invalid" });
  });

  test("an alias for a rule that is not there is refused: it would count under another group", () => {
    const text = `correlation: { type: event_count, rules: [x], timespan: 1m, condition: { gte: 2 }, group-by: [u], aliases: { u: { xx: v } } }\n`;
    expect(load(`${named("x", plain)}---\n${named("c", text)}`)[1]).toMatchObject({
      code: "reference-unknown",
      message: '"xx" is no loaded rule or correlation',
      line: 8,
    });
  });

  test("keys of a correlation that mean nothing there are remarked upon", () => {
    const text = counting("x")
      .replace("timespan", "groupby: [u], timespan")
      .replace("gte: 2", "gte: 2, field: u, percentile: 9");
    expect(load(`${named("x", plain)}---\n${named("c", text)}`)[1]).toMatchObject({
      status: "loaded",
      warnings: [
        expect.stringContaining('no key "groupby"'),
        expect.stringContaining("condition.field is ignored"),
        expect.stringContaining("event_count ignores it"),
      ],
    });
  });

  test("a filter is remarked upon when it names nothing, covers nothing or keeps instead of taking away", () => {
    const filter = (rules: string, category: string, condition: string): string =>
      `title: F\nlogsource: { category: ${category} }\nfilter: { rules: ${rules}, s: { b: 1 }, condition: ${condition} }\n`;
    const warnings = (text: string): unknown => load(`${named("x", plain)}---\n${text}`)[1];
    expect(warnings(filter("[x]", "test", "not s"))).toMatchObject({ status: "loaded", warnings: [] });
    expect(warnings(filter("[y]", "test", "not s"))).toMatchObject({
      warnings: ['the filter names "y", which is no loaded rule'],
    });
    expect(warnings(filter("[x]", "other", "not s"))).toMatchObject({
      warnings: ["the filter's logsource does not cover x"],
    });
    expect(warnings(filter("any", "test", "s"))).toMatchObject({ warnings: [expect.stringContaining("no `not`")] });
    for (const none of ["", "[]"])
      expect(warnings(filter(none, "test", "not s"))).toMatchObject({ status: "rejected", code: "filter-invalid" });
  });
});

describe("a memory of files", () => {
  const file = (path: string, more: string) => ({
    path,
    text: `title: ${path}\nname: ${path.replace(".", "_")}\nlogsource: { category: test }\n${more}\n`,
  });
  const good = file("a.yml", "detection: { sel: { x: 1 }, condition: sel }");
  const files = [good, file("b.yml", "detection: { sel: { y: 1 }, condition: gone }"), { path: "c.yml", text: "- x" }];

  test("changes nothing that is loaded or reported, however often it is used, also where a rule is refused as a double", () => {
    const memory = createRuleMemory();
    const double = { path: "d.yml", text: `# moved\n\n${good.text}` };
    const loads = [files, [...files, double], [...files.slice(1), double], files];
    for (const some of loads) {
      const plain = (set: RuleSet) => JSON.parse(JSON.stringify(set)) as unknown;
      expect(plain(loadRules(some, { memory }))).toEqual(plain(loadRules(some)));
      expect(plain(loadRules(some, { memory }))).toEqual(plain(loadRules(some)));
    }
  });

  test("reads a file again when its text is another one", () => {
    const memory = createRuleMemory();
    const first = loadRules([good], { memory }).rules[0];
    expect(loadRules([good], { memory }).rules[0]?.expression).toBe(first?.expression);
    const edited = { ...good, text: good.text.replace("x: 1", "x: 2") };
    expect(loadRules([edited], { memory }).rules[0]?.expression).toEqual(loadRules([edited]).rules[0]?.expression);
    expect(loadRules([edited], { memory }).rules[0]?.expression).not.toEqual(first?.expression);
  });
});

describe("regular expressions that would cost too much", () => {
  const rule = (name: string, expressions: readonly string[]) =>
    `---\ntitle: ${name}\nname: ${name}\nlogsource: { category: test }\ndetection:\n  s:\n    a|re:\n${expressions
      .map((one) => `      - '${one}'\n`)
      .join("")}  condition: s\n`;

  test.each([
    ["one of too many states", ["(a?){1000}"], 8],
    ["nested repetitions", ["x", "((a?){30}){30}"], 9],
    ["many that are large together", Array.from({ length: 9 }, () => "a{999}b"), 16],
  ])("%s: the rule is rejected where it stands, saying what to do, and the others load", (_, expressions, line) => {
    expect(load(rule("x", expressions) + rule("y", ["ab+"]))).toMatchObject([
      { status: "rejected", code: "regex-too-large", line, message: expect.stringMatching(/the limit is .*divide it/) },
      { status: "loaded" },
    ]);
  });

  test("a text tried as a whole has one share for all its documents", () => {
    const text = Array.from({ length: 6 }, (_, at) => rule(`r${at}`, ["a{900}", "b"])).join("");
    const refused = (regexes: { states: number; regexes: number }) =>
      load(text, { regexes }).filter(({ status }) => status === "rejected").length;
    expect([refused({ states: 8_192, regexes: 64 }), refused({ states: 2_000, regexes: 64 })]).toEqual([0, 4]);
    expect(refused({ states: 8_192, regexes: 7 })).toBe(3);
  });
});
