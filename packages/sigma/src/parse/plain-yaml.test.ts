import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadRules } from "../load.ts";
import { readPlainYaml } from "./plain-yaml.ts";
import { defaultYamlLimits, readFullYaml } from "./yaml.ts";

const rule = `# licence
title: Shell  # the name
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
description: |
  First line
    indented

  last line

references:
  - https://example.org/a#b
  - 'it''s quoted'  # remark
  - "C:\\\\Windows\\ttab"
author: somebody,
  somebody else
date: 2026-01-02
logsource:
    product: windows
    category: process_creation
detection:
    selection_main:
      - Image|endswith:
          - '\\cmd.exe'
          - \\powershell.exe
        CommandLine|contains: " /c "
        # a remark
      - OriginalFileName: Cmd.Exe
    filter:
    - EventID: 4688
      Empty: ''
      Nothing:
    'quoted key': true
    condition: >-
      selection_main
      and not filter
falsepositives:
- Unlikely
level: high
`;

/** What tends to change the meaning of YAML, parted by `;`. */
const marks = [
  "\n;\n\n; ;  ;: ;:;- ;-; #;#;';'';\";\\;\\n;|;|-;>;>-;|+;>2;~;null;true;0;7;-1;1.5;0o7;.inf;1e3;a;b c;key: v;é;😀",
  "?;[;];{;};&a ;*a;!x ;%;@;,;<<: ;\n  ;\n    ;\n- ;\n  - ;\n# c\n;\n # c\n",
].flatMap((line) => line.split(";"));

/** What the full reader makes of a text with one document; undefined when there is an error or more than one. */
function fully(text: string): unknown {
  const [document, ...more] = readFullYaml(text, defaultYamlLimits);
  if (document?.ok !== true || more.length > 0) return undefined;
  return { value: document.value, ...document.locate([]) };
}

/** The same from the fast reader, in the same form. */
function plainly(text: string): unknown {
  const document = readPlainYaml(text, defaultYamlLimits.depthMax);
  return document === undefined ? undefined : { ...document, column: 1 };
}

describe("the fast reader of rule files", () => {
  test("reads a rule as it is usually written just like the full reader", () => {
    expect(plainly(rule)).toBeDefined();
    expect(plainly(rule)).toEqual(fully(rule));
  });

  test.each([
    ["an anchor", "a: &x 1\nb: *x\n"],
    ["a tag", "a: !!str 1\n"],
    ["flow style", "a: [b, c]\n"],
    ["several documents", "a: 1\n---\nb: 2\n"],
    ["a directive", "%YAML 1.1\n---\na: 1\n"],
    ["a key that stands twice", "a: 1\na: 2\n"],
    ["a key that is a number", "1: a\n"],
    ["a key that would reach the prototype", "__proto__: a\n"],
    ["a tab", "a:\tb\n"],
    ["a carriage return", "a: b\r\n"],
    ["a number too long to be kept exactly", "a: 12345678901234567890\n"],
    ["a hexadecimal number", "a: 0x10\n"],
    ["a value that looks like an entry", "a: b: c\n"],
    ["a quote that is not closed", "a: 'b\n"],
    ["an indent that fits nowhere", "a:\n    b: 1\n  c: 2\n"],
    ["a list at the top", "- a\n"],
    ["nothing", "\n"],
  ])("leaves %s to the full reader", (_, text) => {
    expect(readPlainYaml(text, 32)).toBeUndefined();
  });

  test("leaves what is nested deeper than allowed to the full reader", () => {
    const nested = (depth: number): string =>
      Array.from({ length: depth }, (_, level) => `${" ".repeat(level)}k:\n`).join("");
    expect(readPlainYaml(nested(5), 5)).toBeDefined();
    expect(readPlainYaml(nested(6), 5)).toBeUndefined();
    expect(readPlainYaml(nested(5000), 1e9)).toBeUndefined();
  });

  test("never answers differently from the full reader, whatever the text", () => {
    const piece = fc.constantFrom(...marks);
    const changes = fc.array(fc.tuple(fc.nat(1000), fc.nat(4), fc.option(piece, { nil: "" })), { maxLength: 4 });
    const lines = rule.split("\n");
    const excerpt = fc
      .tuple(fc.nat(lines.length - 1), fc.integer({ min: 1, max: 14 }), fc.constantFrom(0, 2, 4))
      .map(([from, count, outdent]) => {
        const taken = lines.slice(from, from + count);
        return taken.map((line) => line.replace(" ".repeat(outdent), "")).join("\n");
      });
    const made = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(""));
    let read = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: excerpt }, made), changes, (start, edits) => {
        let text = start;
        for (const [position, cut, inserted] of edits) {
          const at = position % (text.length + 1);
          text = text.slice(0, at) + (inserted ?? "") + text.slice(at + cut);
        }
        const document = plainly(text);
        if (document === undefined) return;
        read += 1;
        // As text, which also compares the order of keys.
        expect(JSON.stringify(document)).toBe(JSON.stringify(fully(text)));
      }),
      { numRuns: 6000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});

test("a refusal in a file that was read the fast way points at the value that is wrong", () => {
  const text = rule.replace("Image|endswith", "Image|frobnicate");
  expect(readPlainYaml(text, 32)).toBeDefined();
  expect(loadRules([{ path: "r.yml", text }]).report).toMatchObject([
    { status: "rejected", code: "modifier-unknown", line: 22, column: 9, title: "Shell" },
  ]);
  const listed = rule.replace("EventID: 4688", "EventID|gt:\n      - 1\n      - many");
  expect(loadRules([{ path: "r.yml", text: listed }]).report).toMatchObject([
    { status: "rejected", code: "value-invalid", line: 31, column: 9 },
  ]);
  expect(loadRules([{ path: "r.yml", text: rule.replace("title", "titel") }]).report).toMatchObject([
    { status: "rejected", code: "metadata-invalid", line: 2, column: 1 },
  ]);
});
