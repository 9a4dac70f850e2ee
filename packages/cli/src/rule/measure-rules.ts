import { createEngine, type Engine, type EventLogsource, type Match, routeEvent, type RuleSet } from "@tyr/sigma";
import type { Line } from "./line-splitter.ts";

/** What going over the events once came to. Seconds are of this process's clock on the wall. */
export type Round = Readonly<{
  /** Lines that hold one JSON object. */
  events: number;
  bytes: number;
  /** From the first byte read to the last match. */
  seconds: number;
  /** Of them, parsing lines to tell their log source; 0 when it was given, null when several threads did it. */
  routeSeconds: number | null;
  matchSeconds: number | null;
  matches: number;
  /** Events at least one rule holds for. */
  eventsMatched: number;
  /** Events of no known log source: no rule was tried. */
  unrouted: number;
  /** Lines that are no JSON object, and lines that are too long; the first of them. */
  unreadable: number;
  firstUnreadable: number | null;
}>;

export type Routing = Readonly<{ kind: "table" | "none" }> | Readonly<{ kind: "fixed"; logsource: EventLogsource }>;

type Routed = Readonly<{ number: number; bytes: Uint8Array; logsource: EventLogsource }>;

const EVERYTHING: EventLogsource = Object.freeze({});
const utf8 = new TextDecoder();

/** Plays lines of NDJSON through rules and keeps the figures. Holds no event longer than its batch. */
export type Measuring = Readonly<{
  /** Matches by rule, over all rounds. */
  matchesByRule: ReadonlyMap<Match["rule"], number>;
  /** @param onBatch told of the events so far, after each batch; what it throws ends the round */
  round(batches: AsyncIterable<readonly Line[]>, onBatch: (events: number) => void): Promise<Round>;
}>;

/** In this thread. */
export class Measurement implements Measuring {
  readonly matchesByRule = new Map<Match["rule"], number>();
  readonly #engine: Engine;
  readonly #routing: Routing;

  constructor(ruleSet: RuleSet, routing: Routing) {
    this.#engine = createEngine(ruleSet, { routing: routing.kind === "none" ? "none" : "logsource" });
    this.#routing = routing;
  }

  async round(batches: AsyncIterable<readonly Line[]>, onBatch: (events: number) => void): Promise<Round> {
    const counts = { ...NOTHING, routeSeconds: 0, matchSeconds: 0 };
    const startedAt = performance.now();
    for await (const lines of batches) {
      const routeAt = performance.now();
      const routed = this.#route(lines, counts);
      const matchAt = performance.now();
      for (const event of routed) this.#match(event, counts);
      counts.matchSeconds += (performance.now() - matchAt) / 1000;
      if (this.#routing.kind === "table") counts.routeSeconds += (matchAt - routeAt) / 1000;
      onBatch(counts.events);
    }
    return { ...counts, seconds: (performance.now() - startedAt) / 1000 };
  }

  #route(lines: readonly Line[], counts: Counts): readonly Routed[] {
    const routed: Routed[] = [];
    for (const { number, bytes } of lines) {
      const logsource = bytes === undefined ? undefined : this.#logsourceOf(bytes);
      if (bytes === undefined || logsource === undefined) {
        countUnreadable(number, counts);
        continue;
      }
      counts.events += 1;
      counts.bytes += bytes.length;
      if (this.#routing.kind === "table" && Object.keys(logsource).length === 0) counts.unrouted += 1;
      routed.push({ number, bytes, logsource });
    }
    return routed;
  }

  /** @returns undefined for what is no JSON object */
  #logsourceOf(bytes: Uint8Array): EventLogsource | undefined {
    if (this.#routing.kind === "fixed") return this.#routing.logsource;
    if (this.#routing.kind === "none") return EVERYTHING;
    try {
      const value: unknown = JSON.parse(utf8.decode(bytes));
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      return isObject ? routeEvent(value as Readonly<Record<string, unknown>>) : undefined;
    } catch (error) {
      return notTheLine(error);
    }
  }

  #match({ number, bytes, logsource }: Routed, counts: Counts): void {
    let matches: readonly Match[] | undefined;
    try {
      matches = this.#engine.matchLine(bytes, { id: String(number), logsource });
    } catch (error) {
      matches = notTheLine(error);
    }
    if (matches === undefined) {
      counts.events -= 1;
      counts.bytes -= bytes.length;
      countUnreadable(number, counts);
      return;
    }
    counts.matches += matches.length;
    if (matches.length > 0) counts.eventsMatched += 1;
    for (const { rule } of matches) this.matchesByRule.set(rule, (this.matchesByRule.get(rule) ?? 0) + 1);
  }
}

export type Counts = { -readonly [Name in Exclude<keyof Round, `${string}econds`>]: Round[Name] };

export const NOTHING: Readonly<Counts> = {
  events: 0,
  bytes: 0,
  matches: 0,
  eventsMatched: 0,
  unrouted: 0,
  unreadable: 0,
  firstUnreadable: null,
};

function countUnreadable(number: number, counts: Counts): void {
  counts.unreadable += 1;
  // Lines that are too long are met before those of their batch that do not parse.
  counts.firstUnreadable = Math.min(number, counts.firstUnreadable ?? number);
}

/** A line that is no JSON, or is nested deeper than the stack, is the line's fault; everything else is ours. */
function notTheLine(error: unknown): undefined {
  if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
}
