import { binOf, INTERVAL_BINS } from "#collect";
import { expect, test } from "vitest";
import { rhythmHash } from "./rhythm-hash.ts";
import { intervalsOf, randomOf, typist, type Typist } from "./testing/typists.ts";

const SESSIONS = 300;
const LIKE_MAX = 7;

function histogram(intervals: readonly number[]): readonly number[] {
  const counts = Array.from({ length: INTERVAL_BINS }, () => 0);
  for (const ms of intervals) counts[binOf(ms)] = (counts[binOf(ms)] ?? 0) + 1;
  return counts;
}

function distance(a: string, b: string): number {
  let differing = 0;
  for (let bits = BigInt(`0x${a}`) ^ BigInt(`0x${b}`); bits > 0n; bits >>= 1n) differing += Number(bits & 1n);
  return differing;
}

const hashOf = (of: Typist, seed: number, keys = 256): string =>
  rhythmHash(histogram(intervalsOf(of, keys, randomOf(seed))));
const share = (pairs: readonly number[]): number => pairs.filter((bits) => bits <= LIKE_MAX).length / pairs.length;
const numbers = Array.from({ length: SESSIONS }, (_none, at) => at + 1);

test("the hash of a histogram is the same for good: those that are stored go on meeting new ones", () => {
  expect(rhythmHash(Array.from({ length: INTERVAL_BINS }, (_none, bin) => bin))).toBe("657818bf11c123e3");
});

test("the same keys a few milliseconds sooner or later have nearly the same hash", () => {
  const moved = numbers.map((one) => {
    const [keys, random] = [intervalsOf(typist(one), 256, randomOf(one)), randomOf(one + 10_000)];
    const jittered = keys.map((ms) => Math.max(1, ms + Math.round((random() - 0.5) * 20)));
    return distance(rhythmHash(histogram(keys)), rhythmHash(histogram(jittered)));
  });
  expect(share(moved)).toBeGreaterThanOrEqual(0.98);
});

test("two sessions of one typist are alike nine times of ten, those of two typists hardly ever", () => {
  const own = numbers.map((one) => distance(hashOf(typist(one), one), hashOf(typist(one), one + 50_000)));
  const others = numbers.map((one) => distance(hashOf(typist(one), one), hashOf(typist(one + 1_000), one + 50_000)));
  expect({ own: share(own) >= 0.9, others: share(others) <= 0.15 }).toEqual({ own: true, others: true });
});
