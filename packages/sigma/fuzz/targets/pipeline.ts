import { applyToEvent, loadRules, parsePipeline, reversePipeline, transformationTypes } from "../../src/index.ts";
import { bytesOf, insist, type Target, textOf } from "../target.ts";
import { insistOnAgreement } from "./agree.ts";

const rules = [
  {
    path: "a.yml",
    text: `title: A
name: base
logsource: { product: windows, category: process_creation }
detection:
  s: { Image|endswith: whoami.exe, CommandLine|contains|all: [whoami, /all], "Hashes|contains": "MD5=d41d8cd98f00b204" }
  t: { EventID: 4688, User|expand: "%users%" }
  k: [adm_bob]
  condition: s or t or k
`,
  },
  {
    path: "b.yml",
    text: "title: B\ncorrelation: { type: value_count, rules: [base], group-by: [User], timespan: 5m, condition: { field: Image, gte: 2 } }\n",
  },
];

const steps = [
  "{ type: field_name_mapping, mapping: { Image: process.executable, CommandLine: [c, d] } }",
  "{ type: field_name_prefix, prefix: win., field_name_conditions: [{ type: include_fields, fields: [Image] }] }",
  "{ type: field_name_prefix_mapping, mapping: { Com: [x., y.] } }",
  "{ type: field_name_transform, transform_func: snake_case, mapping: { User: U } }",
  "{ type: replace_string, regex: '(who).*(exe)', replacement: '\\1\\2' }",
  "{ type: map_string, mapping: { whoami: [a, b] } }",
  "{ type: set_value, value: 5 }",
  "{ type: hashes_fields, valid_hash_algos: [MD5], field_prefix: File }",
  "{ type: add_condition, conditions: { tenant: x, 'EventID': [1, 2] }, negated: true }",
  "{ type: change_logsource, category: other, rule_conditions: [{ type: logsource, product: windows }] }",
  "{ type: value_placeholders, include: [users] }",
  "{ type: wildcard_placeholders }",
  "{ type: nest, items: [{ type: case, method: upper }, { id: q, type: set_state, key: k, val: v }] }",
  "{ type: rule_failure, message: no, rule_cond_op: or, rule_cond_not: true, rule_conditions: [{ type: is_sigma_rule }] }",
  "{ type: regex, method: ignore_case_brackets, rule_cond_expr: 'a and not b', rule_conditions: { a: { type: tag, tag: x.y }, b: { type: is_sigma_correlation_rule } } }",
];

/** Pipelines: refused with the place, or read; what was read changes rules and events without breaking the engine. */
export const pipelineTarget: Target = {
  name: "pipeline",
  seeds: [
    ...steps.map((step) => `name: p\npriority: 10\nvars: { users: [adm_*, 5] }\ntransformations:\n  - ${step}\n`),
    `name: all\ntransformations:\n${steps.map((step) => `  - ${step}\n`).join("")}`,
  ].map(bytesOf),
  words: transformationTypes
    .concat(["mapping: ", "type: ", "rule_conditions", "detection_item_conditions", "[", "]", "{", "}"])
    .concat([
      ": ",
      ", ",
      "null",
      "''",
      "(.*)+",
      "\\1",
      "%users%",
      "Image",
      "CommandLine",
      "EventID",
      "Hashes",
      "__proto__",
    ])
    .concat([
      "match_string",
      "pattern: ",
      "rule_cond_expr",
      "field_name_cond_op: and",
      "processing_state",
      "\n  - ",
      "*",
    ]),
  sizeMax: 3072,
  run: (input) => {
    const result = parsePipeline({ path: "p.yml", text: textOf(input) });
    if (!result.ok) {
      insist(result.problems.length > 0, "a refusal gives a reason");
      insist(
        result.problems.every(({ line, column }) => line >= 1 && column >= 1),
        "every problem names a place",
      );
      return false;
    }
    const { pipeline } = result;
    insistOnAgreement(loadRules(rules, { pipelines: [pipeline] }));
    const fields = { Image: "whoami.exe", "process.executable": "x", CommandLine: ["a", null], User: 5, tenant: "x" };
    const logsource = { product: "windows", category: "process_creation" };
    applyToEvent(pipeline, fields, logsource);
    const back = reversePipeline(pipeline);
    if (back.ok) applyToEvent(back.pipeline, fields, logsource);
    return true;
  },
};
