/**
 * The kernel: finds in the bytes of one line of JSON which rules it may concern, and which of them hold. AssemblyScript,
 * compiled by `build.ts` to `../src/match/kernel/scan-module.ts`; what the offsets mean stands in `pack-index.ts` and
 * `pack-programs.ts` beside that, which write the blocks. It allocates nothing, reads up to 32 bytes beyond the end of the
 * line, and writes to its frame and, in the blocks, to marks, answers and the names of the last line.
 */

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const COMMA: u32 = 0x2c;
const COLON: u32 = 0x3a;
const OPEN: u32 = 0x7b;
const CLOSE: u32 = 0x7d;
const OPEN_LIST: u32 = 0x5b;

/** What `scan` answers when the line has to be parsed. */
const UNDECIDED: i32 = -1;

/** Kinds of values. */
const TEXT: u32 = 0;
const ESCAPED: u32 = 1;
const BARE: u32 = 2;
const NESTED: u32 = 3;
/** A number whose text in JSON need not be how JavaScript writes it. */
const ODD_NUMBER: u32 = 4;
const NULL: u32 = 5;
/** A text with escapes that its writer need not have used: what it holds need not hold what it is. */
const UNUSUALLY_ESCAPED: u32 = 6;

/** What is true of a whole line. */
const BEYOND_ASCII: u32 = 1;
const BLANK_IN_NAME: u32 = 2;
const OBJECT_INSIDE: u32 = 4;
/** Escapes that its writer need not have used. */
const UNUSUAL_ESCAPES: u32 = 8;

/** What a text's escapes are. */
const ESCAPES: u32 = 1;
const UNUSUAL: u32 = 2;

const NO_SLOT: u32 = 0xffff_ffff;

/** Kinds of a program's nodes; another one stands for what only the caller can tell. */
const AND: u32 = 1;
const OR: u32 = 2;
const NOT: u32 = 3;
const ITEM: u32 = 4;
/** What an item asks of a value. */
const EXACT: u32 = 0;
const PREFIX: u32 = 1;
const SUFFIX: u32 = 2;
const PART: u32 = 3;
const PRESENT: u32 = 4;
const ABSENT: u32 = 5;
const NO_VALUE: u32 = 6;
/** Several literals without which it cannot hold. */
const REQUIRED: u32 = 7;
/** Cannot hold in a line of ASCII. */
const NOT_ASCII: u32 = 8;
/** Answers: no, yes, or that only the caller can tell. */
const NO: u32 = 0;
const YES: u32 = 1;
const UNKNOWN: u32 = 2;
/** Set in a candidate that was seen to hold. */
const HOLDS: u32 = 0x8000_0000;
const TOKENS_MAX: u32 = 2048;
const TOKEN_SIZE: u32 = 24;
const NAME_MAX: u32 = 256;
/** Names remembered of the last line: 0 length, 4 entry, 8 bytes. */
const EXPECTED_MAX: u32 = 64;
const EXPECTED_NAME_MAX: u32 = 32;
const EXPECTED_SIZE: usize = 56;

/** Spread grams over tables (Knuth's multiplicative hash, and another odd number like it). */
const SPREAD: u32 = 0x9e37_79b1;
const SPREAD_TOO: u32 = 0x85eb_ca77;
const ROUGHLY: u32 = 0x2020_2020;
/** Literals at an edge are looked up by up to so many times four bytes. */
const EDGE_GRAMS: u32 = 4;

/** The index in use. */
let index: usize = 0;
let stamp: u32 = 0;
/** Number of the line, for items, which all indexes share. */
let itemStamp: u64 = 0;
let marks: usize = 0;
/** Candidates found. */
let out: usize = 0;
let found: u32 = 0;
/** What the last text or value read was. */
let escapes: u32 = 0;
let kind: u32 = 0;
/** The programs of rules, and what they ask about: the line with its tokens. */
let code: usize = 0;
let tokens: usize = 0;
let count: u32 = 0;
let slots: usize = 0;
let flags: u32 = 0;
let lineFrom: usize = 0;
let lineTo: usize = 0;
/** The value an item asks about. */
let valueKind: u32 = 0;
let valueFrom: usize = 0;
let valueTo: usize = 0;

/** A name without its blanks. Lies, as all that is laid out at compile time, in the first 4,096 bytes. */
const squeezed: usize = memory.data(512, 16);

/**
 * @param frame addresses: tokens (24 bytes each: slot, kind, from, to, then the same of its name), slots (the token of each), candidates; then what is
 * told back: number of tokens, flags of the line; then again addresses: index, line, end of the line, programs
 * @returns how many candidates there are, in the order of the rules, or −1 when the line has to be parsed. A candidate that
 * was seen to hold has its highest bit set; of the others only the caller can tell.
 */
export function scan(frame: usize): i32 {
  open(load<u32>(frame, 20), load<u32>(frame, 8));
  tokens = load<u32>(frame);
  slots = load<u32>(frame, 4);
  lineFrom = load<u32>(frame, 24);
  lineTo = load<u32>(frame, 28);
  code = load<u32>(frame, 32);
  count = 0;
  flags = hasHighBytes(lineFrom, lineTo) ? BEYOND_ASCII : 0;
  if (flags != 0 && foldsIntoAscii(lineFrom, lineTo)) return UNDECIDED;
  if (!readLine()) return UNDECIDED;
  store<u32>(frame, count, 12);
  store<u32>(frame, flags, 16);
  // Keywords are searched last: by then it is known that the line is one object.
  if (load<u32>(index, 28) != 0 && !lookAtAll()) return UNDECIDED;
  sort();
  judgeCandidates();
  return <i32>found;
}

/** Takes the object apart and looks at each value. */
function readLine(): bool {
  const end = lineTo;
  let place = skipBlanks(lineFrom, end);
  if (place >= end || load<u8>(place) != OPEN) return false;
  place = skipBlanks(place + 1, end);
  if (place < end && load<u8>(place) == CLOSE) return skipBlanks(place + 1, end) == end;
  while (true) {
    place = readField(place, end);
    if (place == 0) return false;
    place = skipBlanks(place, end);
    if (place >= end) return false;
    const separator: u32 = load<u8>(place);
    place = skipBlanks(place + 1, end);
    if (separator != COMMA) return separator == CLOSE && place == end;
  }
}

/** @returns the place behind the field that begins here, or 0 when the line has to be parsed */
function readField(at: usize, end: usize): usize {
  if (at >= end || load<u8>(at) != QUOTE || count == TOKENS_MAX) return 0;
  const nameFrom = at + 1;
  const expected = index + load<u32>(index, 44) + count * EXPECTED_SIZE;
  const isExpected = count < EXPECTED_MAX && standsExpected(expected, nameFrom, end);
  const nameTo = isExpected ? nameFrom + load<u32>(expected) : endOfText(nameFrom, end);
  if (nameTo == 0 || (!isExpected && escapes != 0)) return 0;
  // Bytes that are no UTF-8 are one name with U+FFFD once decoded: only decoded names can be told apart.
  if (!isExpected && (flags & BEYOND_ASCII) != 0 && hasHighBytes(nameFrom, nameTo)) return 0;
  const colon = skipBlanks(nameTo + 1, end);
  if (colon >= end || load<u8>(colon) != COLON) return 0;
  const from = skipBlanks(colon + 1, end);
  const behind = endOfValue(from, end);
  if (behind == 0) return 0;
  const isText = kind <= ESCAPED;
  valueFrom = isText ? from + 1 : from;
  valueTo = isText ? behind - 1 : behind;
  valueKind = isText && (escapes & UNUSUAL) != 0 ? UNUSUALLY_ESCAPED : kind;
  if (kind == NESTED && holdsObject(from, behind)) {
    if (load<u32>(index, 8) != 0) return 0;
    flags |= OBJECT_INSIDE;
  }
  const name = isExpected ? <usize>load<u32>(expected, 4) : find(nameFrom, <u32>(nameTo - nameFrom));
  const token = tokens + count * TOKEN_SIZE;
  store<u32>(token, name == 0 ? NO_SLOT : load<u32>(name, 4));
  store<u32>(token, valueKind, 4);
  store<u32>(token, <u32>(valueFrom - lineFrom), 8);
  store<u32>(token, <u32>(valueTo - lineFrom), 12);
  store<u32>(token, <u32>(nameFrom - lineFrom), 16);
  store<u32>(token, <u32>(nameTo - lineFrom), 20);
  if (name != 0) {
    store<u32>(slots + (load<u32>(name, 4) << 2), count);
    if (!look(load<u32>(name, 8))) return 0;
  }
  count += 1;
  if (isExpected) return behind;
  if (hasBlank(nameFrom, nameTo)) return lookSqueezed(nameFrom, nameTo) ? behind : 0;
  if (count <= EXPECTED_MAX) expect(expected, name, nameFrom, nameTo);
  return behind;
}

/** Whether the name here is the one that stood in this place of the last line: sources write their fields in one order. */
function standsExpected(expected: usize, at: usize, end: usize): bool {
  const length = load<u32>(expected);
  if (length == 0 || at + length >= end || load<u8>(at + length) != QUOTE) return false;
  return isSame(expected + 8, at, length);
}

function expect(expected: usize, name: usize, from: usize, to: usize): void {
  const length = <u32>(to - from);
  store<u32>(expected, length <= EXPECTED_NAME_MAX ? length : 0);
  if (length > EXPECTED_NAME_MAX) return;
  store<u32>(expected, <u32>name, 4);
  memory.copy(expected + 8, from, length);
}

/** A name with blanks also answers to the one without. */
function lookSqueezed(from: usize, to: usize): bool {
  flags |= BLANK_IN_NAME;
  const length = squeeze(from, to);
  if (length == 0) return false;
  const name = find(squeezed, length);
  return name == 0 || look(load<u32>(name, 8));
}

function open(at: usize, candidates: u32): void {
  index = at;
  out = candidates;
  found = 0;
  marks = index + load<u32>(index, 20);
  stamp = load<u32>(index, 24) + 1;
  if (stamp == 0) {
    // Once in four thousand million lines the marks start afresh.
    memory.fill(marks, 0, load<u32>(index, 36) << 2);
    stamp = 1;
  }
  store<u32>(index, stamp, 24);
  markAll(load<u32>(index, 12), index + load<u32>(index, 16));
  itemStamp += 1;
}

/** Keywords that may stand anywhere are searched in the whole line, names of fields included: rather one too many. */
function lookAtAll(): bool {
  const entry = index + load<u32>(index, 28);
  if ((flags & UNUSUAL_ESCAPES) != 0) return false;
  if (load<u32>(index, 32) != 0) return search(entry, lineFrom, lineTo);
  for (let number: u32 = 0; number < count; number += 1) {
    readToken(tokens + number * TOKEN_SIZE);
    if (valueKind == NESTED || valueKind == ODD_NUMBER) return false;
    if (valueKind != NULL && !search(entry, valueFrom, valueTo)) return false;
  }
  return true;
}

function readToken(token: usize): void {
  valueKind = load<u32>(token, 4);
  valueFrom = lineFrom + load<u32>(token, 8);
  valueTo = lineFrom + load<u32>(token, 12);
}

/** @returns false when only the decoded value can tell */
function look(offset: u32): bool {
  if (offset == 0) return true;
  const entry = index + offset;
  markAll(load<u32>(entry, 4), index + load<u32>(entry, 8));
  if (load<u32>(entry, 12) == 0 || valueKind == NULL) return true;
  if (valueKind > BARE) return false;
  return search(entry, valueFrom, valueTo);
}

/** @returns false when literals and bytes are beyond ASCII: only the decoded text can tell */
function search(entry: usize, from: usize, to: usize): bool {
  if (load<u32>(entry) != 0 && hasHighBytes(from, to)) return false;
  const exact = load<u32>(entry, 16);
  if (exact != 0) searchExact(index + exact, from, to);
  const prefix = load<u32>(entry, 20);
  if (prefix != 0) searchEdge(index + prefix, from, to, false);
  const suffix = load<u32>(entry, 24);
  if (suffix != 0) searchEdge(index + suffix, from, to, true);
  const part = load<u32>(entry, 28);
  if (part != 0) searchParts(index + part, from, to);
  const brief = load<u32>(entry, 36);
  if (brief != 0) searchBrief(index + brief, from, to);
  const short = load<u32>(entry, 32);
  if (short != 0) searchShort(index + short, from, to);
  return true;
}

function searchExact(table: usize, from: usize, to: usize): void {
  const length = <u32>(to - from);
  // One bit for each length, modulo 32.
  if ((load<u32>(table, 8) & ((<u32>1) << (length & 31))) == 0) return;
  const mask = load<u32>(table);
  const slots = index + load<u32>(table, 4);
  let slot = roughHashOf(from, length) & mask;
  while (true) {
    const literal = load<u32>(slots + (slot << 2));
    if (literal == 0) return;
    if (load<u32>(index + literal) == length && stands(index + literal, from)) hit(index + literal);
    slot = (slot + 1) & mask;
  }
}

/** Literals at one edge, by as many of their bytes there as all of a table have; shorter ones than four one by one. */
function searchEdge(table: usize, from: usize, to: usize, atEnd: bool): void {
  const length = <u32>(to - from);
  const shorts = load<u32>(table);
  const list = index + load<u32>(table, 4);
  for (let number: u32 = 0; number < shorts; number += 1)
    checkEdge(index + load<u32>(list + (number << 2)), from, to, atEnd);
  for (let grams: u32 = 1; grams <= EDGE_GRAMS; grams += 1) {
    const offset = load<u32>(table + (grams << 2), 4);
    if (offset == 0) continue;
    if (length < grams << 2) return;
    searchEdgeOf(index + offset, grams, from, to, atEnd);
  }
}

function searchEdgeOf(table: usize, grams: u32, from: usize, to: usize, atEnd: bool): void {
  const mask = load<u32>(table);
  const slots = index + load<u32>(table, 4);
  const key = gramsOf(atEnd ? to - (grams << 2) : from, grams);
  let slot = (key >>> 7) & mask;
  while (true) {
    const literal = load<u32>(slots + (slot << 3), 4);
    if (literal == 0) return;
    if (load<u32>(slots + (slot << 3)) == key) checkEdge(index + literal, from, to, atEnd);
    slot = (slot + 1) & mask;
  }
}

/** One number for so many times four bytes, in either case. */
function gramsOf(at: usize, grams: u32): u32 {
  let key: u32 = 0;
  for (let number: u32 = 0; number < grams; number += 1)
    key = (key ^ (load<u32>(at + (number << 2)) | ROUGHLY)) * SPREAD;
  return key;
}

function checkEdge(literal: usize, from: usize, to: usize, atEnd: bool): void {
  const length = load<u32>(literal);
  if (length <= <u32>(to - from) && stands(literal, atEnd ? to - length : from)) hit(literal);
}

/** Probes the text at every `stride`-th place: see `byte-index.ts`. */
function searchParts(table: usize, from: usize, to: usize): void {
  if (to - from < 4) return;
  const stride: usize = load<u32>(table);
  const shift = load<u32>(table, 4);
  const filter = index + load<u32>(table, 8);
  const last = to - 4;
  for (let at = from; at <= last; at += stride) {
    const gram = load<u32>(at) | ROUGHLY;
    const bit = (gram * SPREAD) >>> shift;
    if ((load<u8>(filter + (bit >>> 3)) & (1 << (bit & 7))) != 0) checkParts(table, at, gram, from, to);
  }
}

/**
 * A few literals of four to six bytes, sixteen places at a time: tables of the low and of the high half of a byte tell for
 * each of four bytes in a row which of eight groups of grams may have it there (the "Teddy" search of Hyperscan).
 */
function searchBrief(table: usize, from: usize, to: usize): void {
  const low = i8x16.splat(0x0f);
  const none = i8x16.splat(0);
  const low0 = v128.load(table, 20);
  const high0 = v128.load(table, 36);
  const low1 = v128.load(table, 52);
  const high1 = v128.load(table, 68);
  const low2 = v128.load(table, 84);
  const high2 = v128.load(table, 100);
  const low3 = v128.load(table, 116);
  const high3 = v128.load(table, 132);
  let before0 = none;
  let before1 = none;
  let before2 = none;
  for (let at = from; at < to; at += 16) {
    const bytes = v128.load(at);
    const l = v128.and(bytes, low);
    const h = v128.and(i16x8.shr_u(bytes, 4), low);
    const now0 = v128.and(i8x16.swizzle(low0, l), i8x16.swizzle(high0, h));
    const now1 = v128.and(i8x16.swizzle(low1, l), i8x16.swizzle(high1, h));
    const now2 = v128.and(i8x16.swizzle(low2, l), i8x16.swizzle(high2, h));
    const now3 = v128.and(i8x16.swizzle(low3, l), i8x16.swizzle(high3, h));
    const first = i8x16.shuffle(before0, now0, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
    const second = i8x16.shuffle(before1, now1, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    const third = i8x16.shuffle(before2, now2, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    const groups = v128.and(v128.and(first, second), v128.and(third, now3));
    before0 = now0;
    before1 = now1;
    before2 = now2;
    let stops = ~i8x16.bitmask(i8x16.eq(groups, none)) & 0xffff;
    while (stops != 0) {
      const end = at + ctz(stops);
      if (end >= to) return;
      checkParts(table, end - 3, load<u32>(end - 3) | ROUGHLY, from, to);
      stops &= stops - 1;
    }
  }
}

function checkParts(table: usize, at: usize, gram: u32, from: usize, to: usize): void {
  const mask = load<u32>(table, 12);
  const slots = index + load<u32>(table, 16);
  let slot = ((gram * SPREAD) >>> 7) & mask;
  while (true) {
    const entry = slots + slot * 12;
    const offset = load<u32>(entry, 4);
    if (offset == 0) return;
    if (load<u32>(entry) == gram) checkPart(index + offset, at - load<u32>(entry, 8), from, to);
    slot = (slot + 1) & mask;
  }
}

function checkPart(literal: usize, start: usize, from: usize, to: usize): void {
  if (start >= from && start + load<u32>(literal) <= to && stands(literal, start)) hit(literal);
}

/** Literals of fewer than four bytes, by their first. */
function searchShort(table: usize, from: usize, to: usize): void {
  for (let at = from; at < to; at += 1) {
    const offset = load<u32>(table + ((<usize>load<u8>(at)) << 2));
    if (offset == 0) continue;
    const list = index + offset;
    const count = load<u32>(list);
    for (let number: u32 = 0; number < count; number += 1) {
      const literal = index + load<u32>(list + (number << 2), 4);
      if (at + load<u32>(literal) <= to && stands(literal, at)) hit(literal);
    }
  }
}

/** Whether a literal, which is folded, stands here, sixteen bytes at a time. The caller sees that it fits. */
function stands(literal: usize, at: usize): bool {
  let left = <i32>load<u32>(literal);
  let bytes = literal + 16;
  while (true) {
    const differ = ~i8x16.bitmask(i8x16.eq(folded(v128.load(at)), v128.load(bytes))) & 0xffff;
    if (left <= 16) return (differ & ((1 << left) - 1)) == 0;
    if (differ != 0) return false;
    left -= 16;
    at += 16;
    bytes += 16;
  }
}

/** ASCII in lower case. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function folded(text: v128): v128 {
  const isUpper = i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x41)), i8x16.splat(26));
  return v128.or(text, v128.and(isUpper, i8x16.splat(0x20)));
}

function hit(literal: usize): void {
  markAll(load<u32>(literal, 4), index + load<u32>(literal, 8));
}

function markAll(count: u32, rules: usize): void {
  for (let number: u32 = 0; number < count; number += 1) {
    const rule = load<u32>(rules + (number << 2));
    const mark = marks + (rule << 2);
    if (load<u32>(mark) == stamp) continue;
    store<u32>(mark, stamp);
    store<u32>(out + (found << 2), rule);
    found += 1;
  }
}

/** Candidates are few: insertion keeps them in the order of the rules. */
function sort(): void {
  for (let number: u32 = 1; number < found; number += 1) {
    const rule = load<u32>(out + (number << 2));
    let place = number;
    for (; place > 0; place -= 1) {
      const before = load<u32>(out + ((place - 1) << 2));
      if (before <= rule) break;
      store<u32>(out + (place << 2), before);
    }
    store<u32>(out + (place << 2), rule);
  }
}

/** Runs the programs of the candidates; those that do not hold are candidates no more. */
function judgeCandidates(): void {
  const programs = index + load<u32>(index, 40);
  let kept: u32 = 0;
  for (let number: u32 = 0; number < found; number += 1) {
    const rule = load<u32>(out + (number << 2));
    const answer = judge(code + load<u32>(programs + (rule << 2)));
    if (answer == NO) continue;
    store<u32>(out + (kept << 2), answer == YES ? rule | HOLDS : rule);
    kept += 1;
  }
  found = kept;
}

function judge(node: usize): u32 {
  const nodeKind = load<u32>(node);
  if (nodeKind == ITEM) return judgeItem(code + load<u32>(node, 4));
  if (nodeKind == NOT) {
    const inner = judge(code + load<u32>(node, 4));
    return inner == UNKNOWN ? UNKNOWN : 1 - inner;
  }
  if (nodeKind != AND && nodeKind != OR) return UNKNOWN;
  const children = load<u32>(node, 4);
  const decisive = nodeKind == AND ? NO : YES;
  let answer: u32 = 1 - decisive;
  for (let number: u32 = 0; number < children; number += 1) {
    const one = judge(code + load<u32>(node + (number << 2), 8));
    if (one == decisive) return decisive;
    if (one == UNKNOWN) answer = UNKNOWN;
  }
  return answer;
}

/** Asked once for each line; rules share items. */
function judgeItem(item: usize): u32 {
  if (load<u64>(item) == itemStamp) return load<u32>(item, 8);
  const answer = answerOf(item);
  store<u64>(item, itemStamp);
  store<u32>(item, answer, 8);
  return answer;
}

function answerOf(item: usize): u32 {
  const slot = load<u32>(item, 12);
  const isNegated = (load<u32>(item, 16) & 1) != 0;
  let isPresent = false;
  if (slot != NO_SLOT) {
    const number = load<u32>(slots + (slot << 2));
    const token = tokens + number * TOKEN_SIZE;
    // What an earlier line left behind names a token that is not of this field, or beyond those of this line.
    isPresent = number < count && load<u32>(token) == slot;
    if (isPresent) readToken(token);
    else {
      const isDotted = (load<u32>(item, 16) & 2) != 0;
      if ((flags & BLANK_IN_NAME) != 0 || (isDotted && (flags & OBJECT_INSIDE) != 0)) return UNKNOWN;
    }
  }
  const groups = load<u32>(item, 20);
  let answer = YES;
  for (let number: u32 = 0; number < groups; number += 1) {
    const one = judgeGroup(code + load<u32>(item + (number << 2), 24), slot == NO_SLOT, isPresent);
    if (one == UNKNOWN) answer = UNKNOWN;
    else if (one == NO) {
      answer = NO;
      break;
    }
  }
  if (answer == UNKNOWN) return UNKNOWN;
  return isNegated ? 1 - answer : answer;
}

/** Of a group one test is enough. */
function judgeGroup(group: usize, isKeyword: bool, isPresent: bool): u32 {
  const tests = load<u32>(group);
  let answer = NO;
  for (let number: u32 = 0; number < tests; number += 1) {
    const test = group + (number << 3);
    const place = load<u32>(test, 4);
    const operand = code + load<u32>(test, 8);
    const one = isKeyword ? holdsAnywhere(place, operand) : holds(place, operand, isPresent);
    if (one == YES) return YES;
    if (one == UNKNOWN) answer = UNKNOWN;
  }
  return answer;
}

function holds(place: u32, operand: usize, isPresent: bool): u32 {
  if (place == PRESENT) return isPresent ? YES : NO;
  if (place == ABSENT) return isPresent ? NO : YES;
  if (place == NO_VALUE) return !isPresent || valueKind == NULL ? YES : valueKind == NESTED ? UNKNOWN : NO;
  if (!isPresent || valueKind == NULL) return NO;
  if (valueKind > BARE) return UNKNOWN;
  return holdsInText(place, operand);
}

function holdsInText(place: u32, operand: usize): u32 {
  if (place == REQUIRED) return holdsAll(operand);
  if (place == NOT_ASCII) return (flags & BEYOND_ASCII) != 0 ? UNKNOWN : NO;
  if (place > PART) return UNKNOWN;
  return holdsLiteral(place, operand) ? YES : NO;
}

function holdsAll(list: usize): u32 {
  const literals = load<u32>(list);
  for (let number: u32 = 0; number < literals; number += 1)
    if (!contains(code + load<u32>(list + (number << 2), 4), valueFrom, valueTo)) return NO;
  return UNKNOWN;
}

function holdsLiteral(place: u32, literal: usize): bool {
  const length = load<u32>(literal);
  if (length > <u32>(valueTo - valueFrom)) return false;
  if (place == PART) return contains(literal, valueFrom, valueTo);
  if (place == EXACT && valueFrom + length != valueTo) return false;
  const at = place == SUFFIX ? valueTo - length : valueFrom;
  return stands(literal, at) && isUnitStart(at, valueFrom);
}

/** Keywords: in any value, at any depth. They are none that a number could be. */
function holdsAnywhere(place: u32, operand: usize): u32 {
  if ((flags & UNUSUAL_ESCAPES) != 0) return UNKNOWN;
  if (place == NOT_ASCII) return (flags & BEYOND_ASCII) != 0 ? UNKNOWN : NO;
  if (place > PART) return UNKNOWN;
  if (place == PART && !contains(operand, lineFrom, lineTo)) return NO;
  let answer = NO;
  for (let number: u32 = 0; number < count; number += 1) {
    readToken(tokens + number * TOKEN_SIZE);
    if (valueKind == NULL) continue;
    if (valueKind == NESTED) {
      if (contains(operand, valueFrom, valueTo)) answer = UNKNOWN;
    } else if (holdsLiteral(place, operand)) {
      if (!isRepeated(number)) return YES;
      answer = UNKNOWN;
    }
  }
  return answer;
}

/** Whether a later field has the name of this one: then only the later one counts, as `JSON.parse` has it. */
function isRepeated(number: u32): bool {
  const token = tokens + number * TOKEN_SIZE;
  const from = lineFrom + load<u32>(token, 16);
  const length = load<u32>(token, 20) - load<u32>(token, 16);
  for (let later = number + 1; later < count; later += 1) {
    const other = tokens + later * TOKEN_SIZE;
    if (load<u32>(other, 20) - load<u32>(other, 16) != length) continue;
    if (isSame(lineFrom + load<u32>(other, 16), from, length)) return true;
  }
  return false;
}

/** Whether a literal, which is folded, stands in a text, character for character. */
function contains(literal: usize, from: usize, to: usize): bool {
  const length: usize = load<u32>(literal);
  if (length == 0) return true;
  if (length > to - from) return false;
  const lastStart = to - length;
  const first = i8x16.splat(<i8>load<u8>(literal, 16));
  const last = i8x16.splat(<i8>load<u8>(literal + length, 15));
  for (let at = from; at <= lastStart; at += 16) {
    let stops = i8x16.bitmask(
      v128.and(
        i8x16.eq(folded(v128.load(at)), first),
        i8x16.eq(folded(v128.load(at + length - 1)), last),
      ),
    );
    while (stops != 0) {
      const place = at + ctz(stops);
      if (place > lastStart) return false;
      if (stands(literal, place) && isUnitStart(place, from)) return true;
      stops &= stops - 1;
    }
  }
  return false;
}

/** Whether no escape was begun before this place: an even number of backslashes stand before it. */
function isUnitStart(at: usize, from: usize): bool {
  let before = at;
  while (before > from && load<u8>(before - 1) == BACKSLASH) before -= 1;
  return ((at - before) & 1) == 0;
}

/** The entry of a name, or 0. */
function find(at: usize, length: u32): usize {
  const mask = load<u32>(index);
  const slots = index + load<u32>(index, 4);
  let slot = hashOf(at, length) & mask;
  while (true) {
    const offset = load<u32>(slots + (slot << 2));
    if (offset == 0) return 0;
    const entry = index + offset;
    if (load<u32>(entry) == length && isSame(entry + 16, at, length)) return entry;
    slot = (slot + 1) & mask;
  }
}

function isSame(name: usize, at: usize, length: u32): bool {
  let left = <i32>length;
  while (true) {
    const differ = ~i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(name))) & 0xffff;
    if (left <= 16) return (differ & ((1 << left) - 1)) == 0;
    if (differ != 0) return false;
    left -= 16;
    at += 16;
    name += 16;
  }
}

/** Of the first and last four bytes and the length; of fewer than four, of all there are. */
function hashOf(at: usize, length: u32): u32 {
  if (length < 4) return mix(load<u32>(at) & ((1 << (length << 3)) - 1), 0, length);
  return mix(load<u32>(at), load<u32>(at + length - 4), length);
}

/** The same for values, in either case. */
function roughHashOf(at: usize, length: u32): u32 {
  if (length < 4) return mix((load<u32>(at) | ROUGHLY) & ((1 << (length << 3)) - 1), 0, length);
  return mix(load<u32>(at) | ROUGHLY, load<u32>(at + length - 4) | ROUGHLY, length);
}

function mix(first: u32, last: u32, length: u32): u32 {
  const mixed = (first * SPREAD) ^ ((last + length) * SPREAD_TOO);
  return mixed ^ (mixed >>> 15);
}

/** @returns the place behind the value, or 0 when there is none; says in `kind` what it is */
function endOfValue(from: usize, end: usize): usize {
  if (from >= end) return 0;
  const first: u32 = load<u8>(from);
  if (first == QUOTE) {
    const to = endOfText(from + 1, end);
    kind = escapes == 0 ? TEXT : ESCAPED;
    return to == 0 ? 0 : to + 1;
  }
  if (first == OPEN || first == OPEN_LIST) {
    kind = NESTED;
    return endOfNested(from, end);
  }
  return endOfScalar(from, end);
}

/** @returns where the closing quotation mark is, or 0; says in `escapes` what was passed */
function endOfText(from: usize, end: usize): usize {
  escapes = 0;
  for (let at = from; at < end; at += 16) {
    const bytes = v128.load(at);
    const quotes = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x22)));
    const backslashes = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x5c)));
    if ((quotes | backslashes) == 0) continue;
    if (backslashes == 0) {
      const place = at + ctz(quotes);
      // The first of these bytes may be the end of an escape begun before them.
      if (escapes == 0 || isUnitStart(place, from)) return place < end ? place : 0;
    }
    const place = endOfEscaped(at, quotes, backslashes, from);
    if (place != 0) return place < end ? place : 0;
  }
  return 0;
}

/** @returns the closing quotation mark among sixteen bytes that have escapes in or before them, or 0 */
function endOfEscaped(at: usize, quotes: i32, backslashes: i32, from: usize): usize {
  let marks = quotes;
  let place: usize = 0;
  while (marks != 0) {
    place = at + ctz(marks);
    if (isUnitStart(place, from)) break;
    marks &= marks - 1;
  }
  const before: i32 = marks == 0 ? 0xffff : (1 << ctz(marks)) - 1;
  const passed = backslashes & before;
  if (passed != 0) {
    escapes |= ESCAPES;
    const next = v128.load(at, 1);
    let unusual =
      passed & i8x16.bitmask(v128.or(i8x16.eq(next, i8x16.splat(0x75)), i8x16.eq(next, i8x16.splat(0x2f))));
    while (unusual != 0) {
      if (isUnitStart(at + ctz(unusual), from)) {
        escapes |= UNUSUAL;
        flags |= UNUSUAL_ESCAPES;
      }
      unusual &= unusual - 1;
    }
  }
  return marks == 0 ? 0 : place;
}

/** @returns the place behind the list or object that begins here, or 0 */
function endOfNested(from: usize, end: usize): usize {
  let depth: i32 = 0;
  let at = from;
  while (at < end) {
    const bytes = v128.load(at);
    // Setting this bit makes brackets braces.
    const braces = v128.or(bytes, i8x16.splat(0x20));
    const stops = i8x16.bitmask(
      v128.or(
        i8x16.eq(bytes, i8x16.splat(0x22)),
        v128.or(i8x16.eq(braces, i8x16.splat(0x7b)), i8x16.eq(braces, i8x16.splat(0x7d))),
      ),
    );
    if (stops == 0) {
      at += 16;
      continue;
    }
    at += ctz(stops);
    if (at >= end) return 0;
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) {
      at = endOfText(at + 1, end);
      if (at == 0) return 0;
    } else if ((byte | 0x20) == OPEN) depth += 1;
    else {
      depth -= 1;
      if (depth == 0) return at + 1;
    }
    at += 1;
  }
  return 0;
}

function holdsObject(from: usize, to: usize): bool {
  for (let at = from; at < to; at += 16) {
    const stops = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x7b)));
    if (stops != 0 && at + ctz(stops) < to) return true;
  }
  return false;
}

/** Numbers and words as RFC 8259 has them. */
function endOfScalar(from: usize, end: usize): usize {
  const word = load<u32>(from);
  kind = BARE;
  if (word == 0x65757274) return wordEnds(from + 4, end); // true
  if (word == 0x736c6166 && load<u8>(from, 4) == 0x65) return wordEnds(from + 5, end); // false
  if (word == 0x6c6c756e) {
    kind = NULL;
    return wordEnds(from + 4, end);
  }
  let at = load<u8>(from) == 0x2d ? from + 1 : from;
  const digits = digitsEnd(at, end);
  const length = digits - at;
  if (length == 0 || (length > 1 && load<u8>(at) == 0x30)) return 0;
  if (length > 15 || (at != from && load<u8>(at) == 0x30)) kind = ODD_NUMBER;
  at = digits;
  if (at < end && load<u8>(at) == 0x2e) {
    kind = ODD_NUMBER;
    const fraction = digitsEnd(at + 1, end);
    if (fraction == at + 1) return 0;
    at = fraction;
  }
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    kind = ODD_NUMBER;
    at += 1;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at += 1;
    const exponent = digitsEnd(at, end);
    if (exponent == at) return 0;
    at = exponent;
  }
  return at;
}

function wordEnds(at: usize, end: usize): usize {
  return at <= end ? at : 0;
}

function digitsEnd(from: usize, end: usize): usize {
  let at = from;
  while (at < end && <u32>load<u8>(at) - 0x30 < 10) at += 1;
  return at;
}

function skipBlanks(from: usize, end: usize): usize {
  let at = from;
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte != 0x20 && byte != 0x09 && byte != 0x0a && byte != 0x0d) break;
    at += 1;
  }
  return at;
}

function hasHighBytes(from: usize, end: usize): bool {
  let at = from;
  for (; at + 64 <= end; at += 64) {
    const some = v128.or(
      v128.or(v128.load(at), v128.load(at, 16)),
      v128.or(v128.load(at, 32), v128.load(at, 48)),
    );
    if (i8x16.bitmask(some) != 0) return true;
  }
  for (; at + 16 <= end; at += 16) if (i8x16.bitmask(v128.load(at)) != 0) return true;
  for (; at < end; at += 1) if (load<u8>(at) > 127) return true;
  return false;
}

/** U+0130 and U+212A, the only characters beyond ASCII that fold into it, as the bytes of UTF-8. */
function foldsIntoAscii(from: usize, end: usize): bool {
  for (let at = from; at < end; at += 16) {
    const bytes = v128.load(at);
    const next = v128.load(at, 1);
    const capitalI = v128.and(i8x16.eq(bytes, i8x16.splat(<i8>0xc4)), i8x16.eq(next, i8x16.splat(<i8>0xb0)));
    const kelvin = v128.and(i8x16.eq(bytes, i8x16.splat(<i8>0xe2)), i8x16.eq(next, i8x16.splat(<i8>0x84)));
    let stops = i8x16.bitmask(v128.or(capitalI, kelvin));
    while (stops != 0) {
      const place = at + ctz(stops);
      if (place + 1 < end && (load<u8>(place) == 0xc4 || load<u8>(place, 2) == 0xaa)) return true;
      stops &= stops - 1;
    }
  }
  return false;
}

function hasBlank(from: usize, to: usize): bool {
  for (let at = from; at < to; at += 16) {
    const stops = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x20)));
    if (stops != 0 && at + ctz(stops) < to) return true;
  }
  return false;
}

/** @returns the length of the name without its blanks, or 0 when it is too long for that */
function squeeze(from: usize, to: usize): u32 {
  if (to - from > NAME_MAX) return 0;
  let length: u32 = 0;
  for (let at = from; at < to; at += 1) {
    const byte = load<u8>(at);
    if (byte == 0x20) continue;
    store<u8>(squeezed + length, byte);
    length += 1;
  }
  return length;
}
