import { INTERVAL_BINS, INTERVAL_EDGES_MS } from "#collect";
import { rhythmHash, rhythmIntervals } from "./rhythm-hash.ts";

/** What is known of the keys of one recording so far. */
export type Rhythm = Readonly<{
  keys: number;
  pasted: number;
  bursts: number;
  sumMs: number;
  intervals: readonly number[];
}>;

export const NO_RHYTHM: Rhythm = {
  keys: 0,
  pasted: 0,
  bursts: 0,
  sumMs: 0,
  intervals: Array.from({ length: INTERVAL_BINS }, () => 0),
};

export function addRhythm(a: Rhythm, b: Rhythm): Rhythm {
  return {
    keys: a.keys + b.keys,
    pasted: a.pasted + b.pasted,
    bursts: a.bursts + b.bursts,
    sumMs: a.sumMs + b.sumMs,
    intervals: a.intervals.map((count, bin) => count + (b.intervals[bin] ?? 0)),
  };
}

/** `machine`: intervals nobody's fingers keep. `pasted`: hardly a key was struck. `few`: too little to say. */
export type TypedBy = "human" | "machine" | "pasted" | "few";

/** Fewer intervals say nothing of who types. */
const INTERVALS_MIN = 30;
/** Fewer are too noisy for a hash to come out alike: one of eight sessions of one typist would not. */
const HASH_INTERVALS_MIN = 200;
const PASTED_CHARS_MIN = 40;
/** Of ten, so many: what a program does it does nearly always. */
const NEARLY_ALL = 9;
/** An autorepeating key comes every 25 to 40 ms: held down, it says nothing of a program. */
const REPEATED_MS = { from: 23, to: 45 } as const;

const isNearlyAll = (part: number, whole: number): boolean => part * 10 >= whole * NEARLY_ALL;

/** Two neighbouring bins are at most 41 % wide; of a person's intervals hardly half fall into any such two. */
function isSteady(intervals: readonly number[], whole: number): boolean {
  return intervals.some((count, bin) => {
    const from = INTERVAL_EDGES_MS[bin - 1] ?? 0;
    const isRepeat = from >= REPEATED_MS.from && from < REPEATED_MS.to;
    return !isRepeat && isNearlyAll(count + (intervals[bin + 1] ?? 0), whole);
  });
}

export function typedBy({ keys, pasted, intervals }: Rhythm): TypedBy {
  if (pasted >= PASTED_CHARS_MIN && isNearlyAll(pasted, pasted + keys)) return "pasted";
  const rhythm = intervals.slice(0, -1);
  const whole = rhythm.reduce((sum, one) => sum + one, 0);
  if (whole < INTERVALS_MIN) return "few";
  return isNearlyAll(rhythm[0] ?? 0, whole) || isSteady(rhythm, whole) ? "machine" : "human";
}

/** The upper edge of the bin in which so many tenths of the intervals are reached, milliseconds. */
function quantile(rhythm: readonly number[], whole: number, tenths: number): number {
  let reached = 0;
  for (const [bin, count] of rhythm.entries()) {
    reached += count;
    if (reached * 10 >= whole * tenths) return INTERVAL_EDGES_MS[bin] ?? 0;
  }
  return 0;
}

/** Shannon entropy of the histogram, hundredths of a bit. */
function entropy(rhythm: readonly number[], whole: number): number {
  const bits = rhythm.reduce((sum, count) => (count === 0 ? sum : sum - (count / whole) * Math.log2(count / whole)), 0);
  return Math.round(bits * 100);
}

/** As fields of a derived event: docs/reference/fields.md. */
export function rhythmFields(of: Rhythm): Readonly<Record<string, string | number | readonly string[] | undefined>> {
  const { keys, pasted, bursts, sumMs, intervals } = of;
  const rhythm = intervals.slice(0, -1);
  const whole = rhythm.reduce((sum, one) => sum + one, 0);
  const by = typedBy(of);
  const hasHash = by === "human" && rhythmIntervals(intervals) >= HASH_INTERVALS_MIN;
  const measured =
    whole === 0
      ? {}
      : {
          "keystroke.interval_mean_ms": Math.floor(sumMs / whole),
          "keystroke.interval_p10_ms": quantile(rhythm, whole, 1),
          "keystroke.interval_p50_ms": quantile(rhythm, whole, 5),
          "keystroke.interval_p90_ms": quantile(rhythm, whole, 9),
          "keystroke.entropy": entropy(rhythm, whole),
        };
  return {
    "keystroke.typed_by": by,
    "keystroke.count": keys,
    "keystroke.pasted_chars": pasted,
    "keystroke.paste_count": bursts,
    "keystroke.pasted_share": keys + pasted === 0 ? 0 : Math.floor((pasted * 100) / (keys + pasted)),
    "keystroke.interval_count": whole,
    "keystroke.pause_count": intervals.at(-1) ?? 0,
    ...measured,
    "keystroke.histogram": intervals.map(String),
    "keystroke.rhythm": hasHash ? rhythmHash(intervals) : undefined,
  };
}
