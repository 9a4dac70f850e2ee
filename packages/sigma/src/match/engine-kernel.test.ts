import fc from "fast-check";
import { expect, test } from "vitest";
import { loadRules, type RuleSet } from "../load.ts";
import { createEngine } from "./engine.ts";
import { evaluate } from "./naive.ts";

const encoder = new TextEncoder();
const about = { id: "e", logsource: {} };
/** So many lines are parsed before a set of at least 24 rules is searched for by the kernel. */
const WARM_UP = 64;

/** Few characters, so that literals overlap, share their grams, and stand where escapes begin and end. */
const alphabets = [
  ["a", "b"],
  ["a", "A", "\\"],
  ["\\", '"', "n", "\n", "/"],
  ["k", "s", "i", "K", "S", "I", "ſ", "\u212A", "\u0130"],
  ["1", "0", "e", ".", "+", "-"],
  ["@", "`", "[", "{", "}", "|", "z", "Z"],
  ["a", "u", "0", "\u0000", "\u007F"],
  ["t", "é", "É"],
  ["-", "/", "t", "e"],
];
const names = [
  "f",
  "f",
  "g g",
  "gg",
  "h.i",
  "h",
  "ü",
  "of-17-characters-",
  "of-17-characters+",
  "beyond-thirty-two-characters-long",
];
const modifiers = ["", "|contains", "|startswith", "|endswith", "|contains|all", "|cased", "|contains|windash", "|neq"];
const upTo = (...lengths: readonly number[]) => lengths.map((most) => ({ least: 0, most }));
const exactly = (...lengths: readonly number[]) => lengths.map((most) => ({ least: most, most }));
/** Rules of all kinds, or many that are searched for in one way, so that literals share its table. */
const kinds = [
  { fields: names, modifiers, lengths: upTo(3, 7, 18, 40) },
  { fields: names, modifiers, lengths: upTo(3, 7, 18, 40) },
  { fields: ["f"], modifiers: ["|startswith", "|endswith"], lengths: [...upTo(3), ...exactly(4, 7, 8, 12, 16, 17)] },
  { fields: ["f"], modifiers: ["|contains"], lengths: [...upTo(3), ...exactly(4, 5, 6)] },
  { fields: ["f", "gg"], modifiers: ["|contains"], lengths: exactly(7, 8, 9, 17, 33) },
  { fields: ["f"], modifiers: [""], lengths: [...upTo(2, 5), ...exactly(16, 40)] },
];
const conditions = ["a", "a", "a or b", "a and b", "not a", "a and not b", "not (a and not b)", "k", "b and not k"];

/** A literal of the rules, by number, with something on either side of it, maybe in another case (and other dashes) or with one character changed. */
const pieceOf = (text: (maxLength: number) => fc.Arbitrary<string>) =>
  fc.record({
    literal: fc.nat(),
    before: fc.oneof({ weight: 2, arbitrary: fc.constant("") }, { weight: 1, arbitrary: text(18) }),
    after: fc.oneof({ weight: 2, arbitrary: fc.constant("") }, { weight: 1, arbitrary: text(18) }),
    upper: fc.boolean(),
    changed: fc.nat(60),
  });
const plain = fc.constantFrom(null, true, 0, 10, 1e21, "");

const worlds = fc.tuple(fc.constantFrom(...alphabets), fc.constantFrom(...kinds)).chain(([alphabet, kind]) => {
  const text = (maxLength: number, minLength = 0) =>
    fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
  const literal = fc.oneof(...kind.lengths.map(({ least, most }) => text(most, least)));
  const selection = fc.tuple(
    fc.constantFrom(...kind.fields),
    fc.constantFrom(...kind.modifiers),
    fc.array(literal, { minLength: 1, maxLength: 3 }),
  );
  const rule = fc.record({
    a: selection,
    b: fc.oneof(selection, fc.constantFrom({ "f|exists": true }, { "h.i|exists": false }, { f: null }, { n: null })),
    k: literal,
    condition: fc.constantFrom(...conditions),
  });
  const piece = pieceOf(text);
  const value = fc.oneof(
    { weight: 6, arbitrary: piece },
    { weight: 1, arbitrary: plain },
    { weight: 1, arbitrary: fc.array(fc.oneof(piece, fc.constant(null)), { maxLength: 2 }) },
    { weight: 1, arbitrary: fc.record({ i: piece }) },
  );
  const fieldName = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...kind.fields) },
    { weight: 1, arbitrary: fc.constantFrom(...names, "h i", "other", "n", "n") },
  );
  return fc.record({
    rules: fc.oneof(fc.array(rule, { minLength: 1, maxLength: 8 }), fc.array(rule, { minLength: 24, maxLength: 64 })),
    lines: fc.array(
      fc.record({
        fields: fc.array(fc.tuple(fieldName, value), { maxLength: 5 }),
        blank: fc.constantFrom("", " "),
        isEscaped: fc.nat(9).map((one) => one === 0),
      }),
      { minLength: 8, maxLength: 40 },
    ),
  });
});
type ValueOf<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;
type World = ValueOf<typeof worlds>;
type Rule = World["rules"][number];
type Line = World["lines"][number];
type Piece = ValueOf<ReturnType<typeof pieceOf>>;

test("lines built from the literals of many rules give with the kernel what the oracle says of their parsed form", () => {
  let held = 0;
  fc.assert(
    fc.property(worlds, ({ rules, lines }) => {
      const ruleSet = loadRules(rules.map(fileOf));
      const literals = rules.flatMap(({ a: [, , texts], k }) => [...texts, k]);
      const engine = createEngine(ruleSet, { routing: "none", kernel: true });
      const written = lines.map((line) => encoder.encode(writtenLine(line, literals)));
      for (let count = 0; count < WARM_UP; count += 1) engine.matchLine(written[count % written.length] ?? none, about);
      for (const line of written) {
        const found = engine.matchLine(line, about).map(({ rule }) => rule.title);
        expect(found).toEqual(oracle(ruleSet, line));
        held += found.length;
      }
    }),
    { numRuns: 160 },
  );
  // Without rules that hold nothing would have been compared.
  expect(held).toBeGreaterThan(1_000);
});

/** Texts that JSON writes with escapes, or that look like its marks. */
const middles = ['"', "\\", '\\"', '\\\\"', '"\\', "\n", "/", "{", "é", "\\u0061", "\u0001", "\u212A", '"}', '","g":"'];
const tails = ["", "needle", `${"y".repeat(11)}needle`, `${"y".repeat(40)}needle`, '"', "\\"];
const asked = [
  { "f|endswith": "needle" },
  { "f|contains": ["needle", "k"] },
  { "f|startswith": `${"x".repeat(16)}"` },
  { "f|contains": middles.slice(0, 6) },
  { "f|endswith": ['"', "\\"] },
  { g: "last" },
  ["*needle", '*"*'],
];
const askedRules = loadRules(
  asked.map((a, index) => ({
    path: `${index}.yml`,
    text: JSON.stringify({
      title: `rule ${index}`,
      logsource: { category: "test" },
      detection: { a, condition: "a" },
    }),
  })),
);

test("an escape at any place of a text is read as its parsed form has it", () => {
  const engine = createEngine(askedRules, { routing: "none", kernel: true });
  const texts = Array.from({ length: 36 }, (_, length) =>
    middles.flatMap((middle) => tails.map((tail) => JSON.stringify(`${"x".repeat(length)}${middle}${tail}`))),
  ).flat();
  const escaped = (text: string): string => text.replaceAll("/", "\\/");
  const lines = texts.flatMap((text) => [
    `{"f":${text},"g":"last"}`,
    `{"e":[${text}],"f":${escaped(text)},"g":"last"}`,
  ]);
  const wrong = lines.filter((line) => {
    const bytes = encoder.encode(line);
    const found = engine.matchLine(bytes, about).map(({ rule }) => rule.title);
    return found.join() !== oracle(askedRules, bytes).join();
  });
  expect(wrong).toEqual([]);
});

const none = new Uint8Array();

function oracle({ rules }: Pick<RuleSet, "rules">, line: Uint8Array): readonly string[] {
  const fields = JSON.parse(new TextDecoder().decode(line)) as Record<string, unknown>;
  return rules.filter(({ expression }) => evaluate(expression, { fields })).map(({ title }) => title);
}

function fileOf({ a, b, k, condition }: Rule, index: number): { path: string; text: string } {
  const selectionOf = ([field, modifier, texts]: Rule["a"]): object => ({ [field + modifier]: texts });
  const detection = {
    a: selectionOf(a),
    b: Array.isArray(b) ? selectionOf(b) : b,
    k: [k.trim() === "" ? "key" : k],
    condition,
  };
  return {
    path: `${index}.yml`,
    text: JSON.stringify({ title: `rule ${index}`, logsource: { category: "test" }, detection }),
  };
}

function writtenLine({ fields, blank, isEscaped }: Line, literals: readonly string[]): string {
  const text = (one: string): string => {
    const json = JSON.stringify(one);
    return isEscaped ? json.replaceAll("/", "\\/").replaceAll("a", "\\u0061") : json;
  };
  const pieceText = ({ literal, before, after, upper, changed }: Piece): string => {
    const known = literals[literal % literals.length] ?? "";
    const other = changed < known.length ? `${known.slice(0, changed)}x${known.slice(changed + 1)}` : known;
    return before + (upper ? other.toUpperCase().replaceAll("-", "\u2013") : other) + after;
  };
  const value = (one: unknown): string => {
    if (Array.isArray(one)) return `[${one.map(value).join()}]`;
    if (typeof one !== "object" || one === null) return JSON.stringify(one);
    return "i" in one ? `{"i":${value(one.i)}}` : text(pieceText(one as Piece));
  };
  return `{${fields.map(([name, one]) => `"${name}":${blank}${value(one)}`).join(`,${blank}`)}}`;
}
