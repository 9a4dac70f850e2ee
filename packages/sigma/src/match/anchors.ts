/** Bytes of a gram. */
export const GRAM = 4;
/** Spreads grams over the filter (Knuth's multiplicative hash). */
export const SPREAD = 0x9e_37_79_b1;
/** Folds letters of four bytes at once, and other characters onto each other: good enough to filter by. */
const ROUGHLY = 0x20_20_20_20;
/** Places between probes of a text, at most; the longer its shortest literal, the further apart. */
const STRIDE_MAX = 8;

/** A literal of ASCII, folded. */
export type ByteLiteral = Readonly<{ number: number; bytes: Uint8Array; view: DataView }>;
/** A literal by one of its grams; `offset` is where in the literal that gram is. */
export type Anchor = ByteLiteral & Readonly<{ gram: number; offset: number }>;

export function byteLiteral(number: number, text: string): ByteLiteral {
  const bytes = Uint8Array.from(text, (one) => one.charCodeAt(0));
  return { number, bytes, view: new DataView(bytes.buffer) };
}

export function gramAt(view: DataView, at: number): number {
  return view.getInt32(at, true) | ROUGHLY;
}

/**
 * Where to look for literals of at least four bytes that may stand anywhere in a text. A text is probed at every
 * `stride`-th place only: each literal is anchored at that many of its grams in a row, so one of them falls on a probe.
 */
export function anchor(
  literals: readonly ByteLiteral[],
  { strideMax = STRIDE_MAX, sample }: Readonly<{ strideMax?: number; sample?: GramSample }> = {},
): Readonly<{ stride: number; anchors: readonly Anchor[] }> {
  const shortest = Math.min(...literals.map(({ bytes }) => bytes.length));
  const stride = Math.max(1, Math.min(strideMax, shortest - GRAM + 1));
  const counts = gramCounts(literals);
  const common = (gram: number): number => (counts.get(gram) ?? 0) + (sample?.count(gram) ?? 0);
  const anchors = literals.flatMap((literal): Anchor[] => {
    const first = rarestGrams(literal, stride, common);
    return Array.from({ length: stride }, (_, index) => {
      const offset = first + index;
      return { ...literal, offset, gram: gramAt(literal.view, offset) };
    });
  });
  return { stride, anchors };
}

/** Counts the grams of some lines: those that are common there make bad anchors. Grams may share a count. */
export class GramSample {
  readonly #counts = new Uint16Array(65_536);

  add(line: Uint8Array): void {
    let gram = 0;
    for (const byte of line) {
      gram = (gram >>> 8) | (byte << 24);
      const place = placeOf(gram | ROUGHLY);
      this.#counts[place] = Math.min(65_535, (this.#counts[place] ?? 0) + 1);
    }
  }

  count(gram: number): number {
    return this.#counts[placeOf(gram)] ?? 0;
  }
}

function placeOf(gram: number): number {
  return Math.imul(gram, SPREAD) >>> 16;
}

/** How many literals hold each gram: what many rules name is common in logs too. */
function gramCounts(literals: readonly ByteLiteral[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { bytes, view } of literals)
    for (let at = 0; at + GRAM <= bytes.length; at += 1) {
      const gram = gramAt(view, at);
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
  return counts;
}

/** Where so many grams in a row begin that are seldom seen. */
function rarestGrams({ bytes, view }: ByteLiteral, stride: number, common: (gram: number) => number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let from = 0; from + stride + GRAM - 1 <= bytes.length; from += 1) {
    let sum = 0;
    for (let offset = from; offset < from + stride; offset += 1) sum += common(gramAt(view, offset));
    if (sum < least) [best, least] = [from, sum];
  }
  return best;
}
