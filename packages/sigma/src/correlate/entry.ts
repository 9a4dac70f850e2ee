/** One event's contribution to one group of one correlation. */
export type Entry = {
  readonly timeMs: number;
  /** Positions in the correlation's list of rules that matched, ascending. */
  readonly rules: readonly number[];
  /** Values to count (text) or to calculate with (numbers); empty for event and temporal types. */
  readonly values: readonly (string | number)[];
  /** Contributing events; emptied when the entry is too old to be listed in a hit. */
  ids: readonly string[];
  /** Whether the window ending here belongs to a burst that was reported. */
  covered: boolean;
};

/** Entries `from` to (not including) `to`, in order of time and, at the same time, of arrival. */
export type Span = Readonly<{ entries: readonly Entry[]; from: number; to: number }>;
