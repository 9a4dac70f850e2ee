import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createEngine,
  evaluate,
  type Fields,
  loadRules,
  parsePipeline,
  type Pipeline,
  transformationTypes,
} from "../index.ts";

/** A pipeline of the steps given as flow maps. */
function pipeline(...steps: readonly string[]): Pipeline {
  return read(`name: p\ntransformations:\n${steps.map((step) => `  - ${step}\n`).join("")}`);
}

function read(text: string): Pipeline {
  const result = parsePipeline({ path: "p.yml", text });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.pipeline;
}

function rule(detection: string, more = ""): string {
  return `title: T\nname: t\n${more}logsource: { product: windows, category: process_creation }\ndetection:\n  ${detection.replaceAll("\n", "\n  ")}\n`;
}

/** Whether the rule, changed by the pipelines, matches the event. */
function matches(text: string, fields: Fields, pipelines: readonly Pipeline[]): boolean {
  const { rules, report } = loadRules([{ path: "r.yml", text }], { pipelines });
  const [loaded] = rules;
  if (loaded === undefined) throw new Error(JSON.stringify(report));
  const event = { id: "1", timeMs: 0, logsource: {}, fields };
  const [byEngine] = createEngine({ rules: [loaded] }, { routing: "none" }).match(event);
  expect(byEngine !== undefined).toBe(evaluate(loaded.expression, event));
  return byEngine !== undefined;
}

function refusal(text: string, pipelines: readonly Pipeline[]): unknown {
  return loadRules([{ path: "r.yml", text }], { pipelines }).report[0];
}

const image = rule("s: { Image|endswith: '\\cmd.exe' }\ncondition: s");

describe("field names of rules", () => {
  test("are mapped, one to one and one to many", () => {
    const one = pipeline("{ type: field_name_mapping, mapping: { Image: process.executable } }");
    expect(matches(image, { "process.executable": "C:\\cmd.exe" }, [one])).toBe(true);
    expect(matches(image, { Image: "C:\\cmd.exe" }, [one])).toBe(false);
    const many = pipeline("{ type: field_name_mapping, mapping: { Image: [a, b] } }");
    expect(matches(image, { b: "C:\\cmd.exe" }, [many])).toBe(true);
    const except = rule("s: { Image|neq: x }\ncondition: s");
    expect(matches(except, { a: "x", b: "y" }, [many])).toBe(false);
    expect(matches(except, { a: "z", b: "y" }, [many])).toBe(true);
    const absent = rule("s: { Image: null }\ncondition: s");
    expect(matches(absent, { b: "y" }, [many])).toBe(false);
    expect(matches(absent, { c: "y" }, [many])).toBe(true);
    expect(matches(rule("s: { Image|exists: false }\ncondition: s"), { b: "y" }, [many])).toBe(false);
    const none = parsePipeline({
      path: "p",
      text: "transformations: [{ type: field_name_mapping, mapping: { a: [] } }]",
    });
    expect(none).toMatchObject({ ok: false, problems: [{ message: "a field needs at least one name" }] });
  });

  test.each([
    ["{ type: field_name_prefix, prefix: win. }", "win.Image"],
    ["{ type: field_name_suffix, suffix: .keyword }", "Image.keyword"],
    ["{ type: field_name_prefix_mapping, mapping: { Im: om } }", "omage"],
    ["{ type: field_name_transform, transform_func: upper }", "IMAGE"],
    ["{ type: field_name_transform, transform_func: lower, mapping: { Image: Exe } }", "Exe"],
    ["{ type: field_name_transform, transform_func: snake_case, mapping: {} }", "image"],
  ])("are changed by %s", (step, name) => {
    expect(matches(image, { [name]: "C:\\cmd.exe" }, [pipeline(step)])).toBe(true);
  });

  test("are given to keywords, which are still searched inside", () => {
    const step = (to: string): Pipeline => pipeline(`{ type: field_name_mapping, mapping: { null: ${to}, a: b } }`);
    const words = rule("s: [evil, 'b?d']\ncondition: s");
    expect(matches(words, { message: "an Evil thing" }, [step("message")])).toBe(true);
    expect(matches(words, { message: "a bad thing" }, [step("[raw, message]")])).toBe(true);
    expect(matches(words, { other: "an evil thing" }, [step("message")])).toBe(false);
    const both = rule("s: { '|all': [evil, thing] }\ncondition: s");
    expect(matches(both, { message: "an evil thing" }, [step("message")])).toBe(true);
    expect(matches(both, { message: "an evil one" }, [step("message")])).toBe(false);
    const expression = rule("s: { '|re': 'e.il' }\ncondition: s");
    expect(matches(expression, { message: "evil" }, [step("message")])).toBe(true);
  });

  test("are changed in references, in what a rule shows and in correlations too", () => {
    const mapping = pipeline("{ type: field_name_mapping, mapping: { a: x, b: y } }");
    expect(matches(rule("s: { a|fieldref: b }\ncondition: s"), { x: "1", y: "1" }, [mapping])).toBe(true);
    const correlation = `title: C\ncorrelation: { type: value_count, rules: [t], group-by: [a, c], timespan: 1m, condition: { field: b, gte: 2 } }\n`;
    const text = `${rule("s: { a: 1 }\ncondition: s", "fields: [b]\n")}---\n${correlation}`;
    const { rules, correlations } = loadRules([{ path: "r.yml", text }], { pipelines: [mapping] });
    expect(rules[0]?.fields).toEqual(["y"]);
    expect(correlations[0]?.correlation).toMatchObject({ groupBy: ["x", "c"], fields: ["y"] });
    const many = pipeline("{ type: field_name_mapping, mapping: { a: [x, z] } }");
    const [, refused] = loadRules([{ path: "r.yml", text }], { pipelines: [many] }).report;
    expect(refused).toMatchObject({ status: "rejected", code: "pipeline-failed", line: 10 });
  });
});

describe("values of rules", () => {
  test.each([
    [
      "{ type: replace_string, regex: '^C:', replacement: '\\\\Device\\\\1' }",
      "s: { f: 'C:x' }",
      { f: "\\Device\\1x" },
    ],
    [
      "{ type: replace_string, regex: '(\\w+)@(?P<d>\\w+)', replacement: '\\g<d>\\\\\\1' }",
      "s: { f: me@corp }",
      { f: "corp\\me" },
    ],
    ["{ type: replace_string, regex: '\\*', replacement: x, skip_special: true }", "s: { f: 'a*\\*' }", { f: "aZZx" }],
    ["{ type: replace_string, regex: b, replacement: '*', skip_special: true }", "s: { f: abc }", { f: "a*c" }],
    [
      "{ type: replace_string, regex: b, replacement: '*', skip_special: true, interpret_special: true }",
      "s: { f: abc }",
      { f: "aZZc" },
    ],
    ["{ type: replace_string, regex: '^46', replacement: '47' }", "s: { f: 4688 }", { f: 4788 }],
    ["{ type: replace_string, regex: '5', replacement: '9' }", "s: { f|gte: 5 }", { f: 6 }],
    ["{ type: map_string, mapping: { tcp: '6', udp: ['17', '18'] } }", "s: { f: udp }", { f: 18 }],
    ["{ type: map_string, mapping: { tcp: '6' } }", "s: { f: [tcp, TCP] }", { f: "tcp" }],
    ["{ type: set_value, value: 7, force_type: str }", "s: { f|contains|all: [a, b] }", { f: 7 }],
    ["{ type: convert_type, target_type: num }", "s: { f|cased: '07' }", { f: 7 }],
    ["{ type: convert_type, target_type: str }", "s: { f: 7 }", { f: "7" }],
    ["{ type: case, method: upper }", "s: { f|cased: ab }", { f: "AB" }],
    ["{ type: regex, method: plain }", "s: { f|contains: 'a.*c' }", { f: "xa.\nbcx" }],
    ["{ type: regex, method: ignore_case_flag }", "s: { f: 'a?c' }", { f: "ABC" }],
    ["{ type: regex }", "s: { f|startswith: 'a' }", { f: "Abc" }],
    [
      "{ type: hashes_fields, valid_hash_algos: [MD5, SHA1], field_prefix: File }",
      "s: { Hashes|contains: ['MD5=0cc175b9c0f1b6a831c399e269772661', x] }",
      { FileMD5: "0CC175B9C0F1B6A831C399E269772661" },
    ],
    [
      "{ type: hashes_fields, valid_hash_algos: [MD5], field_prefix: h, drop_algo_prefix: true }",
      "s: { Hash: 0cc175b9c0f1b6a831c399e269772661 }",
      { h: "0cc175b9c0f1b6a831c399e269772661" },
    ],
  ])("%s makes %s match", (step, detection, fields) => {
    const text = rule(`${detection}\ncondition: s`);
    expect(matches(text, fields, [pipeline(step)])).toBe(true);
  });

  test("are shown to expressions with each backslash once, however the rule writes them", () => {
    const slashes = String.raw`{ type: replace_string, regex: '\\', replacement: / }`;
    const share = rule(String.raw`s: { f: '\\\\host\share' }` + "\ncondition: s");
    const skipping = slashes.replace("}", ", skip_special: true }");
    for (const step of [slashes, skipping]) expect(matches(share, { f: "//host/share" }, [pipeline(step)])).toBe(true);
    const end = String.raw`{ type: replace_string, regex: 'b$', replacement: 'c\\' }`;
    const written = (value: string): string => rule(`s: { f: '${value}' }\ncondition: s`);
    expect(matches(written(String.raw`\\\\a\b`), { f: String.raw`\\a\c` + "\\" }, [pipeline(end)])).toBe(true);
    // A backslash before a wildcard, and a star meant literally, stay what they are.
    expect(matches(written(String.raw`a\\*b`), { f: String.raw`a\xyzc` + "\\" }, [pipeline(end)])).toBe(true);
    expect(matches(written(String.raw`a\*b`), { f: "a*c\\" }, [pipeline(end)])).toBe(true);
    expect(matches(written(String.raw`a\*b`), { f: "axc\\" }, [pipeline(end)])).toBe(false);
    const map = pipeline(String.raw`{ type: map_string, mapping: { 'C:\x': y } }`);
    expect(matches(written(String.raw`C:\\x`), { f: "y" }, [map])).toBe(true);
  });

  test("a case-sensitive expression stays one, and an expression of a whole value is anchored", () => {
    const plain = pipeline("{ type: regex, method: plain }");
    expect(matches(rule("s: { f: abc }\ncondition: s"), { f: "ABC" }, [plain])).toBe(false);
    expect(matches(rule("s: { f: abc }\ncondition: s"), { f: "xabc" }, [plain])).toBe(false);
    expect(matches(rule("s: { f|re: 'a.c' }\ncondition: s"), { f: "xabcx" }, [plain])).toBe(true);
  });

  test("placeholders come from vars, values with percent signs included, or become wildcards", () => {
    const text = rule("s: { f|expand: ['%admins%', 'x-%rest%'] }\ncondition: s");
    const vars = read("vars: { admins: [root, '%me%'] }\ntransformations: [{ type: value_placeholders }]\n");
    const rest = pipeline("{ type: wildcard_placeholders, include: [rest] }");
    for (const value of ["root", "%me%", "x-anything"]) expect(matches(text, { f: value }, [vars, rest])).toBe(true);
    expect(matches(text, { f: "me" }, [vars, rest])).toBe(false);
    expect(refusal(text, [vars])).toMatchObject({ code: "placeholder-unresolved", line: 5 });
  });
});

describe("the shape of rules", () => {
  test("loses items, and selections that are left empty", () => {
    const drop = pipeline(
      "{ type: drop_detection_item, field_name_conditions: [{ type: include_fields, fields: [a] }] }",
    );
    const text = rule("s: { a: 1, b: 2 }\nt: { a: 3 }\ncondition: s and not t");
    expect(matches(text, { a: 3, b: 2 }, [drop])).toBe(true);
    expect(refusal(rule("s: { a: 1 }\ncondition: s"), [drop])).toMatchObject({ code: "detection-invalid" });
  });

  test("gains conditions, also templates and negated ones", () => {
    const add = pipeline(
      "{ type: add_condition, conditions: { kind: '$product/$service', n|gte: 3 }, template: true }",
      "{ type: add_condition, conditions: { test: true }, negated: true }",
      "{ type: field_name_mapping, mapping: { kind: event.kind } }",
    );
    const text = rule("s: { a: 1 }\nt: { b: 1 }\ncondition: s or t");
    expect(matches(text, { b: 1, "event.kind": "windows/", n: 3 }, [add])).toBe(true);
    expect(matches(text, { b: 1, "event.kind": "windows/", n: 2 }, [add])).toBe(false);
    expect(matches(text, { b: 1, "event.kind": "windows/", n: 3, test: true }, [add])).toBe(false);
  });

  test("and what they say about themselves can be changed", () => {
    const { rules } = loadRules([{ path: "r.yml", text: rule("s: { a: 1 }\ncondition: s", "fields: [a, b]\n") }], {
      pipelines: [
        pipeline(
          "{ type: change_logsource, product: windows, service: sysmon }",
          "{ type: add_field, field: [c, a] }",
          "{ type: remove_field, field: b }",
          "{ type: set_custom_attribute, attribute: index, value: main }",
        ),
      ],
    });
    expect(rules[0]).toMatchObject({
      logsource: { product: "windows", service: "sysmon" },
      fields: ["a", "c"],
      custom: { index: "main" },
    });
    expect(rules[0]?.logsource.category).toBeUndefined();
  });

  test("can be a reason to refuse them, with the place where there is one", () => {
    const whole = pipeline(
      "{ type: rule_failure, message: no Linux here, rule_conditions: [{ type: logsource, product: windows }] }",
    );
    expect(refusal(image, [whole])).toMatchObject({
      status: "rejected",
      code: "pipeline-failed",
      message: "no Linux here",
    });
    const item = pipeline(
      "{ type: detection_item_failure, message: no paths, field_name_conditions: [{ type: include_fields, fields: [Image] }] }",
    );
    expect(refusal(image, [item])).toMatchObject({ code: "pipeline-failed", message: "no paths", line: 5, column: 8 });
  });
});

describe("conditions", () => {
  const tagged = "level: high\ntags: [attack.t1059]\n";
  const text = rule("s: { a: x1, b: 'y*', c: null }\ncondition: s", tagged);
  const changed = { a: "new", b: "yy" };
  const step = (conditions: string): Pipeline => pipeline(`{ type: map_string, mapping: { x1: new }, ${conditions} }`);
  test.each([
    ["rule_conditions: [{ type: logsource, product: windows }]", true],
    ["rule_conditions: [{ type: logsource, product: linux }]", false],
    [
      "rule_conditions: [{ type: logsource, product: linux }, { type: logsource, product: windows }], rule_cond_op: or",
      true,
    ],
    ["rule_conditions: [{ type: logsource, product: linux }], rule_cond_not: true", true],
    [
      "rule_conditions: { l: { type: logsource, product: linux }, t: { type: tag, tag: attack.t1059 } }, rule_cond_expr: t and not l",
      true,
    ],
    ["rule_conditions: [{ type: contains_field, field: b }]", true],
    ["rule_conditions: [{ type: contains_field, field: d }]", false],
    ["rule_conditions: [{ type: contains_detection_item, field: a, value: x1 }]", true],
    ["rule_conditions: [{ type: is_sigma_correlation_rule }]", false],
    ["rule_conditions: [{ type: is_sigma_rule }]", true],
    ["rule_conditions: [{ type: rule_attribute, attribute: level, value: medium, op: gte }]", true],
    ["rule_conditions: [{ type: rule_attribute, attribute: level, value: high, op: gt }]", false],
    ["rule_conditions: [{ type: rule_attribute, attribute: level, value: HIGH }]", true],
    ["rule_conditions: [{ type: rule_attribute, attribute: name, value: high, op: ne }]", true],
    ["rule_conditions: [], rule_cond_not: true", true],
    ["detection_item_conditions: [{ type: match_string, pattern: 1, cond: all, negate: true }]", true],
    ["rule_conditions: [{ type: rule_attribute, attribute: tags, value: attack.t1059, op: in }]", true],
    ["rule_conditions: [{ type: rule_attribute, attribute: nothing, value: 1, op: ne }]", false],
    ["detection_item_conditions: [{ type: match_string, pattern: 'x\\d' }]", true],
    ["detection_item_conditions: [{ type: match_string, pattern: '1' }]", false],
    ["detection_item_conditions: [{ type: match_string, pattern: '1', negate: true }]", true],
    ["detection_item_conditions: [{ type: match_value, value: x1 }]", true],
    ["detection_item_conditions: [{ type: contains_wildcard }]", false],
    ["detection_item_conditions: [{ type: is_null }], detection_item_cond_not: true", true],
    ["field_name_conditions: [{ type: include_fields, fields: ['A|a'], mode: re }]", true],
    ["field_name_conditions: [{ type: exclude_fields, fields: [a] }]", false],
  ])("%s: %s", (conditions, isChanged) => {
    expect(matches(text, changed, [step(conditions)])).toBe(isChanged);
  });

  test("can ask what was done before, in this pipeline and in those of lower priority", () => {
    const late = read(`priority: 20
transformations:
  - { type: map_string, mapping: { x1: new }, rule_conditions: [{ type: processing_state, key: k, val: 2, op: gte }] }
`);
    const early = read("priority: 10\ntransformations: [{ id: first, type: set_state, key: k, val: 3 }]\n");
    expect(matches(text, changed, [late, early])).toBe(true);
    expect(matches(text, changed, [late])).toBe(false);
    const chain = (id: string): Pipeline =>
      pipeline(
        "{ id: one, type: field_name_mapping, mapping: { b: B } }",
        `{ type: field_name_suffix, suffix: '!', field_name_conditions: [{ type: processing_item_applied, processing_item_id: ${id} }] }`,
      );
    expect(matches(text, { a: "x1", "B!": "y" }, [chain("one")])).toBe(true);
    expect(matches(text, { a: "x1", B: "y" }, [chain("two")])).toBe(true);
  });

  test("do not look into expressions, networks and bounds, whose text is no value", () => {
    const drop = (condition: string): Pipeline =>
      pipeline(`{ type: drop_detection_item, detection_item_conditions: [${condition}] }`);
    const opaque = rule("s: { a|re: 'x.*', b: y, c|gte: 5 }\ncondition: s");
    const fields = { b: "y" };
    expect(matches(opaque, fields, [drop("{ type: contains_wildcard }")])).toBe(false);
    expect(matches(opaque, fields, [drop("{ type: match_string, pattern: x }")])).toBe(false);
    expect(matches(opaque, fields, [drop("{ type: match_value, value: 5 }")])).toBe(false);
    expect(matches(opaque, fields, [drop("{ type: match_string, pattern: 'y', negate: true }")])).toBe(true);
  });

  test("on names hold for references, shown fields and correlations too, with state and history", () => {
    const steps = pipeline(
      "{ type: set_state, key: model, val: ecs }",
      "{ id: mapped, type: field_name_mapping, mapping: { a: x, b: y }, field_name_conditions: [{ type: processing_state, key: model, val: ecs }] }",
      "{ type: field_name_suffix, suffix: '!', field_name_conditions: [{ type: processing_item_applied, processing_item_id: mapped }] }",
    );
    const detection = rule("s: { a|fieldref: b, c: 1 }\ncondition: s", "fields: [a, c]\n");
    expect(matches(detection, { "x!": "v", "y!": "v", c: 1 }, [steps])).toBe(true);
    const correlation =
      "title: C\ncorrelation: { type: event_count, rules: [t], group-by: [b, c], timespan: 1m, condition: { gte: 2 } }\n";
    const { rules, correlations } = loadRules([{ path: "r.yml", text: `${detection}---\n${correlation}` }], {
      pipelines: [steps],
    });
    expect(rules[0]?.fields).toEqual(["x!", "c"]);
    expect(correlations[0]?.correlation.groupBy).toEqual(["y!", "c"]);
  });

  test("can ask which step added a condition, to leave it alone", () => {
    const steps = pipeline(
      "{ id: ours, type: add_condition, conditions: { kind: process } }",
      "{ type: field_name_prefix, prefix: win., field_name_conditions: [{ type: processing_item_applied, processing_item_id: ours }], field_name_cond_not: true }",
    );
    expect(matches(rule("s: { a: 1 }\ncondition: s"), { "win.a": 1, kind: "process" }, [steps])).toBe(true);
  });

  test("of a nest hold for everything in it", () => {
    const nest = (product: string): Pipeline =>
      pipeline(
        `{ type: nest, items: [{ type: map_string, mapping: { x1: new } }], rule_conditions: [{ type: logsource, product: ${product} }] }`,
      );
    expect(matches(text, changed, [nest("windows")])).toBe(true);
    expect(matches(text, changed, [nest("linux")])).toBe(false);
  });
});

test("a filter is changed as the rule it narrows, by the rule's log source", () => {
  const mapping = pipeline(
    "{ type: field_name_mapping, mapping: { a: x, u: y }, rule_conditions: [{ type: logsource, category: process_creation }] }",
    "{ type: change_logsource, category: other }",
  );
  const filter =
    "title: F\nlogsource: { product: windows }\nfilter: { rules: any, f: { u: admin }, condition: not f }\n";
  const text = `${rule("s: { a: 1 }\ncondition: s")}---\n${filter}`;
  expect(matches(text, { x: 1, y: "me" }, [mapping])).toBe(true);
  expect(matches(text, { x: 1, y: "admin" }, [mapping])).toBe(false);
});

describe("a pipeline", () => {
  test("is refused with every fault, its line and column", () => {
    const text = `name: bad
transformations:
  - type: frobnicate
  - type: field_name_prefix
  - type: field_name_prefix
    prefix: x
    sufix: y
  - type: replace_string
    regex: '(?=x)'
    replacement: y
  - type: case
    rule_conditions:
      - type: moon
  - type: file_placeholders
  - type: replace_string
    regex: x
    replacement: '\\1'
priority: high
`;
    const result = parsePipeline({ path: "p.yml", text });
    const problems = result.ok ? [] : result.problems;
    expect(problems.map(({ line, column, message }) => [line, column, message.split(/[:;]/)[0]])).toEqual([
      [3, 5, 'unknown transformation "frobnicate"'],
      [4, 5, "prefix is missing"],
      [7, 5, 'unknown parameter "sufix"'],
      [9, 5, "not a regular expression that can be used here"],
      [13, 9, 'unknown condition "moon"'],
      [14, 5, 'unsupported transformation "file_placeholders"'],
      [17, 5, "the expression has no group 1"],
      [18, 1, "priority must be a number"],
    ]);
  });

  test("has the limits of rule files, and says what it leaves out", () => {
    expect(parsePipeline({ path: "p", text: "" })).toMatchObject({ ok: false });
    expect(parsePipeline({ path: "p", text: "- 1" })).toMatchObject({ ok: false });
    expect(parsePipeline({ path: "p", text: "a: 1\n---\nb: 1\n" })).toMatchObject({ ok: false });
    expect(parsePipeline({ path: "p", text: "#".repeat(600_000) })).toMatchObject({
      ok: false,
      problems: [{ code: "yaml-limit" }],
    });
    const nested = (depth: number): string =>
      depth === 0 ? "{ type: case }" : `{ type: nest, items: [${nested(depth - 1)}] }`;
    expect(parsePipeline({ path: "p", text: `transformations: [${nested(8)}]` })).toMatchObject({ ok: true });
    expect(parsePipeline({ path: "p", text: `transformations: [${nested(9)}]` })).toMatchObject({ ok: false });
    const many = `transformations:\n${"  - { type: case }\n".repeat(1025)}`;
    expect(parsePipeline({ path: "p", text: many })).toMatchObject({ ok: false });
    expect(read("allowed_backends: [splunk]\n").warnings).toHaveLength(1);
    expect(read("postprocessing: []\nfinalizers:\n").warnings).toEqual([]);
  });

  test("that writes queries is refused: without that part it would not mean the same", () => {
    for (const part of ["postprocessing: [{ type: embed, prefix: 'index=main ' }]", "finalizers: [{ type: concat }]"])
      expect(parsePipeline({ path: "p", text: `name: p\n${part}\n` })).toMatchObject({
        ok: false,
        problems: [{ code: "pipeline-invalid", line: 2, message: expect.stringContaining("queries") }],
      });
  });

  test("whose conditions are joined in a way that would be misread is refused", () => {
    const refusalOf = (conditions: string): string => {
      const result = parsePipeline({ path: "p", text: `transformations: [{ type: case, ${conditions} }]\n` });
      return result.ok ? "" : result.problems.map(({ message }) => message).join();
    };
    const two = "{ a: { type: logsource, product: x }, b: { type: tag, tag: y } }";
    expect(refusalOf(`rule_conditions: ${two}, rule_cond_expr: not (a and b)`)).toBe("");
    expect(refusalOf(`rule_conditions: ${two}, rule_cond_expr: a`)).toBe("the expression does not use b");
    expect(refusalOf(`rule_conditions: ${two}, rule_cond_expr: a or b or c`)).toContain("names c");
    expect(refusalOf(`rule_conditions: ${two}, rule_cond_expr: 1 of a`)).toContain("and, or and not only");
    expect(refusalOf(`rule_conditions: ${two}, rule_cond_expr: a or b, rule_cond_op: or`)).toContain("exclude each");
    expect(refusalOf("rule_conditions: [{ type: tag, tag: y }], rule_cond_expr: '0'")).toContain("as a map");
    expect(refusalOf("field_name_cond_expr: a")).toContain("as a map");
    expect(refusalOf("rule_cond_expression: a")).toContain('unknown parameter "rule_cond_expression"');
    expect(refusalOf("rule_conditions: [{ type: rule_attribute, attribute: level, value: severe }]")).toContain(
      "no level: severe",
    );
  });

  test("of any text is read or refused, never thrown over", () => {
    const word = fc.constantFrom(
      ...transformationTypes,
      "logsource",
      "include_fields",
      "x",
      "(",
      "\\1",
      "[a, b]",
      "{ a: b }",
      "null",
      "7",
    );
    const key = fc.constantFrom(
      "type",
      "mapping",
      "prefix",
      "regex",
      "replacement",
      "rule_conditions",
      "items",
      "value",
      "field",
      "conditions",
      "fields",
      "vars",
      "id",
    );
    const step = fc.dictionary(key, fc.oneof(word, fc.string()), { maxKeys: 5 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4 }), (steps) => {
        const text = `transformations:\n${steps
          .map(
            (one) =>
              `  - {${Object.entries(one)
                .map(([k, v]) => `${k}: ${v}`)
                .join(", ")}}\n`,
          )
          .join("")}`;
        const result = parsePipeline({ path: "p.yml", text });
        const pipelines = result.ok ? [result.pipeline] : [];
        expect(result.ok || result.problems.length > 0).toBe(true);
        expect(loadRules([{ path: "r.yml", text: image }], { pipelines }).report).toHaveLength(1);
      }),
      { numRuns: 2000 },
    );
  });
});
