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
  ["k", "s", "i", "K", "S", "I", "ſ"],
  ["1", "0", "e", ".", "+", "-"],
  ["@", "`", "[", "{", "}", "|", "z", "Z"],
  ["a", "u", "0", "\u0000", "\u007F"],
  ["t", "é", "É", "\u2013", "-"],
];
const names = ["f", "f", "g g", "gg", "h.i", "h", "ü", "of-17-characters-", "beyond-thirty-two-characters-long"];
const modifiers = ["", "|contains", "|startswith", "|endswith", "|contains|all", "|cased", "|contains|windash", "|neq"];
/** Rules of all kinds, or many that are searched for in one way, so that literals share its table. */
const kinds = [
  { fields: names, modifiers, lengths: [3, 7, 18, 40] },
  { fields: names, modifiers, lengths: [3, 7, 18, 40] },
  { fields: ["f"], modifiers: ["|startswith", "|endswith"], lengths: [5, 8, 12, 17] },
  { fields: ["f"], modifiers: ["|contains"], lengths: [6] },
  { fields: ["f", "gg"], modifiers: ["|contains"], lengths: [3, 9, 20] },
  { fields: ["f"], modifiers: [""], lengths: [2, 5, 33] },
];
const conditions = ["a", "a", "a or b", "a and b", "not a", "a and not b", "not (a and not b)", "k", "b and not k"];

/** A literal of the rules, by number, with something on either side of it, maybe in another case or cut short. */
const pieceOf = (text: (maxLength: number) => fc.Arbitrary<string>) =>
  fc.record({
    literal: fc.nat(),
    before: fc.oneof(fc.constant(""), text(18)),
    after: fc.oneof(fc.constant(""), text(18)),
    upper: fc.boolean(),
    cut: fc.constantFrom(0, 0, 0, 1),
  });
const plain = fc.constantFrom(null, true, 0, 10, 1e21, "");

const worlds = fc.tuple(fc.constantFrom(...alphabets), fc.constantFrom(...kinds)).chain(([alphabet, kind]) => {
  const text = (maxLength: number) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength });
  const literal = fc.oneof(...kind.lengths.map(text));
  const selection = fc.tuple(
    fc.constantFrom(...kind.fields),
    fc.constantFrom(...kind.modifiers),
    fc.array(literal, { minLength: 1, maxLength: 3 }),
  );
  const rule = fc.record({
    a: selection,
    b: fc.oneof(selection, fc.constantFrom({ "f|exists": true }, { "h.i|exists": false }, { f: null })),
    k: literal,
    condition: fc.constantFrom(...conditions),
  });
  const piece = pieceOf(text);
  const value = fc.oneof(
    { weight: 6, arbitrary: piece },
    { weight: 1, arbitrary: plain },
    { weight: 1, arbitrary: fc.array(piece, { maxLength: 2 }) },
    { weight: 1, arbitrary: fc.record({ i: piece }) },
  );
  return fc.record({
    rules: fc.oneof(fc.array(rule, { minLength: 1, maxLength: 8 }), fc.array(rule, { minLength: 24, maxLength: 64 })),
    lines: fc.array(
      fc.record({
        fields: fc.array(fc.tuple(fc.constantFrom(...kind.fields, ...names, "h i", "other"), value), { maxLength: 5 }),
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
  const pieceText = ({ literal, before, after, upper, cut }: Piece): string => {
    const known = literals[literal % literals.length] ?? "";
    return before + (upper ? known.toUpperCase() : known).slice(cut) + after;
  };
  const value = (one: unknown): string => {
    if (Array.isArray(one)) return `[${one.map(value).join()}]`;
    if (typeof one !== "object" || one === null) return JSON.stringify(one);
    return "i" in one ? `{"i":${value(one.i)}}` : text(pieceText(one as Piece));
  };
  return `{${fields.map(([name, one]) => `"${name}":${blank}${value(one)}`).join(`,${blank}`)}}`;
}
