/** Hashes of rhythms differ in fewer bits than this where one person may have typed both (origins 2.19). */
const LIKE_BELOW = 8;
const BANDS = 8;

/** How many of 64 bits differ; both are 16 hexadecimal digits. */
export function differingBits(a: string, b: string): number {
  let differing = 0;
  for (let bits = BigInt(`0x${a}`) ^ BigInt(`0x${b}`); bits > 0n; bits &= bits - 1n) differing += 1;
  return differing;
}

export function isLikeRhythm(a: string, b: string): boolean {
  return differingBits(a, b) < LIKE_BELOW;
}

/**
 * The eight bytes of a hash, by place. Where at most seven bits differ, one of eight bytes is the same: whoever shares none
 * need not be compared.
 */
export function bandsOf(hash: string): readonly Readonly<{ band: number; value: number }>[] {
  return Array.from({ length: BANDS }, (_none, band) => ({
    band,
    value: Number.parseInt(hash.slice(band * 2, band * 2 + 2), 16),
  }));
}
