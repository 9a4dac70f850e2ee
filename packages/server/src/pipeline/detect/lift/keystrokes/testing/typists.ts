/** For tests: people who type, made up by numbers. Pauses within words and between them, as two log-normal spreads. */
export type Typist = Readonly<{ word: number; wordSpread: number; pause: number; pauseSpread: number; pauses: number }>;
type Random = () => number;

/** Mulberry32: the same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());

/** From 90 to 290 ms between letters, from 0.4 to 1.3 s between words. */
export function typist(seed: number): Typist {
  const random = randomOf(seed * 7_919);
  return {
    word: 90 + 200 * random(),
    wordSpread: 0.2 + 0.35 * random(),
    pause: 400 + 900 * random(),
    pauseSpread: 0.4 + 0.4 * random(),
    pauses: 0.08 + 0.22 * random(),
  };
}

/** The times between keys of one session, milliseconds. */
export function intervalsOf(of: Typist, keys: number, random: Random): readonly number[] {
  return Array.from({ length: keys - 1 }, () => {
    const isPause = random() < of.pauses;
    const [middle, spread] = isPause ? [of.pause, of.pauseSpread] : [of.word, of.wordSpread];
    return Math.max(1, Math.round(middle * Math.exp(spread * normal(random))));
  });
}

/** As tlog writes them. */
export function typedTiming(of: Typist, keys: number, seed: number): string {
  return `<1${intervalsOf(of, keys, randomOf(seed))
    .map((ms) => `+${ms}<1`)
    .join("")}`;
}

export function machineTiming(keys: number, ms: number): string {
  return `<1${`+${ms}<1`.repeat(keys - 1)}`;
}

/** A record of tlog (doc/log_format.md), without what was typed. */
export function recordOf(more: Readonly<Record<string, unknown>>) {
  const time = Date.parse("2026-03-01T10:00:00Z") / 1_000 + Number(more["pos"] ?? 0) / 1_000;
  return {
    ver: "2.3",
    host: "web1",
    rec: "r1",
    user: "alice",
    term: "xterm",
    session: 3,
    id: 1,
    pos: 0,
    time,
    ...more,
  };
}
