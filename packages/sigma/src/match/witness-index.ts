import { fold } from "../compile/fold.ts";
import type { Expression } from "../expression.ts";
import { allTexts, textOf, valuesOf } from "./field-values.ts";
import { type ByteIndex, createByteIndex, type LineBytes, type Span } from "./byte-index.ts";
import type { FieldPlan, IndexPlan } from "./kernel/pack-index.ts";
import { createLiteralIndex, type IndexedLiteral, type LiteralIndex } from "./literal-index.ts";
import type { LineTokens, Token } from "./line-tokens.ts";
import type { EventContent } from "./naive.ts";
import { type Atom, type Frequency, type Witness, witnessOf } from "./witness.ts";

const BACKSLASH = 0x5c;
/** Names of fields remembered; a hostile sensor makes them up. */
const NAMES_MAX = 8_192;

/** One line of JSON three times: its bytes, one character for each of them, and taken apart. */
export type Line = LineBytes & Readonly<{ text: string; tokens: LineTokens }>;

/** What the index knows of one field. */
class FieldEntry {
  readonly name: string;
  /** Rules that only ask for the field to be there. */
  readonly present: readonly number[];
  /** Rules by number of literal. */
  readonly rules: readonly (readonly number[])[];
  /** Whether all literals may stand anywhere in a text. */
  readonly anywhere: boolean;
  /** Told of each literal found: marks its rules. */
  readonly found: (literal: number) => void;
  readonly #literals: readonly IndexedLiteral[];
  #texts: LiteralIndex | undefined;
  #written: ByteIndex | undefined;

  constructor(name: string, noted: readonly Noted[], mark: (rule: number) => void) {
    const withText = noted.filter(({ atom }) => atom.place !== "present");
    this.name = name;
    this.present = noted.filter(({ atom }) => atom.place === "present").flatMap(({ rules }) => rules);
    this.rules = withText.map(({ rules }) => rules);
    this.#literals = withText.flatMap(({ atom: { place, text } }, number) =>
      place === "present" ? [] : [{ number, place, text }],
    );
    const { rules } = this;
    this.found = (literal) => {
      for (const rule of rules[literal] ?? []) mark(rule);
    };
    this.anywhere = this.#literals.every(({ place }) => place === "part");
  }

  get isSearched(): boolean {
    return this.#literals.length > 0;
  }

  /** The same for the kernel. */
  get plan(): FieldPlan {
    const { present, rules } = this;
    const literals = this.#literals.map(({ number, place, text }) => ({
      place,
      written: asWritten(text),
      rules: rules[number] ?? [],
    }));
    return { present, literals };
  }

  /** Finds the literals in folded texts. Built when first asked for: a stream is read in one way or the other. */
  get texts(): LiteralIndex {
    return (this.#texts ??= createLiteralIndex(this.#literals));
  }

  /** Finds the literals as JSON writes them, in bytes that were not decoded. */
  get written(): ByteIndex {
    return (this.#written ??= createByteIndex(this.#literals.map((one) => ({ ...one, text: asWritten(one.text) }))));
  }
}

/** A text as JSON writes it. */
function asWritten(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Rules by their witnesses, inverted: from what an event holds to the rules it may concern. */
export class WitnessIndex {
  /** The conditions of the rules, by number; none when it only counts. */
  readonly expressions: readonly Expression[];
  readonly #always: readonly number[];
  readonly #fields: ReadonlyMap<string, FieldEntry>;
  readonly #dotted: readonly FieldEntry[];
  readonly #keywords: FieldEntry | undefined;
  readonly #names = new Map<string, readonly FieldEntry[]>();
  readonly #marks: Uint32Array;
  readonly #found: number[] = [];
  #isUnusual: boolean | undefined;
  #event = 0;

  static of(expressions: readonly Expression[], frequency: Frequency): WitnessIndex {
    const witnesses = expressions.map((expression) => witnessOf(expression, frequency));
    return new WitnessIndex(witnesses, expressions);
  }

  constructor(witnesses: readonly (Witness | undefined)[], expressions: readonly Expression[] = []) {
    this.expressions = expressions;
    this.#always = witnesses.flatMap((witness, rule) => (witness === undefined ? [rule] : []));
    this.#marks = new Uint32Array(witnesses.length);
    const byField = new Map<string | null, Map<string, { atom: Atom; rules: number[] }>>();
    for (const [rule, witness] of witnesses.entries()) for (const atom of witness ?? []) note(byField, atom, rule);
    const mark = (rule: number): void => this.#mark(rule);
    const entries = [...byField].map(
      ([field, atoms]) => [field, new FieldEntry(field ?? "", [...atoms.values()], mark)] as const,
    );
    this.#keywords = entries.find(([field]) => field === null)?.[1];
    this.#fields = new Map(entries.flatMap(([field, entry]) => (field === null ? [] : [[field, entry] as const])));
    this.#dotted = [...this.#fields.values()].filter(({ name }) => name.includes("."));
  }

  /** What the kernel looks for, and the fields it finds for those who read candidates. */
  plan(slots: ReadonlyMap<string, number>): IndexPlan {
    const fields = [...slots].map(([name, slot]) => ({ name, slot, plan: this.#fields.get(name)?.plan }));
    const { expressions } = this;
    return { rules: this.#marks.length, always: this.#always, fields, keywords: this.#keywords?.plan, expressions };
  }

  find(event: EventContent): readonly number[] {
    this.#event += 1;
    this.#found.length = 0;
    for (const rule of this.#always) this.#mark(rule);
    const { fields } = event;
    let hasNested = false;
    for (const key in fields) {
      const value = fields[key];
      if (typeof value === "object" && value !== null) hasNested = true;
      for (const entry of this.#named(key)) this.#look(entry, value);
    }
    if (hasNested)
      for (const entry of this.#dotted) {
        const values = valuesOf(fields, entry.name);
        if (values !== undefined) this.#look(entry, values);
      }
    if (this.#keywords !== undefined) this.#lookAtAll(this.#keywords, event);
    return this.#found.length > 1 ? this.#found.sort((a, b) => a - b) : this.#found;
  }

  /**
   * Texts are searched as they are written where JSON's escapes are the usual ones: writing goes character by character,
   * so what a text contains, its written form contains too. Everything else is decoded first.
   */
  findInLine(line: Line): readonly number[] | undefined {
    const { tokens } = line;
    this.#isUnusual = undefined;
    this.#event += 1;
    this.#found.length = 0;
    for (const rule of this.#always) this.#mark(rule);
    if (this.#keywords !== undefined && !this.#lookAtLine(this.#keywords, line)) return undefined;
    for (let index = 0; index < tokens.count; index += 1) {
      const token = tokens.at(index);
      if (token === undefined) break;
      if (token.kind === "nested" && this.#dotted.length > 0 && hasObject(line.text, token)) return undefined;
      for (const entry of this.#named(token.name)) if (!this.#lookAtToken(entry, line, token)) return undefined;
    }
    return this.#found.length > 1 ? this.#found.sort((a, b) => a - b) : this.#found;
  }

  /** Keywords that may stand anywhere are searched in the whole line, names of fields included: rather one too many. */
  #lookAtLine(entry: FieldEntry, line: Line): boolean {
    if (this.#escapesUnusually(line)) return false;
    if (entry.anywhere) return this.#searchBytes(entry, line, { from: 0, to: line.bytes.length });
    for (let index = 0; index < line.tokens.count; index += 1) {
      const token = line.tokens.at(index);
      if (token === undefined) break;
      if (token.kind === "nested" || !this.#searchBytes(entry, line, token)) return false;
    }
    return true;
  }

  /** Looked at once for each line. */
  #escapesUnusually({ text }: Line): boolean {
    return (this.#isUnusual ??= hasUnusualEscapes(text));
  }

  /** @returns false when it cannot be told from the line */
  #lookAtToken(entry: FieldEntry, line: Line, token: Token): boolean {
    for (const rule of entry.present) this.#mark(rule);
    if (!entry.isSearched) return true;
    const { kind, from, to } = token;
    if (kind === "nested") return false;
    if (kind === "bare") {
      const written = line.text.slice(from, to);
      const isPlain = /^(?:0|-?[1-9]\d{0,14}|true|false)$/.test(written);
      if (isPlain) this.#searchIn(entry, entry.texts, written);
      return isPlain || written === "null";
    }
    if (kind === "escaped" && this.#escapesUnusually(line)) return false;
    return this.#searchBytes(entry, line, token);
  }

  #searchBytes({ written, found }: FieldEntry, line: Line, span: Span): boolean {
    return written.search(line, span, found);
  }

  /** A name is also looked for with its blanks taken out, as `valuesOf` does. */
  #named(key: string): readonly FieldEntry[] {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const names = key.includes(" ") ? [key, key.replaceAll(" ", "")] : [key];
    const entries = names.map((name) => this.#fields.get(name)).filter((entry) => entry !== undefined);
    if (this.#names.size >= NAMES_MAX) this.#names.clear();
    this.#names.set(key, entries);
    return entries;
  }

  #look(entry: FieldEntry, value: unknown): void {
    for (const rule of entry.present) this.#mark(rule);
    if (!entry.isSearched) return;
    if (typeof value === "string") this.#search(entry, value);
    else if (Array.isArray(value)) for (const one of value as readonly unknown[]) this.#look(entry, one);
    else {
      const text = textOf(value);
      if (text !== undefined) this.#search(entry, text);
    }
  }

  #lookAtAll(entry: FieldEntry, event: EventContent): void {
    for (const text of allTexts(event.fields, event.raw)) this.#search(entry, text);
  }

  #search(entry: FieldEntry, text: string): void {
    this.#searchIn(entry, entry.texts, fold(text));
  }

  #searchIn({ found }: FieldEntry, index: LiteralIndex, folded: string): void {
    index.search(folded, found);
  }

  #mark(rule: number): void {
    if (this.#marks[rule] === this.#event) return;
    this.#marks[rule] = this.#event;
    this.#found.push(rule);
  }
}

type Noted = { atom: Atom; rules: number[] };

function note(byField: Map<string | null, Map<string, Noted>>, atom: Atom, rule: number): void {
  const atoms = byField.get(atom.field) ?? new Map<string, Noted>();
  byField.set(atom.field, atoms);
  const key = `${atom.place} ${atom.text}`;
  const known = atoms.get(key);
  if (known === undefined) atoms.set(key, { atom, rules: [rule] });
  else if (known.rules.at(-1) !== rule) known.rules.push(rule);
}

function hasObject(line: string, { from, to }: Token): boolean {
  const brace = line.indexOf("{", from);
  return brace !== -1 && brace < to;
}

/** Escapes that JSON allows and its writers seldom use: characters by number, and the slash. */
function hasUnusualEscapes(written: string): boolean {
  return ["\\u", "\\/"].some((escape) => {
    for (let at = written.indexOf(escape); at !== -1; at = written.indexOf(escape, at + 1)) {
      let before = 0;
      while (written.charCodeAt(at - 1 - before) === BACKSLASH) before += 1;
      if (before % 2 === 0) return true;
    }
    return false;
  });
}
