/**
 * What a competitor of the bench is: a command
 *
 *     CMD --rules DIR --events FILE.ndjson --logsources FILE.json --mode mix|proc|flat --out PAIRS
 *         [--seconds S] [--warmup N] [--limit N]
 *
 * It reads events and logsources into memory, loads the rules (timed apart: files to ready engine), goes N times over the
 * lines to warm up, then whole times over them until S seconds have passed: from the bytes of each line, parsing included,
 * to the ids of the rules that hold, in one thread. It writes the matches of the first time over as lines of
 * `line number from 0, tab, rule id`, and one JSON object, a PeerResult, to standard output.
 */
export type Mode = "mix" | "proc" | "flat";

export type PeerResult = Readonly<{
  engine: string;
  rulesLoaded: number;
  rulesRejected: number;
  loadSeconds: number;
  /** Evaluated in the timed part. */
  events: number;
  seconds: number;
  /** Processor time of the timed part, all threads of the process. */
  cpuSeconds: number;
  matches: number;
  peakRssBytes: number;
}>;

/** What kind of event a line is; a rule applies when every part it names is the event's own. */
export type LineLogsource = Readonly<{ product?: string; service?: string; category?: readonly string[] }>;

/** The file of `--logsources`: the distinct ones, and for each line the index of its own. */
export type Logsources = Readonly<{ logsources: readonly LineLogsource[]; lines: readonly number[] }>;

export function isPeerResult(value: unknown): value is PeerResult {
  if (typeof value !== "object" || value === null || !("engine" in value)) return false;
  const numbers = [
    "rulesLoaded",
    "rulesRejected",
    "loadSeconds",
    "events",
    "seconds",
    "cpuSeconds",
    "matches",
    "peakRssBytes",
  ];
  return numbers.every((name) => typeof Reflect.get(value, name) === "number");
}
