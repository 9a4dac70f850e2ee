/** One event's contribution to one group of one correlation, as it comes and as it is kept in text. */
export type Entry = Readonly<{
  timeMs: number;
  /** Positions in the correlation's list of rules that matched, each once; kept by the temporal types only. */
  rules: readonly number[];
  /** Values to count (text) or to calculate with (numbers); empty for event and temporal types. */
  values: readonly (string | number)[];
  /** Contributing events; empty when the entry is too old to be listed in a hit. */
  ids: readonly string[];
  /** Whether the window ending here belongs to a burst that was reported. */
  covered: boolean;
}>;

/** Entries of one group from one to another, both included, by their numbers in the store; in order of time and, at the
 * same time, of arrival. */
export type Span = Readonly<{ from: number; to: number }>;
