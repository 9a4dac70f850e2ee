import type { CorrelationSpec } from "../parse/correlation.ts";
import type { Entry } from "./entry.ts";
import { RecordPool } from "./record-pool.ts";
import { StringPool } from "./string-pool.ts";
import { TextArena } from "./text-arena.ts";

/**
 * Words of an entry: its time (a double, 0 and 1), the next entry of its group, and where its event ids are, shifted by
 * one, with `covered` in the lowest bit. Types that look at more than the time have two words more: the rules seen as a
 * set of bits, or the first of its values.
 */
const [next, idsAndCovered, rulesLow, rulesHigh] = [2, 3, 4, 5] as const;
const firstValue = rulesLow;
/** Words of a value: the next one and a text's number; or the next one, nothing, and a number (the double at 1). */
const [nextValue, textNumber, numberAt] = [0, 1, 1] as const;

/** All entries of one correlation: 16 bytes each, 24 for types that look at rules or values, and the event ids. */
export class EntryStore {
  readonly #holds: "times" | "rules" | "texts" | "numbers";
  readonly #entries: RecordPool;
  readonly #values: RecordPool;
  readonly #texts = new StringPool();
  readonly #ids = new TextArena((move) => {
    for (let entry = 1; entry < this.#entries.end; entry += 1) {
      const packed = this.#entries.word(entry, idsAndCovered) >>> 0;
      if (packed > 1) this.#entries.setWord(entry, idsAndCovered, (move(packed >>> 1) << 1) | (packed & 1));
    }
  });

  constructor(spec: Pick<CorrelationSpec, "type">) {
    this.#holds = kindOf(spec.type);
    this.#entries = new RecordPool(this.#holds === "times" ? 4 : 6);
    this.#values = new RecordPool(this.#holds === "numbers" ? 4 : 2);
  }

  get live(): number {
    return this.#entries.live;
  }

  /** Bytes of texts held: event ids and distinct values. */
  get textBytes(): number {
    return this.#ids.live + this.#texts.bytes;
  }

  /** Values held, over all entries. */
  get values(): number {
    return this.#values.live;
  }

  /** A new entry that stands before no other. */
  add({ timeMs, rules, values, ids, covered }: Entry): number {
    const place = ids.length === 0 ? 0 : this.#ids.append(packIds(ids));
    const entry = this.#entries.allocate();
    this.#entries.setDouble(entry, 0, timeMs);
    this.#entries.setWord(entry, idsAndCovered, (place << 1) | (covered ? 1 : 0));
    if (this.#holds === "rules") for (const rule of rules) this.#addRule(entry, rule);
    else if (this.#holds !== "times")
      for (let at = values.length - 1; at >= 0; at -= 1) this.#addValue(entry, values[at]);
    return entry;
  }

  #addRule(entry: number, rule: number): void {
    const word = rule < 32 ? rulesLow : rulesHigh;
    this.#entries.setWord(entry, word, this.#entries.word(entry, word) | (1 << (rule & 31)));
  }

  #addValue(entry: number, value: string | number | undefined): void {
    const added = this.#values.allocate();
    if (this.#holds === "numbers") this.#values.setDouble(added, numberAt, Number(value));
    else this.#values.setWord(added, textNumber, this.#texts.hold(String(value)));
    this.#values.setWord(added, nextValue, this.#entries.word(entry, firstValue));
    this.#entries.setWord(entry, firstValue, added);
  }

  release(entry: number): void {
    this.dropIds(entry);
    if (this.#holds === "texts" || this.#holds === "numbers") this.#releaseValues(entry);
    this.#entries.release(entry);
  }

  #releaseValues(entry: number): void {
    let value = this.#entries.word(entry, firstValue);
    while (value !== 0) {
      const after = this.#values.word(value, nextValue);
      if (this.#holds === "texts") this.#texts.release(this.#values.word(value, textNumber));
      this.#values.release(value);
      value = after;
    }
  }

  timeMs(entry: number): number {
    return this.#entries.double(entry, 0);
  }

  next(entry: number): number {
    return this.#entries.word(entry, next);
  }

  setNext(entry: number, after: number): void {
    this.#entries.setWord(entry, next, after);
  }

  isCovered(entry: number): boolean {
    return (this.#entries.word(entry, idsAndCovered) & 1) === 1;
  }

  cover(entry: number): void {
    this.#entries.setWord(entry, idsAndCovered, this.#entries.word(entry, idsAndCovered) | 1);
  }

  ids(entry: number): readonly string[] {
    const place = this.#entries.word(entry, idsAndCovered) >>> 1;
    return place === 0 ? [] : unpackIds(this.#ids.read(place));
  }

  /** Forgets which events an entry stands for. */
  dropIds(entry: number): void {
    const packed = this.#entries.word(entry, idsAndCovered);
    const place = packed >>> 1;
    if (place === 0) return;
    this.#ids.release(place);
    this.#entries.setWord(entry, idsAndCovered, packed & 1);
  }

  hasRule(entry: number, rule: number): boolean {
    return ((this.#entries.word(entry, rule < 32 ? rulesLow : rulesHigh) >>> (rule & 31)) & 1) === 1;
  }

  numbers(entry: number, into: number[]): void {
    for (let value = this.#entries.word(entry, firstValue); value !== 0; value = this.#values.word(value, nextValue)) {
      into.push(this.#values.double(value, numberAt));
    }
  }

  /** How many values an entry holds. */
  valuesOf(entry: number): number {
    if (this.#holds === "times" || this.#holds === "rules") return 0;
    let count = 0;
    for (let value = this.#entries.word(entry, firstValue); value !== 0; value = this.#values.word(value, nextValue)) {
      count += 1;
    }
    return count;
  }

  /** Calls with each thing of an entry that is counted by difference: positions of rules, or numbers of texts. */
  eachCounted(entry: number, visit: (counted: number) => void): void {
    if (this.#holds === "texts") {
      for (
        let value = this.#entries.word(entry, firstValue);
        value !== 0;
        value = this.#values.word(value, nextValue)
      ) {
        visit(this.#values.word(value, textNumber));
      }
    } else if (this.#holds === "rules") {
      visitBits(this.#entries.word(entry, rulesLow), 0, visit);
      visitBits(this.#entries.word(entry, rulesHigh), 32, visit);
    }
  }

  read(entry: number): Entry {
    const rules: number[] = [];
    const values: (string | number)[] = [];
    if (this.#holds === "rules") this.eachCounted(entry, (rule) => rules.push(rule));
    if (this.#holds === "texts") this.eachCounted(entry, (text) => values.push(this.#texts.text(text)));
    if (this.#holds === "numbers") this.numbers(entry, values as number[]);
    return { timeMs: this.timeMs(entry), rules, values, ids: this.ids(entry), covered: this.isCovered(entry) };
  }
}

function kindOf(type: CorrelationSpec["type"]): "times" | "rules" | "texts" | "numbers" {
  if (type === "event_count") return "times";
  if (type === "value_count") return "texts";
  return type.startsWith("temporal") ? "rules" : "numbers";
}

function visitBits(bits: number, base: number, visit: (at: number) => void): void {
  for (let left = bits; left !== 0; left &= left - 1) visit(base + 31 - Math.clz32(left & -left));
}

/** A list of ids, which only chains have, is told from a single one by a character no id begins with. */
const listMark = "\0";

function packIds(ids: readonly string[]): string {
  const [only] = ids;
  if (ids.length === 1 && only !== undefined && !only.startsWith(listMark)) return only;
  return listMark + JSON.stringify(ids);
}

function unpackIds(text: string): readonly string[] {
  return text.startsWith(listMark) ? (JSON.parse(text.slice(1)) as readonly string[]) : [text];
}
