/**
 * The record of a group: 16 words, one line of the processor's cache. The double 0 is its order of last use, the double
 * 1 the stream's clock at that time. Record 0 is nobody's: late events are judged there.
 */
export const groupWords = 16;
export const groupDouble = { usedAt: 0, clockMs: 1 } as const;
export const groupWord = {
  /** Its neighbours in the order of use. */
  older: 4,
  newer: 5,
  /** Entries: the oldest, the newest, and the oldest of the newest window. */
  first: 6,
  last: 7,
  head: 8,
  /** Entries held, and those of the newest window. */
  count: 9,
  inWindow: 10,
  /** Different values or rules in the newest window. */
  distinct: 11,
  /** The oldest of the newest entries that still know their events. */
  idsFrom: 12,
  /** Values held by all its entries. */
  values: 13,
  flags: 14,
} as const;
/** Bits of the flags: changed since it was last stored; and: is stored. */
export const isDirty = 1;
export const isStored = 2;
