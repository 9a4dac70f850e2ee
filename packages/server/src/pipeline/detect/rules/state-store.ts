import type { Actor, RuleStateName } from "@tyr/contract";
import { sql, type JSONColumnType } from "kysely";
import { eraseActorName, type ReadDatabase, type WriteTransaction } from "#platform/database";
import type { AppliedState, AppliedStates, SetState } from "./rule-state.ts";

declare module "#platform/tables" {
  interface Tables {
    rule_state: {
      rule_id: string;
      state: RuleStateName;
      confidence_max: number | null;
      expires_at: Date | null;
      reason: string;
      set_by: JSONColumnType<Actor>;
      set_at: Date;
    };
    rule_state_in_force: { rule_id: string; state: AppliedState["state"]; confidence_max: number | null };
    rule_suppressed: { rule_id: string; detections: number; last_at: Date };
  }
}

/** Setting and ending states happens one at a time. Any constant does. */
const STATES_LOCK = 8_970_085;

export async function lockStates(tx: WriteTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(STATES_LOCK)})`.execute(tx);
}

/** Everything somebody set, also of rules that are not in force. */
export async function listStates(db: ReadDatabase): Promise<readonly SetState[]> {
  const rows = await db.selectFrom("rule_state").selectAll().orderBy("rule_id").execute();
  return rows.map((row) => ({
    ruleId: row.rule_id,
    state: row.state,
    confidenceMax: row.confidence_max,
    expiresAt: row.expires_at,
    reason: row.reason,
    setBy: row.set_by,
    setAt: row.set_at,
  }));
}

/** Ids of the rules whose state has reached its end. */
export async function overdueStates(db: ReadDatabase, now: Date): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("rule_state")
    .select("rule_id")
    .where("expires_at", "<=", now)
    .orderBy("rule_id")
    .execute();
  return rows.map(({ rule_id }) => rule_id);
}

export async function putState(tx: WriteTransaction, set: SetState): Promise<void> {
  const row = {
    state: set.state,
    confidence_max: set.confidenceMax,
    expires_at: set.expiresAt,
    reason: set.reason,
    set_by: JSON.stringify(set.setBy),
    set_at: set.setAt,
  };
  await tx
    .insertInto("rule_state")
    .values({ rule_id: set.ruleId, ...row })
    .onConflict((conflict) => conflict.column("rule_id").doUpdateSet(row))
    .execute();
}

export async function deleteState(tx: WriteTransaction, ruleId: string): Promise<void> {
  await tx.deleteFrom("rule_state").where("rule_id", "=", ruleId).execute();
}

/** The states the events since the last saved windows were looked at with. */
export async function statesInForce(db: ReadDatabase): Promise<AppliedStates> {
  const rows = await db.selectFrom("rule_state_in_force").selectAll().execute();
  return new Map(
    rows.map(({ rule_id, state, confidence_max }) => {
      const applied: AppliedState =
        state === "clipped" ? { state, confidenceMax: confidence_max ?? 1 } : { state, confidenceMax: null };
      return [rule_id, applied];
    }),
  );
}

/** Belongs in the transaction that saves the windows as of the last event looked at with the states before. */
export async function replaceStatesInForce(tx: WriteTransaction, states: AppliedStates): Promise<void> {
  await tx.deleteFrom("rule_state_in_force").execute();
  if (states.size === 0) return;
  const rows = [...states].map(([ruleId, { state, confidenceMax }]) => {
    return { rule_id: ruleId, state, confidence_max: confidenceMax };
  });
  await tx.insertInto("rule_state_in_force").values(rows).execute();
}

export type Suppressed = Readonly<{ ruleId: string; detections: number; lastAt: Date }>;

export async function suppressedByRule(db: ReadDatabase): Promise<ReadonlyMap<string, Suppressed>> {
  const rows = await db.selectFrom("rule_suppressed").selectAll().execute();
  return new Map(
    rows.map(({ rule_id, detections, last_at }) => [rule_id, { ruleId: rule_id, detections, lastAt: last_at }]),
  );
}

/** In the order of the rules, as every writer of a table should lock its rows. */
export async function countSuppressed(tx: WriteTransaction, counts: readonly Suppressed[]): Promise<void> {
  if (counts.length === 0) return;
  const rows = counts.toSorted((a, b) => (a.ruleId < b.ruleId ? -1 : 1));
  await sql`
    insert into rule_suppressed (rule_id, detections, last_at)
    select "ruleId", detections, "lastAt"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row ("ruleId" text, detections int8, "lastAt" timestamptz)
    on conflict (rule_id) do update set
      detections = rule_suppressed.detections + excluded.detections,
      last_at = greatest(rule_suppressed.last_at, excluded.last_at)
  `.execute(tx);
}

/** Takes a person's name out of what they set; the state goes on. @returns rows changed */
export async function eraseFromRules(tx: WriteTransaction, actorId: string): Promise<number> {
  return await eraseActorName(tx, { table: "rule_state", column: "set_by" }, actorId);
}
