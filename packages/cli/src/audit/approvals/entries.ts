/** An entry of the log with its number. Every field is what somebody wrote: nothing of it is believed. */
export type NumberedEntry = Readonly<{ index: number; entry: unknown }>;

export type Entry = Readonly<{
  index: number;
  at: string;
  type: string;
  actor: string;
  actorKind: string;
  object: string;
  outcome: string;
  before: string;
  after: string;
  details: Readonly<Record<string, unknown>>;
}>;

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textsOf = (value: unknown): readonly string[] => listOf(value).map(textOf);

export function entryOf({ index, entry }: NumberedEntry): Entry {
  const { at, type, actor, object, outcome, before, after, details } = fieldsOf(entry);
  const by = fieldsOf(actor);
  return {
    index,
    at: textOf(at),
    type: textOf(type),
    actor: textOf(by["id"]),
    actorKind: textOf(by["kind"]),
    object: textOf(fieldsOf(object)["id"]),
    outcome: textOf(outcome),
    before: textOf(before),
    after: textOf(after),
    details: fieldsOf(details),
  };
}

/** ISO 8601 in UTC with milliseconds, as the log writes every instant; NaN for anything else. */
export function instantOf(value: unknown): number {
  const text = textOf(value);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) ? Date.parse(text) : Number.NaN;
}
