/** Called with the number of each literal found; the same number may come several times. */
type Found = (literal: number) => void;

/** Finds which of many literals stand in a text, at its start, at its end, or are all of it. */
export type LiteralIndex = Readonly<{ search(text: string, found: Found): void }>;

export type IndexedLiteral = Readonly<{
  number: number;
  place: "exact" | "prefix" | "suffix" | "part";
  /** Folded, as the texts searched are. */
  text: string;
}>;

/** Characters of a gram. Literals shorter than this are searched one by one; there are few, since they say little. */
const GRAM = 4;
/** Spreads grams over the filter (Knuth's multiplicative hash). */
const SPREAD = 0x9e_37_79_b1;

export function createLiteralIndex(literals: readonly IndexedLiteral[]): LiteralIndex {
  const of = (place: IndexedLiteral["place"]) => literals.filter((literal) => literal.place === place);
  const searches = [
    exactSearch(of("exact")),
    edgeSearch(of("prefix"), "prefix"),
    edgeSearch(of("suffix"), "suffix"),
    partSearch(of("part").filter(({ text }) => text.length >= GRAM)),
    shortSearch(of("part").filter(({ text }) => text.length < GRAM)),
  ].filter((search) => search !== undefined);
  const [only] = searches;
  if (searches.length === 1 && only !== undefined) return { search: only };
  return {
    search: (text, found) => {
      for (const search of searches) search(text, found);
    },
  };
}

type Search = (text: string, found: Found) => void;

function exactSearch(literals: readonly IndexedLiteral[]): Search | undefined {
  if (literals.length === 0) return undefined;
  const byText = new Map<string, number[]>();
  for (const { text, number } of literals) add(byText, text, number);
  return (text, found) => {
    const numbers = byText.get(text);
    if (numbers !== undefined) for (const number of numbers) found(number);
  };
}

/** Literals at one edge, by their last (or first) four characters. */
function edgeSearch(literals: readonly IndexedLiteral[], edge: "prefix" | "suffix"): Search | undefined {
  if (literals.length === 0) return undefined;
  const atEnd = edge === "suffix";
  const short = literals.filter(({ text }) => text.length < GRAM);
  const byGram = new Map<number, IndexedLiteral[]>();
  for (const literal of literals) {
    if (literal.text.length >= GRAM) add(byGram, gramAt(literal.text, atEnd ? literal.text.length - GRAM : 0), literal);
  }
  const holds = (text: string, literal: string): boolean => (atEnd ? text.endsWith(literal) : text.startsWith(literal));
  return (text, found) => {
    for (const literal of short) if (holds(text, literal.text)) found(literal.number);
    if (text.length < GRAM) return;
    const candidates = byGram.get(gramAt(text, atEnd ? text.length - GRAM : 0));
    if (candidates === undefined) return;
    for (const literal of candidates) if (holds(text, literal.text)) found(literal.number);
  };
}

/** Four characters as one number: seven bits of each, so characters beyond ASCII share numbers and are told apart later. */
function gramAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 127) |
    ((text.charCodeAt(at + 1) & 127) << 7) |
    ((text.charCodeAt(at + 2) & 127) << 14) |
    ((text.charCodeAt(at + 3) & 127) << 21)
  );
}

type Anchored = Readonly<{ number: number; text: string; offset: number }>;

/**
 * Literals anywhere in a text: each is anchored at one of its grams; a bitmap small enough for the first-level cache
 * tells for nearly every position of a text that no anchor is there (a q-gram filter).
 */
function partSearch(literals: readonly IndexedLiteral[]): Search | undefined {
  if (literals.length === 0) return undefined;
  const bits = Math.min(16, Math.max(10, Math.ceil(Math.log2(literals.length * 64))));
  const shift = 32 - bits;
  const filter = new Uint32Array(2 ** (bits - 5));
  const anchors = new Map<number, Anchored[]>();
  const common = gramCounts(literals);
  for (const { number, text } of literals) {
    const offset = rarestGram(text, common);
    const gram = gramAt(text, offset);
    add(anchors, gram, { number, text, offset });
    const bit = Math.imul(gram, SPREAD) >>> shift;
    filter[bit >>> 5] = (filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
  return (text, found) => {
    const { length } = text;
    let gram = 0;
    for (let at = 0; at < length; at += 1) {
      gram = (gram >>> 7) | ((text.charCodeAt(at) & 127) << 21);
      const bit = Math.imul(gram, SPREAD) >>> shift;
      if (((filter[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0 || at < GRAM - 1) continue;
      const anchored = anchors.get(gram);
      if (anchored === undefined) continue;
      const start = at - (GRAM - 1);
      for (const one of anchored)
        if (start >= one.offset && text.startsWith(one.text, start - one.offset)) found(one.number);
    }
  };
}

/** How many literals hold each gram: what many rules name is common in logs too. */
function gramCounts(literals: readonly IndexedLiteral[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { text } of literals) {
    for (let at = 0; at + GRAM <= text.length; at += 1) {
      const gram = gramAt(text, at);
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
  }
  return counts;
}

function rarestGram(text: string, counts: ReadonlyMap<number, number>): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + GRAM <= text.length; at += 1) {
    const count = counts.get(gramAt(text, at)) ?? 0;
    if (count < least) [best, least] = [at, count];
  }
  return best;
}

function shortSearch(literals: readonly IndexedLiteral[]): Search | undefined {
  if (literals.length === 0) return undefined;
  return (text, found) => {
    for (const { text: literal, number } of literals) if (text.includes(literal)) found(number);
  };
}

function add<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
