import { fold } from "../compile/fold.ts";
import { dashes, isMany, literalOf, mapLiterals, type Pattern, type PatternPart } from "../compile/sigma-string.ts";

export type TextTest = (text: string) => boolean;

/** Pieces between wildcards of any length: each has a fixed number of characters. */
type Piece = readonly PatternPart[];
/** A text one can step through by character: itself, or its code points when some take two units. */
type Characters = Readonly<{ length: number; [index: number]: string }>;

/** Folds the literals of a pattern; the caller then tests folded texts. */
export function foldPattern(pattern: Pattern): Pattern {
  return mapLiterals(pattern, fold);
}

/**
 * Turns a pattern into a test over whole texts. The common shapes (equal, contains, starts, ends) become single string
 * operations; others are matched piece by piece, leftmost first, in time linear in text length times pattern length.
 */
export function compilePattern(pattern: Pattern): TextTest {
  const literal = literalOf(pattern);
  if (literal !== undefined) return (text) => text === literal;
  return simpleTest(pattern) ?? piecewise(pattern);
}

function simpleTest(pattern: Pattern): TextTest | undefined {
  const literals = pattern.filter((part) => typeof part === "string");
  const [literal = ""] = literals;
  const isSimple = literals.length <= 1 && pattern.every((part) => typeof part === "string" || isMany(part));
  if (!isSimple) return undefined;
  const shape = pattern.map((part) => (typeof part === "string" ? "a" : "*")).join("");
  const tests: Readonly<Record<string, TextTest>> = {
    "*": () => true,
    "*a": (text) => text.endsWith(literal),
    "a*": (text) => text.startsWith(literal),
    "*a*": (text) => text.includes(literal),
  };
  return tests[shape];
}

function piecewise(pattern: Pattern): TextTest {
  const pieces = splitAtMany(pattern);
  const hasSingles = pattern.some((part) => typeof part !== "string" && !isMany(part));
  if (!hasSingles) {
    const literals = pieces.map((piece) => piece.map(String).join(""));
    return (text) => matchLiterals(literals, text);
  }
  const needed = longestLiteral(pattern);
  return (text) => {
    if (!text.includes(needed)) return false;
    return matchPieces(pieces, /[\uD800-\uDFFF]/.test(text) ? Array.from(text) : text);
  };
}

/** A literal every matching text contains; checking it first spares most texts the walk. */
function longestLiteral(pattern: Pattern): string {
  let longest = "";
  for (const part of pattern) if (typeof part === "string" && part.length > longest.length) longest = part;
  return longest;
}

/** `a*b` gives [a], [b]; a wildcard at an end leaves an empty piece there. */
function splitAtMany(pattern: Pattern): readonly Piece[] {
  const pieces: PatternPart[][] = [[]];
  for (const part of pattern) {
    if (isMany(part)) pieces.push([]);
    else pieces.at(-1)?.push(part);
  }
  return pieces;
}

/** @param pieces at least two, each one literal or empty */
function matchLiterals(pieces: readonly string[], text: string): boolean {
  const [head = ""] = pieces;
  const tail = pieces.at(-1) ?? "";
  const end = text.length - tail.length;
  if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  let from = head.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, from);
    if (found === -1 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
}

/** Each character of a piece as the set of characters allowed there; `undefined` allows any. */
type Slots = readonly (readonly string[] | undefined)[];

const slotCache = new WeakMap<Piece, Slots>();

function slotsOf(piece: Piece): Slots {
  const known = slotCache.get(piece);
  if (known !== undefined) return known;
  const slots = piece.flatMap((part): (readonly string[] | undefined)[] => {
    if (typeof part !== "string") return [part.wildcard === "dash" ? dashes : undefined];
    return Array.from(part, (character) => [character]);
  });
  slotCache.set(piece, slots);
  return slots;
}

function matchPieces(pieces: readonly Piece[], text: Characters): boolean {
  const slots = pieces.map(slotsOf);
  const head = slots[0] ?? [];
  const tail = slots.at(-1) ?? [];
  if (slots.length === 1) return text.length === head.length && fits(head, text, 0);
  const end = text.length - tail.length;
  if (end < head.length || !fits(head, text, 0) || !fits(tail, text, end)) return false;
  let from = head.length;
  for (const piece of slots.slice(1, -1)) {
    while (from + piece.length <= end && !fits(piece, text, from)) from += 1;
    if (from + piece.length > end) return false;
    from += piece.length;
  }
  return true;
}

function fits(slots: Slots, text: Characters, from: number): boolean {
  return slots.every((allowed, index) => {
    const character = text[from + index];
    return character !== undefined && (allowed === undefined || allowed.includes(character));
  });
}
