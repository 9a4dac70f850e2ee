import type { Actor, ModeName } from "@tyr/contract";
import { sql, type Generated, type JSONColumnType, type Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

type ModeTable = {
  number: Generated<number>;
  mode: ModeName;
  reason: string;
  actor: JSONColumnType<Actor>;
  at: Date;
  until: Date | null;
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

export type ModeChange = Readonly<{ mode: ModeName; reason: string; by: Actor; at: Date; until: Date | null }>;

export async function insertModeChange(tx: WriteTransaction, change: ModeChange): Promise<void> {
  const { mode, reason, by, at, until } = change;
  await tx
    .insertInto("mode_change")
    .values({ mode, reason, actor: JSON.stringify(by), at, until })
    .execute();
}
