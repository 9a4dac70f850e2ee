/**
 * The kernel: finds in the bytes of one line of JSON which rules it may concern. AssemblyScript, compiled by `build.ts` to
 * `../src/match/kernel/scan-module.ts`; what the offsets mean stands in `../src/match/kernel/pack-index.ts`, which writes
 * the index. It allocates nothing and reads only between the addresses it is given, up to 16 bytes beyond their end.
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

/** What is true of a whole line. */
const BEYOND_ASCII: u32 = 1;
const BLANK_IN_NAME: u32 = 2;
const OBJECT_INSIDE: u32 = 4;

/** What a text's escapes are. */
const ESCAPES: u32 = 1;
const UNUSUAL: u32 = 2;

const NO_SLOT: u32 = 0xffff_ffff;
const TOKENS_MAX: u32 = 2048;
const TOKEN_SIZE: u32 = 16;
const NAME_MAX: u32 = 256;

/** Spread grams over tables (Knuth's multiplicative hash, and another odd number like it). */
const SPREAD: u32 = 0x9e37_79b1;
const SPREAD_TOO: u32 = 0x85eb_ca77;
const ROUGHLY: u32 = 0x2020_2020;

/** The index in use. */
let index: usize = 0;
let stamp: u32 = 0;
let marks: usize = 0;
/** Candidates found. */
let out: usize = 0;
let found: u32 = 0;
/** What the last text or value read was. */
let escapes: u32 = 0;
let kind: u32 = 0;

/** A name without its blanks. Lies, as all that is laid out at compile time, in the first 4,096 bytes. */
const squeezed: usize = memory.data(512, 16);

/**
 * @param frame addresses: tokens (16 bytes each: slot, kind, from, to), slots (the token of each), candidates; then what is
 * told back: number of tokens, flags of the line; then again addresses: index, line, end of the line
 * @returns how many candidates there are, in the order of the rules, or −1 when the line has to be parsed
 */
export function scan(frame: usize): i32 {
  open(load<u32>(frame, 20), load<u32>(frame, 8));
  const tokens: usize = load<u32>(frame);
  const slots: usize = load<u32>(frame, 4);
  const line: usize = load<u32>(frame, 24);
  const end: usize = load<u32>(frame, 28);
  let flags: u32 = hasHighBytes(line, end) ? BEYOND_ASCII : 0;
  if (flags != 0 && foldsIntoAscii(line, end)) return UNDECIDED;
  let count: u32 = 0;
  let place = skipBlanks(line, end);
  if (place >= end || load<u8>(place) != OPEN) return UNDECIDED;
  place = skipBlanks(place + 1, end);
  if (place < end && load<u8>(place) == CLOSE) {
    if (skipBlanks(place + 1, end) != end) return UNDECIDED;
    return finish(frame, 0, flags, line, end);
  }
  const hasDotted = load<u32>(index, 8) != 0;
  while (true) {
    if (place >= end || load<u8>(place) != QUOTE) return UNDECIDED;
    const nameFrom = place + 1;
    const nameTo = endOfText(nameFrom, end);
    if (nameTo == 0 || escapes != 0) return UNDECIDED;
    place = skipBlanks(nameTo + 1, end);
    if (place >= end || load<u8>(place) != COLON) return UNDECIDED;
    const from = skipBlanks(place + 1, end);
    place = endOfValue(from, end);
    if (place == 0 || count == TOKENS_MAX) return UNDECIDED;
    const isText = kind <= ESCAPED;
    const valueFrom = isText ? from + 1 : from;
    const valueTo = isText ? place - 1 : place;
    const valueKind = kind;
    const unusual = isText && (escapes & UNUSUAL) != 0;
    if (kind == NESTED && holdsObject(from, place)) {
      if (hasDotted) return UNDECIDED;
      flags |= OBJECT_INSIDE;
    }
    const name = find(nameFrom, <u32>(nameTo - nameFrom));
    const token = tokens + count * TOKEN_SIZE;
    store<u32>(token, name == 0 ? NO_SLOT : load<u32>(name, 4));
    store<u32>(token, valueKind, 4);
    store<u32>(token, <u32>(valueFrom - line), 8);
    store<u32>(token, <u32>(valueTo - line), 12);
    if (name != 0) {
      store<u32>(slots + (load<u32>(name, 4) << 2), count);
      if (!look(load<u32>(name, 8), valueFrom, valueTo, valueKind, unusual)) return UNDECIDED;
    }
    if (hasBlank(nameFrom, nameTo)) {
      flags |= BLANK_IN_NAME;
      const length = squeeze(nameFrom, nameTo);
      const other: usize = length == 0 ? 0 : find(squeezed, length);
      if (other != 0 && !look(load<u32>(other, 8), valueFrom, valueTo, valueKind, unusual)) return UNDECIDED;
      if (length == 0) return UNDECIDED;
    }
    count += 1;
    place = skipBlanks(place, end);
    if (place >= end) return UNDECIDED;
    const separator: u32 = load<u8>(place);
    place = skipBlanks(place + 1, end);
    if (separator == COMMA) continue;
    if (separator != CLOSE || place != end) return UNDECIDED;
    return finish(frame, count, flags, line, end);
  }
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
}

/** Keywords are searched last: by then it is known that the line is one object. */
function finish(frame: usize, count: u32, flags: u32, line: usize, end: usize): i32 {
  store<u32>(frame, count, 12);
  store<u32>(frame, flags, 16);
  const keywords = load<u32>(index, 28);
  if (keywords != 0 && !lookAtAll(frame, count, line, end)) return UNDECIDED;
  sort();
  return <i32>found;
}

/** Keywords that may stand anywhere are searched in the whole line, names of fields included: rather one too many. */
function lookAtAll(frame: usize, count: u32, line: usize, end: usize): bool {
  const entry = index + load<u32>(index, 28);
  if (hasUnusualEscapes(line, end)) return false;
  if (load<u32>(index, 32) != 0) return search(entry, line, end);
  const tokens: usize = load<u32>(frame);
  for (let number: u32 = 0; number < count; number += 1) {
    const token = tokens + number * TOKEN_SIZE;
    const tokenKind = load<u32>(token, 4);
    if (tokenKind == NESTED || tokenKind == ODD_NUMBER) return false;
    if (tokenKind != NULL && !search(entry, line + load<u32>(token, 8), line + load<u32>(token, 12))) return false;
  }
  return true;
}

/** @returns false when only the decoded value can tell */
function look(offset: u32, from: usize, to: usize, valueKind: u32, unusual: bool): bool {
  if (offset == 0) return true;
  const entry = index + offset;
  markAll(load<u32>(entry, 4), index + load<u32>(entry, 8));
  if (load<u32>(entry, 12) == 0 || valueKind == NULL) return true;
  if (valueKind == NESTED || valueKind == ODD_NUMBER || unusual) return false;
  return search(entry, from, to);
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

/** Literals at one edge by their four bytes there; shorter ones one by one. */
function searchEdge(table: usize, from: usize, to: usize, atEnd: bool): void {
  const length = <u32>(to - from);
  const shorts = load<u32>(table, 8);
  const list = index + load<u32>(table, 12);
  for (let number: u32 = 0; number < shorts; number += 1)
    checkEdge(index + load<u32>(list + (number << 2)), from, to, atEnd);
  if (length < 4) return;
  const mask = load<u32>(table);
  const slots = index + load<u32>(table, 4);
  const gram = load<u32>(atEnd ? to - 4 : from) | ROUGHLY;
  let slot = ((gram * SPREAD) >>> 7) & mask;
  while (true) {
    const literal = load<u32>(slots + (slot << 3), 4);
    if (literal == 0) return;
    if (load<u32>(slots + (slot << 3)) == gram) checkEdge(index + literal, from, to, atEnd);
    slot = (slot + 1) & mask;
  }
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
    const text = v128.load(at);
    const isUpper = i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x41)), i8x16.splat(26));
    const folded = v128.or(text, v128.and(isUpper, i8x16.splat(0x20)));
    const differ = ~i8x16.bitmask(i8x16.eq(folded, v128.load(bytes))) & 0xffff;
    if (left <= 16) return (differ & ((1 << left) - 1)) == 0;
    if (differ != 0) return false;
    left -= 16;
    at += 16;
    bytes += 16;
  }
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
  let at = from;
  while (at < end) {
    const bytes = v128.load(at);
    const stops = i8x16.bitmask(v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))));
    if (stops == 0) {
      at += 16;
      continue;
    }
    at += ctz(stops);
    if (at >= end) return 0;
    if (load<u8>(at) == QUOTE) return at;
    const escaped = load<u8>(at, 1);
    escapes |= escaped == 0x75 || escaped == 0x2f ? ESCAPES | UNUSUAL : ESCAPES;
    at += 2;
  }
  return 0;
}

function hasUnusualEscapes(from: usize, end: usize): bool {
  let at = from;
  while (at < end) {
    const stops = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x5c)));
    if (stops == 0) {
      at += 16;
      continue;
    }
    at += ctz(stops);
    const escaped = load<u8>(at, 1);
    if (at < end && (escaped == 0x75 || escaped == 0x2f)) return true;
    at += 2;
  }
  return false;
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
  for (; at + 16 <= end; at += 16) if (i8x16.bitmask(v128.load(at)) != 0) return true;
  for (; at < end; at += 1) if (load<u8>(at) > 127) return true;
  return false;
}

/** U+0130 and U+212A, the only characters beyond ASCII that fold into it, as the bytes of UTF-8. */
function foldsIntoAscii(from: usize, end: usize): bool {
  for (let at = from; at + 1 < end; at += 1) {
    const byte: u32 = load<u8>(at);
    if (byte == 0xc4 && load<u8>(at, 1) == 0xb0) return true;
    if (byte == 0xe2 && at + 2 < end && load<u8>(at, 1) == 0x84 && load<u8>(at, 2) == 0xaa) return true;
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
