import { permissionsOf, ROLE_NAMES, type Role, type SubjectId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase } from "#platform/database";

const DECIDING: readonly Role[] = ROLE_NAMES.filter((role) => permissionsOf([role]).has("action:approve"));

export type Decider = Readonly<{ id: SubjectId; roles: readonly Role[] }>;

/** Everybody who may sign in now and hold a role that decides about actions; all of them, however many accounts there are. */
export async function listDeciders(db: ReadDatabase): Promise<readonly Decider[]> {
  const rows = await db
    .selectFrom("subject")
    .select(["id", "roles"])
    .where("active", "=", true)
    .where(sql<boolean>`roles ?| array[${sql.join(DECIDING)}]::text[]`)
    .orderBy("id")
    .execute();
  return rows.map(({ id, roles }) => ({ id, roles: roles as readonly Role[] }));
}
