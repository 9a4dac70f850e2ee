import type { CustomRole, Permission, Role } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type RoleRow = Readonly<{
  name: CustomRole;
  about: string;
  permissions: readonly Permission[];
  created_at: Date;
  changed_at: Date;
  deleted_at: Date | null;
}>;

declare module "#platform/tables" {
  interface Tables {
    custom_role: Omit<RoleRow, "permissions"> & { permissions: unknown };
  }
}

/** Making, changing and deleting roles happens one at a time. Any constant does. */
const ROLES_LOCK = 8_970_070;

export async function lockRoles(tx: WriteTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(ROLES_LOCK)})`.execute(tx);
}

function toRow(row: Omit<RoleRow, "permissions"> & { permissions: unknown }): RoleRow {
  return { ...row, permissions: row.permissions as readonly Permission[] };
}

export async function listCustomRoles(db: ReadDatabase): Promise<readonly RoleRow[]> {
  const rows = await db.selectFrom("custom_role").selectAll().where("deleted_at", "is", null).orderBy("name").execute();
  return rows.map(toRow);
}

/** Deleted ones too. */
export async function findCustomRole(db: ReadDatabase, name: string): Promise<RoleRow | undefined> {
  const row = await db
    .selectFrom("custom_role")
    .selectAll()
    .where("name", "=", name as CustomRole)
    .executeTakeFirst();
  return row === undefined ? undefined : toRow(row);
}

export async function insertCustomRole(tx: WriteTransaction, row: RoleRow): Promise<void> {
  await tx
    .insertInto("custom_role")
    .values({ ...row, permissions: JSON.stringify(row.permissions) })
    .execute();
}

export async function updateCustomRole(tx: WriteTransaction, row: RoleRow): Promise<void> {
  const { name, about, permissions, changed_at, deleted_at } = row;
  await tx
    .updateTable("custom_role")
    .set({ about, permissions: JSON.stringify(permissions), changed_at, deleted_at })
    .where("name", "=", name)
    .execute();
}

/** How many people hold each role, by name; disabled ones only if asked. */
export async function countHolders(db: ReadDatabase, which: "active" | "all"): Promise<ReadonlyMap<string, number>> {
  const all = db.selectFrom("subject").select("roles");
  const rows = await (which === "active" ? all.where("active", "=", true) : all).execute();
  const counts = new Map<string, number>();
  for (const role of rows.flatMap(({ roles }) => roles as readonly Role[]))
    counts.set(role, (counts.get(role) ?? 0) + 1);
  return counts;
}
