import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyToEvent,
  createEngine,
  type EventLogsource,
  type Fields,
  loadRules,
  parsePipeline,
  type Pipeline,
  reversePipeline,
} from "../index.ts";

function pipeline(...steps: readonly string[]): Pipeline {
  const text = `transformations:\n${steps.map((step) => `  - ${step}\n`).join("")}`;
  const result = parsePipeline({ path: "p.yml", text });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.pipeline;
}

function reversed(of: Pipeline): Pipeline {
  const result = reversePipeline(of);
  if (!result.ok) throw new Error(result.message);
  return result.pipeline;
}

describe("fields of events", () => {
  test.each<readonly [string, Fields, Fields]>([
    ["{ type: field_name_mapping, mapping: { a: x, b: [y, z] } }", { a: 1, b: 2, c: 3 }, { x: 1, y: 2, z: 2, c: 3 }],
    ["{ type: field_name_mapping, mapping: { a: x, b: x } }", { a: 1, b: [1, 2] }, { x: [1, 2] }],
    ["{ type: field_name_mapping, mapping: { p.c: C } }", { p: { c: "id" } }, { p: { c: "id" }, C: "id" }],
    ["{ type: field_name_mapping, mapping: { p.c: C } }", { "p.c": "id" }, { C: "id" }],
    ["{ type: field_name_prefix_mapping, mapping: { win.: w_ } }", { "win.a": 1, b: 2 }, { w_a: 1, b: 2 }],
    ["{ type: field_name_transform, transform_func: lower }", { Ab: 1 }, { ab: 1 }],
    ["{ type: field_name_suffix, suffix: _x }", { a: 1 }, { a_x: 1 }],
    [
      "{ type: replace_string, regex: '^::ffff:', replacement: '' }",
      { a: ["::ffff:192.0.2.1", 7] },
      { a: ["192.0.2.1", 7] },
    ],
    ["{ type: replace_string, regex: x, replacement: y, skip_special: true }", { a: "C:\\x*" }, { a: "C:\\y*" }],
    ["{ type: replace_string, regex: '^6$', replacement: tcp }", { a: 6, b: 16 }, { a: "tcp", b: 16 }],
    ["{ type: field_name_mapping, mapping: { null: message, '': x } }", { "": 1, a: 2 }, { "": 1, a: 2 }],
    [
      "{ type: map_string, mapping: { '6': [tcp, TCP] } }",
      { a: "6", b: { c: "6" } },
      { a: ["tcp", "TCP"], b: { c: "6" } },
    ],
    ["{ type: convert_type, target_type: num }", { a: "7", b: "x", c: null }, { a: 7, b: "x", c: null }],
    [
      "{ type: set_value, value: '***', field_name_conditions: [{ type: include_fields, fields: [password] }] }",
      { password: "secret", b: 1 },
      { password: "***", b: 1 },
    ],
    [
      "{ type: hashes_fields, valid_hash_algos: [MD5, IMPHASH] }",
      { Hashes: "SHA1=9,MD5=0CC1,IMPHASH=00" },
      { Hashes: "SHA1=9,MD5=0CC1,IMPHASH=00", MD5: "0CC1", IMPHASH: "00" },
    ],
    [
      "{ type: case, detection_item_conditions: [{ type: match_string, pattern: A }] }",
      { a: "AB", b: "BA" },
      { a: "ab", b: "BA" },
    ],
    ["{ type: drop_detection_item }", { a: 1 }, { a: 1 }],
    ["{ type: rule_failure, message: x }", { a: 1 }, { a: 1 }],
    ["{ type: case, rule_conditions: [{ type: tag, tag: x }] }", { a: "A" }, { a: "A" }],
  ])("%s makes of %j %j", (step, fields, expected) => {
    const frozen = Object.freeze({ ...fields });
    expect(applyToEvent(pipeline(step), frozen).fields).toEqual(expected);
  });

  test("are changed by log source, and the log source with them", () => {
    const steps = pipeline(
      "{ type: field_name_mapping, mapping: { a: x }, rule_conditions: [{ type: logsource, category: dns }] }",
      "{ type: change_logsource, category: proxy, rule_conditions: [{ type: logsource, product: zeek }] }",
    );
    const zeek: EventLogsource = { product: "Zeek", category: ["dns", "firewall"] };
    expect(applyToEvent(steps, { a: 1 }, zeek)).toEqual({ fields: { x: 1 }, logsource: { category: "proxy" } });
    expect(applyToEvent(steps, { a: 1 })).toEqual({ fields: { a: 1 }, logsource: {} });
  });

  test("named by an attacker change nothing else", () => {
    const step = pipeline("{ type: field_name_mapping, mapping: { a: __proto__, b: constructor } }");
    const { fields } = applyToEvent(step, { a: { polluted: true }, b: 1 });
    expect(Object.hasOwn(fields, "__proto__")).toBe(true);
    expect(({} as Fields)["polluted"]).toBeUndefined();
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (any) => {
        applyToEvent(step, any);
      }),
    );
  });
});

const names = ["Image", "CommandLine", "User", "Hash"] as const;
const mapping = pipeline(
  "{ type: field_name_mapping, mapping: { Image: process.executable, CommandLine: [process.command_line, process.args], User: user.name } }",
  "{ type: field_name_prefix, prefix: 'x.', field_name_conditions: [{ type: include_fields, fields: [Hash] }] }",
);
/** The same without a condition on names, which could not be turned around. */
const turnable = pipeline(
  "{ type: field_name_mapping, mapping: { Image: process.executable, CommandLine: [process.command_line, process.args], User: user.name, Hash: x.Hash } }",
);

const value = fc.constantFrom("a", "b", "ab", "abc", "A", 1, 10);
const field = fc.constantFrom(...names);
// Under `all` each value may be met by another name once events are mapped, and by one name only once rules are.
const item = fc
  .record({
    field,
    modifier: fc.constantFrom("", "|contains", "|startswith", "|neq", "|cased", "|exists"),
    value: fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) }),
  })
  .map(({ field: name, modifier, value: wanted }) => {
    if (modifier === "|exists") return `{ ${name}|exists: ${String(wanted === null || wanted === "a")} }`;
    return `{ ${name}${wanted === null && modifier !== "|neq" ? "" : modifier}: ${JSON.stringify(wanted)} }`;
  });
const rule = fc
  .record({ s: item, t: item, condition: fc.constantFrom("s and t", "s or t", "s and not t", "not s", "1 of them") })
  .map(
    ({ s, t, condition }) =>
      `title: T\nlogsource: { category: c }\ndetection: { s: ${s}, t: ${t}, condition: ${condition} }\n`,
  );
const sigmaEvent = fc.dictionary(field, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 2 })));

function hits(text: string, fields: Fields, pipelines: readonly Pipeline[]): number {
  const ruleSet = loadRules([{ path: "r.yml", text }], { pipelines });
  expect(ruleSet.rules).toHaveLength(1);
  return createEngine(ruleSet).match({ id: "1", timeMs: 0, logsource: { category: "c" }, fields }).length;
}

describe("mapping rules and mapping events", () => {
  test("both leaves every answer as it was", () => {
    fc.assert(
      fc.property(rule, sigmaEvent, (text, fields) => {
        expect(hits(text, applyToEvent(mapping, fields).fields, [mapping])).toBe(hits(text, fields, []));
      }),
      { numRuns: 1500 },
    );
  });

  test("the rules one way or the events the other way gives the same answer", () => {
    const native = fc.constantFrom("process.executable", "process.command_line", "process.args", "user.name", "x.Hash");
    const nativeEvent = fc.dictionary(native, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 2 })));
    const back = reversed(turnable);
    fc.assert(
      fc.property(rule, nativeEvent, (text, fields) => {
        expect(hits(text, applyToEvent(back, fields).fields, [])).toBe(hits(text, fields, [turnable]));
      }),
      { numRuns: 1500 },
    );
  });

  test("changing values in both leaves answers about whole values as they were", () => {
    const step = pipeline("{ type: map_string, mapping: { a: x, b: [y, z], ab: q } }", "{ type: case, method: upper }");
    const plain = fc.constantFrom("a", "b", "ab", "c");
    fc.assert(
      fc.property(plain, plain, (wanted, found) => {
        const text = `title: T\nlogsource: { category: c }\ndetection: { s: { Image: ${wanted} }, condition: s }\n`;
        const mapped = applyToEvent(step, { Image: found }).fields;
        expect(hits(text, mapped, [step])).toBe(hits(text, { Image: found }, []));
      }),
    );
  });

  test("replacing in both leaves answers about texts with backslashes and stars as they were", () => {
    const step = pipeline("{ type: replace_string, regex: '[ab]', replacement: 'c\\\\d' }");
    const special = fc.array(fc.constantFrom("a", "b", "x", "\\", "*", "?")).map((list) => list.join(""));
    fc.assert(
      fc.property(special, special, fc.boolean(), (wanted, other, isSame) => {
        const found = isSame ? wanted : other;
        const replaced = (text: string): string => text.replaceAll(/[ab]/g, "c\\d");
        const quoted = JSON.stringify(wanted.replaceAll(/[\\*?]/g, String.raw`\$&`));
        const text = `title: T\nlogsource: { category: c }\ndetection: { s: { Image: ${quoted} }, condition: s }\n`;
        const { fields } = applyToEvent(step, { Image: found });
        expect(fields).toEqual({ Image: replaced(found) });
        expect(hits(text, fields, [step]) > 0).toBe(replaced(wanted) === replaced(found));
      }),
      { numRuns: 1500 },
    );
  });

  test("splitting hashes in both finds the hash that was found before", () => {
    const step = pipeline("{ type: hashes_fields, valid_hash_algos: [MD5, SHA1], field_prefix: File }");
    const hex = (length: number): fc.Arbitrary<string> =>
      fc
        .array(fc.constantFrom(...Array.from("0123456789abcdef")), { minLength: length, maxLength: length })
        .map((list) => list.join(""));
    fc.assert(
      fc.property(hex(32), hex(40), fc.boolean(), (md5, sha1, isOther) => {
        const wanted = isOther ? sha1.replaceAll("0", "1").slice(0, 32) : md5;
        const text = `title: T\nlogsource: { category: c }\ndetection: { s: { Hashes|contains: 'MD5=${wanted}' }, condition: s }\n`;
        const fields = { Hashes: `SHA1=${sha1},MD5=${md5.toUpperCase()}` };
        expect(hits(text, applyToEvent(step, fields).fields, [step])).toBe(hits(text, fields, []));
      }),
    );
  });
});

test("what has no other way round is not turned, and says why", () => {
  expect(reversePipeline(pipeline("{ type: case }"))).toMatchObject({
    ok: false,
    message: expect.stringContaining("case"),
  });
  expect(reversePipeline(pipeline("{ type: field_name_mapping, mapping: { null: message } }"))).toMatchObject({
    ok: false,
  });
  expect(reversePipeline(mapping)).toMatchObject({ ok: false, message: expect.stringContaining("include_fields") });
  const nested = pipeline(
    "{ type: field_name_prefix, prefix: 'w.' }",
    "{ type: nest, items: [{ type: field_name_suffix, suffix: .k }, { type: field_name_prefix_mapping, mapping: { w.: [v., u.] } }] }",
  );
  const there = applyToEvent(nested, { a: 1 }).fields;
  expect(there).toEqual({ "v.a.k": 1, "u.a.k": 1 });
  expect(applyToEvent(reversed(nested), there).fields).toEqual({ a: 1 });
});
