import { anchor, byteLiteral, GRAM, gramAt, type GramSample, SPREAD } from "../anchors.ts";
import type { IndexedLiteral } from "../literal-index.ts";
import type { Expression } from "../../expression.ts";
import { BlockWriter } from "./block-writer.ts";

/** What a field is searched for: rules that only ask for it to be there, and literals as JSON writes them. */
export type FieldPlan = Readonly<{
  present: readonly number[];
  literals: readonly Readonly<{ place: IndexedLiteral["place"]; written: string; rules: readonly number[] }>[];
}>;

/** What the kernel looks for in lines of one kind. Rules are numbered from 0 to `rules` − 1. */
export type IndexPlan = Readonly<{
  rules: number;
  /** Rules that every event concerns. */
  always: readonly number[];
  /** Every field that a rule reads, with its slot; `plan` where it is searched. */
  fields: readonly Readonly<{ name: string; slot: number; plan: FieldPlan | undefined }>[];
  keywords: FieldPlan | undefined;
  /** The conditions of the rules, by number. */
  expressions: readonly Expression[];
}>;

type Literal = FieldPlan["literals"][number];
/** Where in a field's entry each place's table is named. */
const TABLES = { exact: 16, prefix: 20, suffix: 24, part: 28, short: 32, brief: 36 } as const;
const HEADER_BYTES = 48;
/** Room for the names of the last line: see `EXPECTED_MAX` and `EXPECTED_SIZE` of the kernel. */
const EXPECTED_BYTES = 64 * 56;
const ENTRY_BYTES = 40;
/** Literals of at most so many bytes, at most so many of them. */
const BRIEF = { length: 6, most: 48 };
/** Literals at an edge are looked up by up to so many grams. */
const EDGE_GRAMS = 4;
/** Groups that `searchBrief` tells apart: bits of a byte. */
const GROUPS = 8;
const FILTER_BITS = { least: 10, most: 16, perAnchor: 32 };

/**
 * One block for the kernel (`kernel/scan.ts`), which may lie anywhere in its memory: all places are counted from the
 * block's beginning, and 0 means none.
 *
 * Header: 0 mask of the table of names, 4 that table, 8 whether a name searched has a dot, 12 number of rules always tried,
 * 16 those, 20 a mark for each rule, 24 number of the last line, 28 entry of keywords, 32 whether all of them may stand
 * anywhere, 36 number of rules, 40 their programs, 44 the names of the last line. Name: 0 length in bytes, 4 slot, 8 entry, 16 UTF-8. Entry: 0 whether a literal is beyond
 * ASCII, 4 number of rules that ask for the field to be there, 8 those, 12 whether it is searched, then a table for each
 * place. Literal: 0 length, 4 number of rules, 8 those, 16 bytes.
 */
export function packIndex(plan: IndexPlan, programs: ReadonlyMap<Expression, number>, sample: GramSample): Uint8Array {
  const writer = new BlockWriter();
  writer.reserve(HEADER_BYTES);
  const names = plan.fields.map(({ name, slot, plan: field }): Slot => {
    const bytes = new TextEncoder().encode(name);
    const entry = field === undefined ? 0 : writeField(writer, field, sample);
    const at = writer.numbers([bytes.length, slot, entry, 0]);
    writer.bytes(bytes);
    writer.reserve(16);
    return { hash: hashOf(bytes, 0), words: [at] };
  });
  const table = writeTable(writer, names, 1);
  const isDotted = plan.fields.some(({ name, plan: field }) => field !== undefined && name.includes("."));
  const { keywords } = plan;
  const anywhere = keywords?.literals.every(({ place }) => place === "part") === true;
  const header = [
    table.mask,
    table.at,
    Number(isDotted),
    plan.always.length,
    writer.numbers(plan.always),
    writer.reserve(plan.rules * 4),
    0,
    keywords === undefined ? 0 : writeField(writer, keywords, sample),
    Number(anywhere),
    plan.rules,
    writer.numbers(plan.expressions.map((expression) => programs.get(expression) ?? 0)),
    writer.reserve(EXPECTED_BYTES),
  ];
  for (const [index, value] of header.entries()) writer.set(index * 4, value);
  return writer.finish();
}

function writeField(writer: BlockWriter, { present, literals }: FieldPlan, sample: GramSample): number {
  const isAscii = ({ written }: Literal): boolean => /^[\0-\x7f]*$/.test(written);
  const ascii = literals.filter(isAscii).map((literal) => new WrittenLiteral(writer, literal));
  const entry = writer.numbers([
    Number(ascii.length < literals.length),
    present.length,
    writer.numbers(present),
    Number(literals.length > 0),
  ]);
  writer.reserve(ENTRY_BYTES - 16);
  const of = (place: Literal["place"]) => ascii.filter((literal) => literal.place === place);
  const { parts, brief, short } = partsByLength(of("part"));
  const tables = {
    exact: exactTable(writer, of("exact")),
    prefix: edgeTable(writer, of("prefix"), false),
    suffix: edgeTable(writer, of("suffix"), true),
    part: partTable(writer, parts, sample),
    brief: briefTable(writer, brief, sample),
    short: shortTable(writer, short),
  };
  for (const place of ["exact", "prefix", "suffix", "part", "brief", "short"] as const)
    writer.set(entry + TABLES[place], tables[place]);
  return entry;
}

/** A few brief literals would have every place of a text probed: they are searched for by themselves. */
function partsByLength(
  literals: readonly WrittenLiteral[],
): Readonly<Record<"parts" | "brief" | "short", readonly WrittenLiteral[]>> {
  const short = literals.filter(({ bytes }) => bytes.length < GRAM);
  const probed = literals.filter(({ bytes }) => bytes.length >= GRAM);
  const brief = probed.filter(({ bytes }) => bytes.length <= BRIEF.length);
  if (brief.length > BRIEF.most) return { short, brief: [], parts: probed };
  return { short, brief, parts: probed.filter(({ bytes }) => bytes.length > BRIEF.length) };
}

class WrittenLiteral {
  readonly place: Literal["place"];
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;

  constructor(writer: BlockWriter, { place, written, rules }: Literal) {
    const { bytes, view } = byteLiteral(0, written);
    this.place = place;
    this.bytes = bytes;
    this.view = view;
    this.at = writer.numbers([bytes.length, rules.length, writer.numbers(rules), 0]);
    writer.bytes(bytes);
    writer.reserve(16);
  }
}

type Slot = Readonly<{ hash: number; words: readonly number[] }>;

/** Open addressing with linear probing, at most half full. */
function writeTable(
  writer: BlockWriter,
  entries: readonly Slot[],
  width: number,
): Readonly<{ mask: number; at: number }> {
  const size = 2 ** Math.ceil(Math.log2(entries.length * 2 + 1));
  const mask = size - 1;
  const at = writer.reserve(size * width * 4);
  const taken = new Set<number>();
  for (const { hash, words } of entries) {
    let slot = hash & mask;
    while (taken.has(slot)) slot = (slot + 1) & mask;
    taken.add(slot);
    for (const [index, word] of words.entries()) writer.set(at + (slot * width + index) * 4, word);
  }
  return { mask, at };
}

/** 0 mask, 4 slots (literal), 8 a bit for each length modulo 32. */
function exactTable(writer: BlockWriter, literals: readonly WrittenLiteral[]): number {
  if (literals.length === 0) return 0;
  const { mask, at } = writeTable(
    writer,
    literals.map((literal) => ({ hash: hashOf(literal.bytes, 0x20), words: [literal.at] })),
    1,
  );
  const lengths = literals.reduce((bits, { bytes }) => bits | (1 << (bytes.length & 31)), 0);
  return writer.numbers([mask, at, lengths >>> 0]);
}

/**
 * 0 number of literals shorter than a gram, 4 those, 8 a table of those of one gram at least, 12 of two, 16 of three, 20 of
 * four; such a table: 0 mask, 4 slots (key, literal).
 */
function edgeTable(writer: BlockWriter, literals: readonly WrittenLiteral[], atEnd: boolean): number {
  if (literals.length === 0) return 0;
  const byGrams = Map.groupBy(literals, ({ bytes }) => Math.min(EDGE_GRAMS, Math.floor(bytes.length / GRAM)));
  const short = byGrams.get(0) ?? [];
  const words = [short.length, writer.numbers(short.map((literal) => literal.at))];
  for (let grams = 1; grams <= EDGE_GRAMS; grams += 1) {
    const slots = (byGrams.get(grams) ?? []).map((literal): Slot => {
      const key = gramsOf(literal.view, atEnd ? literal.bytes.length - grams * GRAM : 0, grams);
      return { hash: key >>> 7, words: [key, literal.at] };
    });
    const { mask, at } = writeTable(writer, slots, 2);
    words.push(slots.length === 0 ? 0 : writer.numbers([mask, at]));
  }
  return writer.numbers(words);
}

/** As `gramsOf` of the kernel. */
function gramsOf(view: DataView, at: number, grams: number): number {
  let key = 0;
  for (let number = 0; number < grams; number += 1) key = Math.imul(key ^ gramAt(view, at + number * GRAM), SPREAD);
  return key >>> 0;
}

/** 0 places between probes, 4 shift of the filter's hash, 8 filter, 12 mask, 16 slots (gram, literal, place in it). */
function partTable(writer: BlockWriter, literals: readonly WrittenLiteral[], sample: GramSample): number {
  if (literals.length === 0) return 0;
  const numbered = literals.map(({ bytes, view }, number) => ({ bytes, view, number }));
  const { stride, anchors } = anchor(numbered, { sample });
  const { least, most, perAnchor } = FILTER_BITS;
  const bits = Math.min(most, Math.max(least, Math.ceil(Math.log2(anchors.length * perAnchor))));
  const filter = writer.reserve(2 ** (bits - 3));
  const slots = anchors.map(({ gram, offset, number }): Slot => {
    writer.setBit(filter, Math.imul(gram, SPREAD) >>> (32 - bits));
    return { hash: spread(gram), words: [gram, literals[number]?.at ?? 0, offset] };
  });
  const { mask, at } = writeTable(writer, slots, 3);
  return writer.numbers([stride, 32 - bits, filter, mask, at]);
}

/** As `partTable`, without probes; 20 for each of four bytes: the groups of each low half of it, of each high half. */
function briefTable(writer: BlockWriter, literals: readonly WrittenLiteral[], sample: GramSample): number {
  if (literals.length === 0) return 0;
  const numbered = literals.map(({ bytes, view }, number) => ({ bytes, view, number }));
  const { anchors } = anchor(numbered, { sample, strideMax: 1 });
  const sorted = anchors.toSorted((one, other) => one.gram - other.gram);
  const halves = new Uint8Array(4 * 32);
  for (const [index, { gram }] of sorted.entries()) {
    const group = 1 << Math.floor((index * GROUPS) / sorted.length);
    for (let place = 0; place < GRAM; place += 1)
      addHalves(halves.subarray(place * 32, place * 32 + 32), gram >>> (place * 8), group);
  }
  const slots = anchors.map(({ gram, offset, number }): Slot => ({
    hash: spread(gram),
    words: [gram, literals[number]?.at ?? 0, offset],
  }));
  const { mask, at } = writeTable(writer, slots, 3);
  const table = writer.numbers([0, 0, 0, mask, at]);
  writer.bytes(halves);
  return table;
}

/** Grams are roughly folded: this bit of a byte is not told. */
function addHalves(halves: Uint8Array, byte: number, group: number): void {
  for (const one of [byte & 0xff, byte & 0xdf]) {
    const [low, high] = [one & 15, 16 + (one >>> 4)];
    halves[low] = (halves[low] ?? 0) | group;
    halves[high] = (halves[high] ?? 0) | group;
  }
}

/** For each first byte, in either case: number of literals, those. */
function shortTable(writer: BlockWriter, literals: readonly WrittenLiteral[]): number {
  if (literals.length === 0) return 0;
  const heads = Map.groupBy(literals, ({ bytes }) => bytes[0] ?? 0);
  const lists = Array.from({ length: 256 }, () => 0);
  for (const [head, ones] of heads) {
    const list = writer.numbers([ones.length, ...ones.map(({ at }) => at)]);
    lists[head] = list;
    if (head >= 0x61 && head <= 0x7a) lists[head - 0x20] = list;
  }
  return writer.numbers(lists);
}

function spread(gram: number): number {
  return Math.imul(gram, SPREAD) >>> 7;
}

/** As `hashOf` (folded 0) and `roughHashOf` (folded 0x20) of the kernel. */
function hashOf(bytes: Uint8Array, folded: number): number {
  const fold = folded * 0x01_01_01_01;
  const { length } = bytes;
  const four = (from: number): number =>
    (bytes[from] ?? 0) |
    ((bytes[from + 1] ?? 0) << 8) |
    ((bytes[from + 2] ?? 0) << 16) |
    ((bytes[from + 3] ?? 0) << 24);
  if (length < GRAM) return mix((four(0) | fold) & ((1 << (length * 8)) - 1), 0, length);
  return mix(four(0) | fold, four(length - GRAM) | fold, length);
}

function mix(first: number, last: number, length: number): number {
  const mixed = Math.imul(first, SPREAD) ^ Math.imul(last + length, 0x85_eb_ca_77);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
