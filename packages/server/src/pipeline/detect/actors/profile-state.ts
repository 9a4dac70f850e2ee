import type { ProfileState } from "@tyr/contract";

/**
 * How stable something stays from session to session (origins 2.19): over the last five sessions that show it, from three
 * on. Whole numbers only: the same sessions lead to the same state everywhere.
 */
export const WINDOW = 5;
const SEEN_MIN = 3;
const MAJORITY = 4;
const DAY_MS = 24 * 3_600_000;
/** Within a day. More often than that nobody changes tools. */
const ROTATIONS_DRIFTING_MAX = 2;
/** Of two who take turns, each was there at least twice. */
const TURNS_MIN = 2;

/** Percent. */
const STABLE_BELOW = 20;
const DRIFT_ABOVE = 30;
const CONFLICT_ABOVE = 100;
const SURE = 100;
/** Somebody changes or is several: nothing but the last sessions tells which. */
const UNSURE = 50;
/** One primitive alone says little of several people; `agreeing` raises it, never above this. */
const SEVERAL = 30;
const SEVERAL_MAX = 60;

export type Seen<V> = Readonly<{ atMs: number; value: V }>;
/** Confidence in percent. */
export type Judged = Readonly<{ state: ProfileState; confidence: number }>;

const UNKNOWN: Judged = { state: "unknown", confidence: 0 };
const CONFLICTED: Judged = { state: "conflicted", confidence: UNSURE };
const DRIFTING: Judged = { state: "drifting", confidence: UNSURE };
const SEVERAL_ACTORS: Judged = { state: "multi_actor", confidence: SEVERAL };

function changesIn(values: readonly unknown[]): number {
  return values.filter((value, at) => at > 0 && value !== values[at - 1]).length;
}

/** Two values that take turns, each at least twice: one goes, the other comes, and the first is back. */
function takeTurns(values: readonly unknown[]): boolean {
  const counts = [...Map.groupBy(values, (value) => value).values()].map((of) => of.length);
  return counts.length === 2 && counts.every((count) => count >= TURNS_MIN) && changesIn(values) >= 2;
}

function majorityOf(values: readonly unknown[]): Judged | undefined {
  const most = Math.max(...[...Map.groupBy(values, (value) => value).values()].map((of) => of.length));
  const isMajority = most >= MAJORITY || most === values.length;
  return isMajority ? { state: "stable", confidence: Math.floor((most * SURE) / values.length) } : undefined;
}

/** Of names: what a client calls itself, a network, the part of a day. */
export function stateOfNames(seen: readonly Seen<string>[]): Judged {
  const values = seen.slice(-WINDOW).map(({ value }) => value);
  if (values.length < SEEN_MIN) return UNKNOWN;
  const stable = majorityOf(values);
  if (stable !== undefined) return stable;
  if (takeTurns(values)) return SEVERAL_ACTORS;
  return changesIn(values) === 1 ? DRIFTING : CONFLICTED;
}

/** The most changes within any 24 hours. */
function rotationsPerDay(seen: readonly Seen<unknown>[]): number {
  const at = seen.flatMap(({ value, atMs }, index) => (index > 0 && value !== seen[index - 1]?.value ? [atMs] : []));
  return Math.max(0, ...at.map((from) => at.filter((one) => one >= from && one - from <= DAY_MS).length));
}

/** Of fingerprints, which are either the same or not. */
export function stateOfHashes(seen: readonly Seen<string>[]): Judged {
  const window = seen.slice(-WINDOW);
  if (window.length < SEEN_MIN) return UNKNOWN;
  const values = window.map(({ value }) => value);
  if (changesIn(values) === 0) return { state: "stable", confidence: SURE };
  if (takeTurns(values)) return SEVERAL_ACTORS;
  return rotationsPerDay(window) <= ROTATIONS_DRIFTING_MAX ? DRIFTING : CONFLICTED;
}

/**
 * Of hashes that are alike or not, as of rhythms: each stands for the first of the window it is like. One of ten sessions of
 * one typist comes out unlike, so four alike of five are stable, as with names.
 */
export function stateOfLikes(seen: readonly Seen<string>[], isLike: (a: string, b: string) => boolean): Judged {
  const known: string[] = [];
  const window = seen.slice(-WINDOW).map(({ atMs, value }) => {
    const like = known.find((one) => isLike(one, value));
    if (like === undefined) known.push(value);
    return { atMs, value: like ?? value };
  });
  if (window.length < SEEN_MIN) return UNKNOWN;
  return majorityOf(window.map(({ value }) => value)) ?? stateOfHashes(window);
}

/** Thousandths, so that three tenths of a difference stay whole numbers. */
const SCALE = 1_000;

/** Exponentially weighted mean, α = 0.3, of all but the newest. */
function levelBefore(values: readonly number[]): number {
  const [first = 0, ...rest] = values.slice(0, -1);
  return rest.reduce((level, value) => level + Math.trunc(((value * SCALE - level) * 3) / 10), first * SCALE);
}

/** Mean distance from the mean, in percent of the mean. */
function dispersionOf(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (sum === 0) return 0;
  const apart = values.reduce((total, value) => total + Math.abs(value * values.length - sum), 0);
  return Math.floor((apart * 100) / (values.length * sum));
}

/** Slow and fast by the widest gap, if what is above it is more than twice what is below. */
function halvesOf(values: readonly number[]): readonly boolean[] | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((high, at) => ({ low: sorted[at] ?? 0, high }));
  const [widest] = gaps.toSorted((a, b) => b.high - b.low - (a.high - a.low));
  if (widest === undefined || widest.high * 100 <= widest.low * (100 + CONFLICT_ABOVE)) return undefined;
  return values.map((value) => value >= widest.high);
}

/** Of whole numbers from 1 on. */
export function stateOfNumbers(seen: readonly Seen<number>[]): Judged {
  const values = seen.slice(-WINDOW).map(({ value }) => value);
  const newest = values.at(-1);
  if (values.length < SEEN_MIN || newest === undefined) return UNKNOWN;
  const halves = halvesOf(values);
  if (halves !== undefined && takeTurns(halves)) return SEVERAL_ACTORS;
  const level = levelBefore(values);
  const shift = Math.abs(newest * SCALE - level) * 100;
  if (shift > level * CONFLICT_ABOVE) return CONFLICTED;
  const dispersion = dispersionOf(values);
  if (shift > level * DRIFT_ABOVE || dispersion >= STABLE_BELOW) return DRIFTING;
  return { state: "stable", confidence: SURE - dispersion };
}

/** Several people behind an identity are told of only where two primitives agree on it; and never as sure. */
export const AGREEING_MIN = 2;

export function confidenceOfSeveral(agreeing: number): number {
  return Math.min(SEVERAL_MAX, SEVERAL * agreeing);
}
