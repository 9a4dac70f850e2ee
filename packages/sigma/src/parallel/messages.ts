import type { EventLogsource } from "../match/event.ts";
import type { RouteRow } from "../route/route-row.ts";
import type { PackedBatch } from "./line-batch.ts";
import type { RuleTexts } from "./rule-texts.ts";

/** How a worker knows what kind of event a line is. */
export type PoolRouting =
  /** By the event's fields: the worker parses each line and asks the routing table, with these rows more. */
  | Readonly<{ by: "fields"; rows?: readonly RouteRow[] }>
  /** The caller knows: each batch names an entry of this list for each of its lines. */
  | Readonly<{ by: "index"; logsources: readonly EventLogsource[] }>
  /** Every rule on every event. */
  | Readonly<{ by: "nothing" }>;

export type LoadMessage = Readonly<{ kind: "load"; rules: RuleTexts; routing: PoolRouting }>;
export type BatchMessage = Readonly<{ kind: "batch"; id: number; packed: PackedBatch }>;
export type ToWorker = LoadMessage | BatchMessage;

/** What a worker found in a batch. Positions are those of lines in their batch, from 0, and ascend. */
export type BatchFindings = Readonly<{
  /** Where each match is: position of the line, and beside it … */
  lines: Uint32Array<ArrayBuffer>;
  /** … the number of the rule in `ruleSet.rules`. */
  rules: Uint32Array<ArrayBuffer>;
  /** Positions of lines that are no JSON object, as far as they had to be read. */
  unreadable: Uint32Array<ArrayBuffer>;
  /** Lines of no known log source; only the routing by fields tells. */
  unrouted: number;
}>;

export type FromWorker =
  | Readonly<{ kind: "loaded"; keys: readonly string[] }>
  | Readonly<{ kind: "answer"; id: number; findings: BatchFindings }>
  /** Something threw that no line can be blamed for; the worker should not be used again. */
  | Readonly<{ kind: "failed"; reason: string }>;

/** @returns undefined for what is no message of a worker of ours */
export function readFromWorker(value: unknown): FromWorker | undefined {
  if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
  const { kind } = value;
  return kind === "loaded" || kind === "answer" || kind === "failed" ? (value as FromWorker) : undefined;
}

/** Whether findings can be of a batch of so many lines and a set of so many rules. */
export function arePlausible(findings: BatchFindings, lineCount: number, ruleCount: number): boolean {
  const { lines, rules, unreadable } = findings;
  return (
    lines.length === rules.length &&
    isBelow(rules, ruleCount) &&
    [lines, unreadable].every((positions) => isBelow(positions, lineCount) && isAscending(positions))
  );
}

function isBelow(numbers: Uint32Array, bound: number): boolean {
  return numbers.every((number) => number < bound);
}

function isAscending(numbers: Uint32Array): boolean {
  return numbers.every((number, index) => index === 0 || (numbers[index - 1] ?? 0) <= number);
}
