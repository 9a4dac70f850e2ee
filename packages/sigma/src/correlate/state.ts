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
const version = 2;
/** The first version had a row for each entry; it is still read. */
const rowsVersion = 1;

/** Column by column; a column in which every entry has the same nothing is left out. */
type Columns = Readonly<{
  /** Times. */
  t: readonly number[];
  /** Whether covered, a 0 or 1 for each entry. */
  x?: string;
  /** Positions of rules. */
  r?: readonly Entry["rules"][];
  /** Values. */
  n?: readonly Entry["values"][];
  /** Event ids of the newest entries: one, or a list. */
  i?: readonly (string | readonly string[])[];
}>;

export function writeState({ definition, usedAt, clockMs, entries }: GroupState): string {
  const columns: Columns = {
    t: entries.map(({ timeMs }) => timeMs),
    ...(entries.some(({ covered }) => covered) && {
      x: entries.map(({ covered }) => (covered ? "1" : "0")).join(""),
    }),
    ...(entries.some(({ rules }) => rules.length > 0) && { r: entries.map(({ rules }) => rules) }),
    ...(entries.some(({ values }) => values.length > 0) && { n: entries.map(({ values }) => values) }),
    i: idColumn(entries),
  };
  return JSON.stringify({ v: version, d: definition, s: usedAt, c: clockMs, ...columns });
}

function idColumn(entries: readonly Entry[]): NonNullable<Columns["i"]> {
  const from = entries.findLastIndex(({ ids }) => ids.length === 0) + 1;
  return entries.slice(from).map(({ ids }) => (ids.length === 1 ? (ids[0] ?? "") : ids));
}

/** @returns undefined when the text is not a state this code understands */
export function readState(text: string): GroupState | undefined {
  const parsed = parseJson(text) as Partial<Record<string, unknown>> | undefined;
  if (parsed === undefined) return undefined;
  const { d: definition, s: usedAt, c: clockMs } = parsed;
  if (typeof definition !== "string" || !isNumber(usedAt) || !isNumber(clockMs)) return undefined;
  const read = parsed["v"] === version ? readColumns(parsed) : parsed["v"] === rowsVersion ? readRows(parsed["e"]) : [];
  const entries = read !== undefined && isInOrder(read) ? read : [];
  return entries.length === 0 ? undefined : { definition, usedAt, clockMs, entries };
}

/** None earlier than the one before it. */
function isInOrder(entries: readonly Entry[]): boolean {
  return entries.every(({ timeMs }, index) => timeMs >= (entries[index - 1]?.timeMs ?? Number.NEGATIVE_INFINITY));
}

function readColumns(parsed: Partial<Record<string, unknown>>): readonly Entry[] | undefined {
  const { t: times, x: covered = "", r: rules = [], n: values = [], i: ids } = parsed;
  if (!isListOf(times, isNumber) || typeof covered !== "string" || !isListOf(ids, isIds)) return undefined;
  if (!isListOf(rules, isNumbers) || !isListOf(values, isValues)) return undefined;
  const count = times.length;
  const isComplete = [covered.length, rules.length, values.length].every((length) => length === 0 || length === count);
  if (!isComplete || ids.length > count) return undefined;
  return times.map((timeMs, index) => ({
    timeMs,
    rules: rules[index] ?? [],
    values: values[index] ?? [],
    ids: [ids[index - count + ids.length] ?? []].flat(),
    covered: covered[index] === "1",
  }));
}

function readRows(rows: unknown): readonly Entry[] | undefined {
  if (!isListOf(rows, isRow)) return undefined;
  return rows.map(([timeMs, rules, values, ids, covered]) => ({ timeMs, rules, values, ids, covered: covered === 1 }));
}

type Row = readonly [number, Entry["rules"], Entry["values"], Entry["ids"], 0 | 1];

function isRow(row: unknown): row is Row {
  if (!Array.isArray(row) || row.length !== 5) return false;
  const [timeMs, rules, values, ids, covered] = row as readonly unknown[];
  return (
    isNumber(timeMs) &&
    isNumbers(rules) &&
    isValues(values) &&
    isListOf(ids, isText) &&
    (covered === 0 || covered === 1)
  );
}

function isListOf<Member>(list: unknown, is: (value: unknown) => value is Member): list is readonly Member[] {
  return Array.isArray(list) && (list as readonly unknown[]).every(is);
}

/** JSON has no infinity, but `1e999` reads as one, and could not be written again. */
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isNumbers = (value: unknown): value is readonly number[] => isListOf(value, isNumber);
const isValues = (value: unknown): value is Entry["values"] =>
  isListOf(value, (member): member is string | number => isNumber(member) || isText(member));
const isIds = (value: unknown): value is string | readonly string[] => isText(value) || isListOf(value, isText);

function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
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
  const isKnown = parsed?.["v"] === version || parsed?.["v"] === rowsVersion;
  if (!isKnown || !isNumber(clockMs) || !isNumber(used)) return undefined;
  return { clockMs, used };
}
