import { INTERVAL_BINS } from "#collect";

/** Bits of the hash, as 16 hexadecimal digits. */
const BITS = 64;
/** The first two bins (nobody types so fast, keys that overlap) and the last (pauses) are no rhythm. */
const FIRST_BIN = 3;
const LAST_BIN = INTERVAL_BINS - 2;
/** A stroke a little sooner or later falls into a neighbouring bin: each counts for five. */
const SPREAD: readonly number[] = [1, 2, 3, 2, 1];
/** Weights are whole numbers: 2^20 for the whole of a histogram, then roots. */
const WHOLE = 1n << 20n;
/**
 * Half of what typists show on the whole (measured on 400 generated ones, docs/reference/keystrokes.md): taken away, so that
 * what sets a histogram apart weighs more than what all have in common. Part of the hash: it must never change.
 */
const IN_COMMON: readonly number[] = [
  0, 0, 0, 4, 6, 9, 15, 22, 33, 47, 63, 82, 102, 119, 136, 150, 160, 165, 161, 149, 131, 112, 96, 84, 78, 74, 70, 67,
  62, 55, 48, 41, 34, 27, 21, 16, 12, 9, 7, 0,
];
const MASK = (1n << 64n) - 1n;

/** SplitMix64 (Steele, Lea, Flood 2014): 64 well mixed bits for each bin, the same everywhere and for good. */
function mixed(of: number): bigint {
  let bits = (BigInt(of + 1) * 0x9e3779b97f4a7c15n) & MASK;
  bits = ((bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  bits = ((bits ^ (bits >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return bits ^ (bits >> 31n);
}

/** On which side of each of 64 planes a bin lies: +1 or -1. */
const SIDES: readonly (readonly number[])[] = Array.from({ length: INTERVAL_BINS }, (_unused, bin) => {
  const bits = mixed(bin);
  return Array.from({ length: BITS }, (_none, bit) => (((bits >> BigInt(bit)) & 1n) === 1n ? 1 : -1));
});

function rootOf(value: bigint): number {
  let root = BigInt(Math.floor(Math.sqrt(Number(value))));
  while (root * root > value) root -= 1n;
  while ((root + 1n) * (root + 1n) <= value) root += 1n;
  return Number(root);
}

/** Of each bin: the root of its share, after each stroke was spread over its neighbours, less what all have in common. */
function weightsOf(intervals: readonly number[]): readonly number[] {
  const spread = Array.from({ length: INTERVAL_BINS }, () => 0);
  for (let bin = FIRST_BIN; bin <= LAST_BIN; bin += 1)
    for (const [offset, weight] of SPREAD.entries()) {
      const at = Math.min(Math.max(bin + offset - 2, FIRST_BIN), LAST_BIN);
      spread[at] = (spread[at] ?? 0) + weight * (intervals[bin] ?? 0);
    }
  const total = spread.reduce((sum, one) => sum + one, 0);
  if (total === 0) return spread;
  return spread.map((one, bin) => rootOf((BigInt(one) * WHOLE) / BigInt(total)) - (IN_COMMON[bin] ?? 0));
}

/** How many intervals of a histogram the hash rests on. */
export function rhythmIntervals(intervals: readonly number[]): number {
  return intervals.slice(FIRST_BIN, LAST_BIN + 1).reduce((sum, one) => sum + one, 0);
}

/**
 * A hash of how fast somebody types that stays nearly the same from session to session: a simhash (Charikar 2002) of the
 * histogram of intervals, so that the more alike two histograms are, the fewer bits differ. Whole numbers throughout.
 */
export function rhythmHash(intervals: readonly number[]): string {
  const weights = weightsOf(intervals);
  let hash = 0n;
  for (let bit = 0; bit < BITS; bit += 1) {
    let sum = 0;
    for (const [bin, weight] of weights.entries()) sum += weight * (SIDES[bin]?.[bit] ?? 0);
    if (sum > 0) hash |= 1n << BigInt(bit);
  }
  return hash.toString(16).padStart(BITS / 4, "0");
}
