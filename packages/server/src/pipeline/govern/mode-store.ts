import type { Actor, IncidentId, ModeName } from "@tyr/contract";
import { sql, type Generated, type JSONColumnType, type Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { ModeState } from "./mode-state.ts";

type ModeTable = {
  number: Generated<number>;
  mode: ModeName;
  reason: string;
  actor: JSONColumnType<Actor>;
  at: Date;
  until: Date | null;
  /** What holds it there; null in what was stored before anything came by itself. */
  state: JSONColumnType<ModeState | null, string | null, string | null>;
  incidents: IncidentId[];
};
export type ModeRow = Selectable<ModeTable>;

declare module "#platform/tables" {
  interface Tables {
    mode_change: ModeTable;
  }
}

/** Changing the mode happens one at a time. Any constant does. */
const MODE_LOCK = 8_970_050;

export async function lockMode(tx: WriteTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(MODE_LOCK)})`.execute(tx);
}

/** Changes, newest first. */
export async function listModeChanges(db: ReadDatabase, limit: number): Promise<readonly ModeRow[]> {
  return await db.selectFrom("mode_change").selectAll().orderBy("number", "desc").limit(limit).execute();
}

/** Changes an incident asked for, oldest first. */
export async function listModeChangesOf(db: ReadDatabase, incidentId: IncidentId): Promise<readonly ModeRow[]> {
  return await db
    .selectFrom("mode_change")
    .selectAll()
    .where(sql<boolean>`${incidentId} = any(incidents)`)
    .orderBy("number")
    .limit(50)
    .execute();
}

export type ModeChange = Readonly<{
  mode: ModeName;
  reason: string;
  by: Actor;
  at: Date;
  until: Date | null;
  incidents: readonly IncidentId[];
}>;

export async function insertModeChange(tx: WriteTransaction, change: ModeChange, state: ModeState): Promise<void> {
  const { mode, reason, by, at, until, incidents } = change;
  await tx
    .insertInto("mode_change")
    .values({
      mode,
      reason,
      actor: JSON.stringify(by),
      at,
      until: mode === "normal" ? null : until,
      state: JSON.stringify(state),
      incidents: [...incidents],
    })
    .execute();
}
