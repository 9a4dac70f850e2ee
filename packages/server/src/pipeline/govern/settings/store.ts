import type { Actor, SettingsEdit } from "@tyr/contract";
import { sql, type JSONColumnType, type Selectable } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

type SettingsTable = {
  only_one: boolean;
  /** What was set; what is not in it is as shipped. */
  changed: JSONColumnType<SettingsEdit>;
  updated_at: Date;
  updated_by: JSONColumnType<Actor>;
};
export type SettingsRow = Selectable<SettingsTable>;
declare module "#platform/tables" {
  interface Tables {
    settings: SettingsTable;
  }
}

/** Settings change one after the other. Any constant does. */
const SETTINGS_LOCK = 8_970_146;

export async function lockSettings(tx: WriteTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(SETTINGS_LOCK)})`.execute(tx);
}

export async function readRow(db: ReadDatabase): Promise<SettingsRow | undefined> {
  return await db.selectFrom("settings").selectAll().executeTakeFirst();
}

export async function putRow(
  tx: WriteTransaction,
  { changed, at, by }: Readonly<{ changed: SettingsEdit; at: Date; by: Actor }>,
): Promise<void> {
  const values = { changed: JSON.stringify(changed), updated_at: at, updated_by: JSON.stringify(by) };
  await tx
    .insertInto("settings")
    .values({ only_one: true, ...values })
    .onConflict((conflict) => conflict.column("only_one").doUpdateSet(values))
    .execute();
}
