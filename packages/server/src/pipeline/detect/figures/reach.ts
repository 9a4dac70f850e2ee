import type { RuleReach } from "@tyr/contract";
import type { CorrelationRule, DetectionRule } from "@tyr/sigma";
import type { PackRule, RulePack } from "../rule-pack.ts";
import { basesOf, couldHold, fieldsOf, logsourceName, type RuleInput } from "./rule-input.ts";

/** When an input of rules was last seen, and since when it is looked for. */
export type SeenInput = RuleInput & Readonly<{ since: Date; lastDay: string | null }>;

/** What is known of all inputs, by log source and field. */
export type SeenInputs = Readonly<{ of(logsource: string, field: string): SeenInput | undefined }>;

export function seenInputs(rows: readonly SeenInput[]): SeenInputs {
  const keyOf = (logsource: string, field: string): string => `${logsource}\n${field}`;
  const byKey = new Map(rows.map((row) => [keyOf(row.logsource, row.field), row]));
  return { of: (logsource, field) => byKey.get(keyOf(logsource, field)) };
}

export type ReachOptions = Readonly<{
  pack: Pick<RulePack, "rules">;
  seen: SeenInputs;
  detections: number;
  now: Date;
  days: number;
}>;

const DAY_MS = 86_400_000;
/** Until it was looked for so long, what was not seen is no answer. */
const WATCHED_MIN_MS = DAY_MS;

/** Whether what comes in could make a rule find something: see `RuleReach` for the words. */
export function reachOf(rule: PackRule, options: ReachOptions): RuleReach {
  const { pack, seen, days, detections } = options;
  const bases = basesOf(rule, pack);
  const inputs = bases.flatMap((base) =>
    ["", ...fieldsOf(base.expression)].map((field) => ({ field, logsource: logsourceName(base.logsource) })),
  );
  const known = inputs.flatMap(({ logsource, field }) => seen.of(logsource, field) ?? []);
  const watchedSince = known.length < inputs.length ? undefined : newest(known.map(({ since }) => since));
  return {
    reach: detections > 0 ? "fires" : wordOf(rule, { ...options, bases, watchedSince }),
    days,
    watchedSince: watchedSince?.toISOString() ?? null,
    logsources: listed(
      inputs.filter(({ field }) => field === ""),
      seen,
      "logsource",
    ).map(([logsource, lastSeenDay]) => ({ logsource, lastSeenDay })),
    fields: listed(
      inputs.filter(({ field }) => field !== ""),
      seen,
      "field",
    ).map(([field, lastSeenDay]) => ({ field, lastSeenDay })),
  };
}

type Watched = ReachOptions & Readonly<{ bases: readonly DetectionRule[]; watchedSince: Date | undefined }>;

function wordOf(rule: PackRule, options: Watched): RuleReach["reach"] {
  const { bases, watchedSince, seen, now, days } = options;
  const oldest = dayOf(new Date(now.getTime() - days * DAY_MS));
  const isSeen = (base: DetectionRule, field: string): boolean =>
    (seen.of(logsourceName(base.logsource), field)?.lastDay ?? "") >= oldest;
  const isFed = (base: DetectionRule): boolean => isSeen(base, "");
  const canHold = (base: DetectionRule): boolean =>
    isFed(base) && couldHold(base.expression, (field) => isSeen(base, field));
  if (meets(rule, bases, canHold)) return "no-match";
  if (watchedSince === undefined || now.getTime() - watchedSince.getTime() < WATCHED_MIN_MS) return "unknown";
  return meets(rule, bases, isFed) ? "no-field" : "unseen";
}

/** A sequence needs all of its rules; what counts needs one of them. */
function meets(rule: PackRule, bases: readonly DetectionRule[], holds: (base: DetectionRule) => boolean): boolean {
  return rule.sigma.kind === "correlation" && needsAll(rule.sigma) ? bases.every(holds) : bases.some(holds);
}

function needsAll({ correlation: { type, condition } }: CorrelationRule): boolean {
  return type.startsWith("temporal") && condition.kind === "every";
}

/** Each name once, with the newest day on which it was seen in any log source of the rule. */
function listed(
  inputs: readonly RuleInput[],
  seen: SeenInputs,
  by: keyof RuleInput,
): readonly (readonly [string, string | null])[] {
  const days = new Map<string, string | null>();
  for (const input of inputs) {
    const day = seen.of(input.logsource, input.field)?.lastDay ?? null;
    const before = days.get(input[by]) ?? null;
    days.set(input[by], before === null || (day !== null && day > before) ? day : before);
  }
  return [...days];
}

function newest(instants: readonly Date[]): Date | undefined {
  return instants.reduce<Date | undefined>((last, one) => (last === undefined || one > last ? one : last), undefined);
}

/** `2026-02-01`, in UTC. */
export function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
