import type { Entry } from "./entry.ts";

/** One group as it is kept: enough to go on exactly where it was. */
export type GroupState = Readonly<{
  /** Digest of the correlation's definition: a changed rule starts afresh. */
  definition: string;
  /** Order of last use, for eviction. */
  usedAt: number;
  /** The stream's clock at last use, for expiry. */
  clockMs: number;
  entries: readonly Entry[];
}>;

/** Raised when the text changes in a way older code cannot read. */
const version = 1;

type EntryRow = [
  timeMs: number,
  rules: readonly number[],
  values: Entry["values"],
  ids: readonly string[],
  covered: 0 | 1,
];

export function writeState(state: GroupState): string {
  const entries = state.entries.map(({ timeMs, rules, values, ids, covered }): EntryRow => [
    timeMs,
    rules,
    values,
    ids,
    covered ? 1 : 0,
  ]);
  return JSON.stringify({ v: version, d: state.definition, s: state.usedAt, c: state.clockMs, e: entries });
}

/** @returns undefined when the text is not a state this version wrote */
export function readState(text: string): GroupState | undefined {
  const parsed = parseJson(text) as Partial<Record<string, unknown>> | undefined;
  if (parsed === undefined || parsed["v"] !== version) return undefined;
  const { d: definition, s: usedAt, c: clockMs } = parsed;
  if (typeof definition !== "string" || typeof usedAt !== "number" || typeof clockMs !== "number") return undefined;
  const entries = readEntries(parsed["e"]);
  return entries === undefined ? undefined : { definition, usedAt, clockMs, entries };
}

/** At least one entry, none earlier than the one before it. */
function readEntries(rows: unknown): readonly Entry[] | undefined {
  if (!Array.isArray(rows) || rows.length === 0) return undefined;
  const entries: Entry[] = [];
  for (const row of rows as readonly unknown[]) {
    if (!isRow(row) || row[0] < (entries.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY)) return undefined;
    const [timeMs, rules, values, ids, covered] = row;
    entries.push({ timeMs, rules, values, ids, covered: covered === 1 });
  }
  return entries;
}

function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRow(row: unknown): row is EntryRow {
  if (!Array.isArray(row) || row.length !== 5) return false;
  const [timeMs, rules, values, ids, covered] = row as readonly unknown[];
  return (
    typeof timeMs === "number" &&
    isListOf(rules, ["number"]) &&
    isListOf(values, ["number", "string"]) &&
    isListOf(ids, ["string"]) &&
    (covered === 0 || covered === 1)
  );
}

function isListOf(value: unknown, types: readonly string[]): boolean {
  return Array.isArray(value) && (value as readonly unknown[]).every((entry) => types.includes(typeof entry));
}

/** What is not any group's: the stream's clock and the order of use. */
export type Checkpoint = Readonly<{ clockMs: number; used: number }>;

export function writeCheckpoint(checkpoint: Checkpoint): string {
  return JSON.stringify({ v: version, c: checkpoint.clockMs, s: checkpoint.used });
}

export function readCheckpoint(text: string): Checkpoint | undefined {
  const parsed = parseJson(text) as Partial<Record<string, unknown>> | undefined;
  const clockMs = parsed?.["c"];
  const used = parsed?.["s"];
  if (parsed?.["v"] !== version || typeof clockMs !== "number" || typeof used !== "number") return undefined;
  return { clockMs, used };
}
