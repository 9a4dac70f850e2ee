import { FIGURE_DAYS } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { RuleInput } from "./rule-input.ts";
import { dayOf, type SeenInput } from "./reach.ts";
import "../tables.ts";

/** Looks for what rules in force ask for from now on, and forgets what no rule asks for any more. */
export async function watchInputs(tx: WriteTransaction, inputs: readonly RuleInput[], now: Date): Promise<void> {
  const rows = JSON.stringify(inputs);
  await sql`
    delete from rule_input where not exists (
      select from jsonb_to_recordset(${rows}::jsonb) as row (logsource text, field text)
      where row.logsource = rule_input.logsource and row.field = rule_input.field)
  `.execute(tx);
  await sql`
    insert into rule_input (logsource, field, since)
    select distinct logsource, field, ${now}::timestamptz
    from jsonb_to_recordset(${rows}::jsonb) as row (logsource text, field text)
    on conflict do nothing
  `.execute(tx);
}

/** Notes what was seen on which day. */
export async function noteInputs(
  tx: WriteTransaction,
  seen: readonly Readonly<RuleInput & { day: string }>[],
): Promise<void> {
  if (seen.length === 0) return;
  await sql`
    update rule_input set last_day = greatest(rule_input.last_day, row.day)
    from jsonb_to_recordset(${JSON.stringify(seen)}::jsonb) as row (logsource text, field text, day text)
    where row.logsource = rule_input.logsource and row.field = rule_input.field
  `.execute(tx);
}

export async function listInputs(db: ReadDatabase): Promise<readonly SeenInput[]> {
  const rows = await db.selectFrom("rule_input").selectAll().execute();
  return rows.map(({ logsource, field, since, last_day }) => ({ logsource, field, since, lastDay: last_day }));
}

export type RuleDay = Readonly<{ day: string; detections: number }>;

const DAY_MS = 86_400_000;

/**
 * Detections per day of event time, by rule: 30 days up to the newest on which the rule found something, today at the
 * latest, with zeros between them. Rules that found nothing are left out.
 */
export async function daysByRule(db: ReadDatabase, now: Date): Promise<ReadonlyMap<string, readonly RuleDay[]>> {
  const newest = db
    .selectFrom("rule_day")
    .select(({ fn }) => ["rule_id as of_rule", fn.max("day").as("last")])
    .where("day", "<=", dayOf(now))
    .groupBy("rule_id");
  const rows = await db
    .selectFrom("rule_day")
    .innerJoin(newest.as("newest"), "newest.of_rule", "rule_day.rule_id")
    .select(["rule_id", "day", "detections"])
    .whereRef("day", "<=", "newest.last")
    .where(sql<boolean>`day::date > newest.last::date - ${FIGURE_DAYS}::int4`)
    .orderBy("day")
    .execute();
  const byRule = Map.groupBy(rows, ({ rule_id }) => rule_id);
  return new Map([...byRule].map(([ruleId, days]) => [ruleId, filled(days)]));
}

function filled(days: readonly RuleDay[]): readonly RuleDay[] {
  const last = Date.parse(days.at(-1)?.day ?? "");
  const counts = new Map(days.map(({ day, detections }) => [day, detections]));
  return Array.from({ length: FIGURE_DAYS }, (_, place) => {
    const day = dayOf(new Date(last - (FIGURE_DAYS - 1 - place) * DAY_MS));
    return { day, detections: counts.get(day) ?? 0 };
  });
}
