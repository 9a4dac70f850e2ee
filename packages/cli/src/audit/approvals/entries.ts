/**
 * An entry of the log with its number. Every field is what somebody wrote: nothing of it is believed.
 *
 * `newest`: the latest instant of the entries before it that are left out here, as they say nothing of decisions.
 */
export type NumberedEntry = Readonly<{ index: number; entry: unknown; newest?: number | undefined }>;

export type Entry = Readonly<{
  index: number;
  newest: number | undefined;
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

const SPEAKS =
  /^(?:(?:action|passkey|approval_key|single_person|break_glass|delegation)\.|block\.(?:created|extended)$|policy\.activated$|mode\.changed$|setup\.completed$|user\.(?:created|changed|sign_in_reset)$)/;

/** Whether entries of this kind say anything about decisions, or about who may make them. */
export const speaksOfDecisions = (type: unknown): boolean => typeof type === "string" && SPEAKS.test(type);

/** Between a decision and the entry about it, and between the clocks of two servers. */
export const SLACK_MS = 60_000;

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textsOf = (value: unknown): readonly string[] => listOf(value).map(textOf);

export function entryOf({ index, entry, newest }: NumberedEntry): Entry {
  const { at, type, actor, object, outcome, before, after, details } = fieldsOf(entry);
  const by = fieldsOf(actor);
  return {
    index,
    newest,
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
