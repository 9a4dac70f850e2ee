import { anchor, byteLiteral, type ByteLiteral, GRAM, gramAt, SPREAD } from "./anchors.ts";
import type { IndexedLiteral } from "./literal-index.ts";

/** Called with the number of each literal found; the same number may come several times. */
type Found = (literal: number) => void;

/** A line's bytes, and the same as a view over the whole buffer they lie in, from `base` on. */
export type LineBytes = Readonly<{ bytes: Uint8Array; view: DataView; base: number }>;
export type Span = Readonly<{ from: number; to: number }>;

/**
 * As `LiteralIndex`, over the bytes of a line as they came: folds ASCII by itself and decodes nothing. A literal of ASCII
 * is in the folded text just where its bytes are, as long as the text has neither U+0130 nor U+212A, the only characters
 * beyond ASCII that fold into it: the caller sees to that.
 */
export type ByteIndex = Readonly<{
  /** @returns false when only the decoded text can tell: some literals and some bytes are beyond ASCII */
  search(line: LineBytes, span: Span, found: Found): boolean;
}>;

/** ASCII in lower case. */
const FOLD = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

export function createByteIndex(literals: readonly IndexedLiteral[]): ByteIndex {
  const isAscii = ({ text }: IndexedLiteral): boolean => /^[\0-\x7f]*$/.test(text);
  const of = (place: IndexedLiteral["place"]): readonly ByteLiteral[] =>
    literals
      .filter((literal) => literal.place === place && isAscii(literal))
      .map(({ number, text }) => byteLiteral(number, text));
  const searches = [
    edgeSearch(of("exact"), "exact"),
    edgeSearch(of("prefix"), "prefix"),
    edgeSearch(of("suffix"), "suffix"),
    partSearch(of("part").filter(({ bytes }) => bytes.length >= GRAM)),
    shortSearch(of("part").filter(({ bytes }) => bytes.length < GRAM)),
  ].filter((search) => search !== undefined);
  const allAscii = literals.every(isAscii);
  return {
    search: (line, span, found) => {
      if (!allAscii && isBeyondAscii(line.bytes, span)) return false;
      for (const search of searches) search(line, span, found);
      return true;
    },
  };
}

function isBeyondAscii(bytes: Uint8Array, { from, to }: Span): boolean {
  for (let at = from; at < to; at += 1) if ((bytes[at] ?? 0) > 127) return true;
  return false;
}

type Search = (line: LineBytes, span: Span, found: Found) => void;

/** @param literal folded */
function stands(literal: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < literal.length; at += 1) if (FOLD[bytes[start + at] ?? 0] !== literal[at]) return false;
  return true;
}

/** Literals at one edge, or as long as the text, by their four bytes there; shorter ones one by one. */
function edgeSearch(literals: readonly ByteLiteral[], edge: "exact" | "prefix" | "suffix"): Search | undefined {
  if (literals.length === 0) return undefined;
  const atEnd = edge === "suffix";
  const short = literals.filter(({ bytes }) => bytes.length < GRAM);
  const long = literals.filter(({ bytes }) => bytes.length >= GRAM);
  const byGram = Map.groupBy(long, ({ bytes, view }) => gramAt(view, atEnd ? bytes.length - GRAM : 0));
  const holds = (literal: Uint8Array, bytes: Uint8Array, { from, to }: Span): boolean => {
    const length = to - from;
    if (edge === "exact" ? literal.length !== length : literal.length > length) return false;
    return stands(literal, bytes, atEnd ? to - literal.length : from);
  };
  return ({ bytes, view, base }, span, found) => {
    for (const literal of short) if (holds(literal.bytes, bytes, span)) found(literal.number);
    if (span.to - span.from < GRAM) return;
    const candidates = byGram.get(gramAt(view, base + (atEnd ? span.to - GRAM : span.from)));
    if (candidates === undefined) return;
    for (const literal of candidates) if (holds(literal.bytes, bytes, span)) found(literal.number);
  };
}

/**
 * Literals anywhere in a text, by their anchors. A bitmap small enough for the first-level cache tells for nearly every
 * probe that no anchor is there (a q-gram filter with sampling).
 */
function partSearch(literals: readonly ByteLiteral[]): Search | undefined {
  if (literals.length === 0) return undefined;
  const { stride, anchors } = anchor(literals);
  const bits = Math.min(16, Math.max(10, Math.ceil(Math.log2(anchors.length * 32))));
  const shift = 32 - bits;
  const filter = new Uint32Array(2 ** (bits - 5));
  const byGram = Map.groupBy(anchors, ({ gram }) => gram);
  for (const gram of byGram.keys()) {
    const bit = Math.imul(gram, SPREAD) >>> shift;
    filter[bit >>> 5] = (filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
  const verify = (bytes: Uint8Array, at: number, probe: Span & Readonly<{ gram: number; found: Found }>): void => {
    for (const { bytes: literal, offset, number } of byGram.get(probe.gram) ?? []) {
      const start = at - offset;
      if (start >= probe.from && start + literal.length <= probe.to && stands(literal, bytes, start))
        probe.found(number);
    }
  };
  return ({ bytes, view, base }, { from, to }, found) => {
    const last = base + to - GRAM;
    for (let at = base + from; at <= last; at += stride) {
      const gram = gramAt(view, at);
      const bit = Math.imul(gram, SPREAD) >>> shift;
      if (((filter[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0) verify(bytes, at - base, { from, to, gram, found });
    }
  };
}

/** Literals too short for grams, by their first byte in either case. */
function shortSearch(literals: readonly ByteLiteral[]): Search | undefined {
  if (literals.length === 0) return undefined;
  const heads = Array.from({ length: 256 }, (_, byte) => literals.filter(({ bytes }) => bytes[0] === FOLD[byte]));
  const isHead = Uint8Array.from(heads, ({ length }) => Math.min(length, 1));
  return ({ bytes }, { from, to }, found) => {
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      if (isHead[byte] === 0) continue;
      for (const { bytes: literal, number } of heads[byte] ?? [])
        if (at + literal.length <= to && stands(literal, bytes, at)) found(number);
    }
  };
}
