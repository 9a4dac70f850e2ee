import { fold } from "../../compile/fold.ts";
import { isMany, type Pattern, type PatternPart } from "../../compile/sigma-string.ts";
import type { Expression, Item, Test } from "../../expression.ts";
import { couldBeNumber } from "../witness.ts";
import { BlockWriter } from "./block-writer.ts";

/** Programs by the expressions they came from: where each begins in the block. */
export type Programs = Readonly<{ bytes: Uint8Array; places: ReadonlyMap<Expression, number> }>;

/** Kinds of nodes. */
const NODES = { unknown: 0, and: 1, or: 2, not: 3, item: 4 } as const;
/** What a test asks of a value. */
const ASKS = {
  exact: 0,
  prefix: 1,
  suffix: 2,
  part: 3,
  present: 4,
  absent: 5,
  noValue: 6,
  /** Several literals without which it cannot hold; the rest only the caller can tell. */
  required: 7,
  /** Cannot hold in a line of ASCII. */
  notAscii: 8,
  unknown: 9,
} as const;
const NO_SLOT = 0xffff_ffff;
const NEGATED = 1;
const DOTTED = 2;
/** Ways to write a pattern with the characters that begin options. */
const DASHED_MAX = 4;

type Ask = Readonly<{ kind: keyof typeof ASKS; literals: readonly string[] }>;

const unknown: Ask = { kind: "unknown", literals: [] };
const notAscii: Ask = { kind: "notAscii", literals: [] };

/**
 * The conditions of rules for the kernel (`judge` in `kernel/scan.ts`), in one block; all places are counted from its
 * beginning. What the kernel cannot tell (numbers, networks, times, other fields, regular expressions, letters in their
 * case) it leaves to the caller, but where literals are required and missing it says no.
 *
 * Node: 0 kind, 4 number of children, or the item or child, 8 children. Item: 0 number of the line last asked (64 bits),
 * 8 answer, 12 slot, 16 flags (1 negated, 2 a name with dots), 20 number of groups, all of which must hold, 24 those.
 * Group: 0 number of tests, one of which is enough, then for each what it asks and a literal or list. List: 0 number of
 * literals, 4 those. Literal: 0 length, 16 bytes as JSON writes them, folded.
 */
export function packPrograms(expressions: Iterable<Expression>, slots: ReadonlyMap<string, number>): Programs {
  const packer = new Packer(slots);
  const places = new Map<Expression, number>();
  for (const expression of expressions) places.set(expression, packer.node(expression));
  return { bytes: packer.finish(), places };
}

class Packer {
  readonly #writer = new BlockWriter();
  readonly #slots: ReadonlyMap<string, number>;
  readonly #items = new Map<string, number>();
  readonly #literals = new Map<string, number>();

  constructor(slots: ReadonlyMap<string, number>) {
    this.#slots = slots;
    // 0 is a node too: the one that only the caller can tell.
    this.#writer.numbers([NODES.unknown]);
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }

  node(expression: Expression): number {
    if (expression.kind === "item") return this.#writer.numbers([NODES.item, this.#item(expression.item)]);
    if (expression.kind === "not") return this.#writer.numbers([NODES.not, this.node(expression.child)]);
    const children = expression.children.map((child) => this.node(child));
    return this.#writer.numbers([NODES[expression.kind], children.length, ...children]);
  }

  #item(item: Item): number {
    const known = this.#items.get(item.key);
    if (known !== undefined) return known;
    const isKeyword = item.field === null;
    const asks = item.tests.map((test) => (isKeyword ? keywordAsks(test) : asksOf(test)));
    const groups = (item.join === "all" ? asks : [asks.flat()]).map((group) => this.#group(group));
    const flags = (item.negated ? NEGATED : 0) | (item.field?.includes(".") === true ? DOTTED : 0);
    const slot = item.field === null ? NO_SLOT : (this.#slots.get(item.field) ?? NO_SLOT);
    // The kernel reads the number of the line as one of 64 bits; WebAssembly does not ask that it be aligned.
    const at = this.#writer.numbers([0, 0, 0, slot, flags, groups.length, ...groups]);
    this.#items.set(item.key, at);
    return at;
  }

  #group(asks: readonly Ask[]): number {
    const words = asks.flatMap((ask) => [ASKS[ask.kind], this.#operand(ask)]);
    return this.#writer.numbers([asks.length, ...words]);
  }

  #operand({ kind, literals }: Ask): number {
    const [first] = literals;
    if (first === undefined) return 0;
    if (kind !== "required") return this.#literal(first);
    return this.#writer.numbers([literals.length, ...literals.map((literal) => this.#literal(literal))]);
  }

  #literal(text: string): number {
    const known = this.#literals.get(text);
    if (known !== undefined) return known;
    const written = JSON.stringify(text).slice(1, -1);
    const at = this.#writer.numbers([written.length, 0, 0, 0]);
    this.#writer.bytes(Uint8Array.from(written, (one) => one.charCodeAt(0)));
    this.#writer.reserve(16);
    this.#literals.set(text, at);
    return at;
  }
}

/** A keyword that could be a number is left to the caller. Any other that is not in the line is in none of its values. */
function keywordAsks(test: Test): readonly Ask[] {
  if (test.kind !== "text") return [unknown];
  return asksOf(test).map((ask) => (ask.literals.some(couldBeNumber) ? unknown : ask));
}

/** What a test asks, as alternatives. */
function asksOf(test: Test): readonly Ask[] {
  if (test.kind === "exists") return [{ kind: test.expected ? "present" : "absent", literals: [] }];
  if (test.kind === "null") return [{ kind: "noValue", literals: [] }];
  if (test.kind === "either") return test.tests.flatMap(asksOf);
  if (test.kind === "regex") return [requiring(test.regex.required)];
  if (test.kind === "text")
    return test.cased ? [requiring(literalsOf(test.pattern).map(fold))] : patternAsks(foldParts(test.pattern));
  return [unknown];
}

function foldParts(pattern: Pattern): Pattern {
  return pattern.map((part) => (typeof part === "string" ? fold(part) : part));
}

function literalsOf(pattern: Pattern): readonly string[] {
  return pattern.filter((part) => typeof part === "string");
}

/** The rest of what it asks is for the caller. */
function requiring(literals: readonly string[]): Ask {
  if (literals.length === 0) return unknown;
  return literals.every(isAscii) ? { kind: "required", literals } : notAscii;
}

/** @param pattern folded */
function patternAsks(pattern: Pattern): readonly Ask[] {
  const plain = plainAsk(pattern);
  if (plain !== undefined) return [plain];
  const dash = pattern.findIndex(isDash);
  const others = pattern.filter((part) => typeof part !== "string" && !isMany(part));
  if (dash === -1 || 2 ** others.length > DASHED_MAX || !others.every(isDash)) return [requiring(literalsOf(pattern))];
  // Other dashes than these two are beyond ASCII.
  const written = ["-", "/"].flatMap((one) => patternAsks(joined(pattern.with(dash, one))));
  return [...written, notAscii];
}

function isDash(part: PatternPart): boolean {
  return typeof part !== "string" && part.wildcard === "dash";
}

/** Neighbouring literals as one. */
function joined(parts: Pattern): Pattern {
  const result: PatternPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === "string" && typeof last === "string") result[result.length - 1] = last + part;
    else result.push(part);
  }
  return result;
}

/** One literal with wildcards of any length at its ends only. */
function plainAsk(pattern: Pattern): Ask | undefined {
  const literals = literalsOf(pattern);
  const [literal = ""] = literals;
  if (literals.length > 1 || !pattern.every((part) => typeof part === "string" || isMany(part))) return undefined;
  if (!isAscii(literal)) return notAscii;
  const opensFree = pattern[0] !== undefined && typeof pattern[0] !== "string";
  const endsFree = pattern.length > 0 && typeof pattern.at(-1) !== "string";
  const kind = opensFree ? (endsFree ? "part" : "suffix") : endsFree ? "prefix" : "exact";
  return { kind, literals: [literal] };
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
