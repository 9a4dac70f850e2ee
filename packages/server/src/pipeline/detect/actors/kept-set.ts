/**
 * Bounded sets whose content depends on what was added and never on the order or on batches: of more values than fit,
 * the smallest stay. Values that are hashes make such a set a fair sample, and the same sample in every set.
 */
export type KeptSet = string[];

/** 48 bits of a hash, as hexadecimal digits: two of a million values meet once in 300 runs, and nobody gains by it. */
export const HASH_DIGITS = 12;

/** Where a value is or would be, in a sorted set. */
function placeOf(set: readonly string[], value: string): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set[middle] ?? "") < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What became of a value: `added` (perhaps in place of `evicted`), `known` before, or `dropped` as the set is full of smaller ones. */
export type Kept = Readonly<{ outcome: "added" | "known" | "dropped"; evicted?: string }>;

export function keep(set: KeptSet, value: string, max: number): Kept {
  const place = placeOf(set, value);
  if (set[place] === value) return { outcome: "known" };
  if (place >= max) return { outcome: "dropped" };
  set.splice(place, 0, value);
  if (set.length <= max) return { outcome: "added" };
  const evicted = set.pop();
  return evicted === undefined ? { outcome: "added" } : { outcome: "added", evicted };
}

/**
 * How many values were ever added to a set of hashes: exact while all fit, else estimated from the largest that stayed
 * (k minimum values), within a tenth for 128 of them.
 */
export function countOf(set: readonly string[], max: number): number {
  const last = set.at(-1);
  if (last === undefined || set.length < max) return set.length;
  const share = (Number.parseInt(last.slice(0, HASH_DIGITS), 16) + 1) / 16 ** HASH_DIGITS;
  return Math.max(max, Math.round((max - 1) / share));
}

/**
 * How alike two sets of hashes are, 0 to 1: over the smallest values of both together, as many as either could have kept,
 * so that what fell out of one is not taken for a difference.
 */
export function jaccard(a: readonly string[], b: readonly string[], max: number): number {
  if (a.length === 0 || b.length === 0) return 0;
  const inB = new Set(b);
  const shared = a.filter((one) => inB.has(one));
  const union = [...new Set([...a, ...b])].toSorted().slice(0, max);
  const counted = new Set(union);
  return shared.filter((one) => counted.has(one)).length / union.length;
}

/** First contacts: name → instant in milliseconds. Of more names than fit, those met first stay. */
export type FirstContacts = Record<string, number>;

/** @returns whether the name is in the set now */
export function meet(contacts: FirstContacts, at: Readonly<{ name: string; ms: number }>, max: number): boolean {
  const { name, ms } = at;
  const known = Object.hasOwn(contacts, name) ? contacts[name] : undefined;
  if (known !== undefined) {
    if (ms < known) contacts[name] = ms;
    return true;
  }
  const entries = Object.entries(contacts);
  if (entries.length < max) {
    contacts[name] = ms;
    return true;
  }
  const latest = entries.reduce((worst, one) => (isLater(one, worst) ? one : worst));
  if (!isLater(latest, [name, ms])) return false;
  delete contacts[latest[0]];
  contacts[name] = ms;
  return true;
}

function isLater(a: readonly [string, number], b: readonly [string, number]): boolean {
  return a[1] > b[1] || (a[1] === b[1] && a[0] > b[0]);
}

/** Names in the order of first contact. */
export function inOrder(contacts: Readonly<FirstContacts>): readonly Readonly<{ name: string; ms: number }>[] {
  return Object.entries(contacts)
    .map(([name, ms]) => ({ name, ms }))
    .toSorted((a, b) => a.ms - b.ms || (a.name < b.name ? -1 : 1));
}
