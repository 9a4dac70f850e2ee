import { isId, permissionsOf, ROLE_NAMES, type Permission, type Role, type SubjectId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase } from "#platform/database";
import { heldPermissions } from "./roles/held-permissions.ts";
import { findSubject, findSubjectByName } from "./store.ts";

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

/** An account by its name or its id, for somebody who need not be able to list accounts. */
export async function accountNamed(
  db: ReadDatabase,
  nameOrId: string,
): Promise<Readonly<{ id: SubjectId; name: string; active: boolean }> | undefined> {
  const row = isId("subject", nameOrId) ? await findSubject(db, nameOrId) : await findSubjectByName(db, nameOrId);
  return row && { id: row.id, name: row.name, active: row.active };
}

/** What somebody may do now, custom roles included; nothing when they may not sign in. */
export async function permissionsNow(db: ReadDatabase, id: string): Promise<ReadonlySet<Permission>> {
  const subject = await findSubject(db, id);
  return subject?.active === true ? await heldPermissions(db, subject.roles) : new Set();
}
