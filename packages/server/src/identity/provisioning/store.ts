import type { GroupId, Role, ServiceAccountId, SubjectId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { orderedProfile, type Profile } from "./provisioned.ts";

export type ClientRow = Readonly<{
  service_id: ServiceAccountId;
  issuer: string;
  created_at: Date;
  removed_at: Date | null;
}>;
export type ScimUserRow = Readonly<{
  subject_id: SubjectId;
  issuer: string;
  external_id: string | null;
  active: boolean;
  profile: Profile;
  version: number;
  created_at: Date;
  changed_at: Date;
  removed_at: Date | null;
}>;
export type ScimGroupRow = Readonly<{
  id: GroupId;
  issuer: string;
  external_id: string | null;
  display_name: string;
  version: number;
  created_at: Date;
  changed_at: Date;
}>;

declare module "#platform/tables" {
  interface Tables {
    scim_client: ClientRow;
    scim_user: Omit<ScimUserRow, "profile"> & { profile: unknown };
    scim_group: ScimGroupRow & { name_key: string };
    scim_member: { group_id: GroupId; subject_id: SubjectId };
  }
}

/** A provisioned account: what the provider says of it, and how it stands here. */
export type StoredUser = ScimUserRow & Readonly<{ name: string; roles: readonly Role[]; is_open: boolean }>;

export async function findClient(db: ReadDatabase, serviceId: string): Promise<ClientRow | undefined> {
  return await db
    .selectFrom("scim_client")
    .selectAll()
    .where("service_id", "=", serviceId as ServiceAccountId)
    .where("removed_at", "is", null)
    .executeTakeFirst();
}

export async function listClients(db: ReadDatabase): Promise<readonly ClientRow[]> {
  return await db
    .selectFrom("scim_client")
    .selectAll()
    .where("removed_at", "is", null)
    .orderBy("service_id")
    .limit(200)
    .execute();
}

export async function insertClient(tx: WriteTransaction, row: ClientRow): Promise<void> {
  await tx.insertInto("scim_client").values(row).execute();
}

/** @returns what was there, undefined when there is none in force */
export async function endClient(tx: WriteTransaction, id: string, now: Date): Promise<ClientRow | undefined> {
  return await tx
    .updateTable("scim_client")
    .set({ removed_at: now })
    .where("service_id", "=", id as ServiceAccountId)
    .where("removed_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

function users(db: ReadDatabase) {
  return db
    .selectFrom("scim_user")
    .innerJoin("subject", "subject.id", "scim_user.subject_id")
    .selectAll("scim_user")
    .select(["subject.name", "subject.roles", "subject.active as is_open"]);
}
type Joined = Awaited<ReturnType<ReturnType<typeof users>["executeTakeFirstOrThrow"]>>;

function toUser(row: Joined): StoredUser {
  return { ...row, profile: orderedProfile(row.profile as Profile), roles: row.roles as readonly Role[] };
}

/** Where one person of a provider is: by id here, by the provider's id, or by login name, which the caller folds. */
export type UserPlace =
  | Readonly<{ id: string }>
  | Readonly<{ externalId: string }>
  | Readonly<{ nameKey: string }>
  | Readonly<{ all: true; limit: number }>;

/** Of one issuer, in the order they were provisioned; removed ones are not there. */
export async function listUsers(db: ReadDatabase, issuer: string, place: UserPlace): Promise<readonly StoredUser[]> {
  let query = users(db).where("scim_user.issuer", "=", issuer).where("scim_user.removed_at", "is", null);
  if ("id" in place) query = query.where("scim_user.subject_id", "=", place.id as SubjectId);
  if ("externalId" in place) query = query.where("scim_user.external_id", "=", place.externalId);
  if ("nameKey" in place) query = query.where("subject.name_key", "=", place.nameKey);
  if ("all" in place) query = query.limit(place.limit);
  return (await query.orderBy("scim_user.subject_id").execute()).map(toUser);
}

/** Off-boarded ones too: somebody who comes back is who they were. */
export async function findByExternalId(
  db: ReadDatabase,
  issuer: string,
  externalId: string,
): Promise<StoredUser | undefined> {
  const row = await users(db)
    .where("scim_user.issuer", "=", issuer)
    .where("scim_user.external_id", "=", externalId)
    .executeTakeFirst();
  return row === undefined ? undefined : toUser(row);
}

/**
 * Who a provider's own id for a person is here, when it provisioned them: off-boarded ones too, so that nobody who left
 * is taken for somebody new and gets an account that is open.
 */
export async function findProvisioned(
  db: ReadDatabase,
  issuer: string,
  externalId: string,
): Promise<SubjectId | undefined> {
  const row = await db
    .selectFrom("scim_user")
    .select("subject_id")
    .where("issuer", "=", issuer)
    .where("external_id", "=", externalId)
    .executeTakeFirst();
  return row?.subject_id;
}

/** Issuers through whose clients anything can still change: what no client reaches is managed here like anything else. */
function issuersInForce(db: ReadDatabase) {
  return db.selectFrom("scim_client").select("issuer").where("removed_at", "is", null);
}

/** Whether its provider's groups decide the roles of an account, as long as it has a client that says who is in them. */
export async function isProvisioned(
  db: ReadDatabase,
  { issuer, subject_id }: Pick<ScimUserRow, "issuer" | "subject_id">,
): Promise<boolean> {
  const row = await db
    .selectFrom("scim_user")
    .select("subject_id")
    .where("issuer", "=", issuer)
    .where("subject_id", "=", subject_id)
    .where("issuer", "in", issuersInForce(db))
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether an account belongs to a provider, whichever. */
export async function findManaged(db: ReadDatabase, subjectId: string): Promise<StoredUser | undefined> {
  const row = await users(db)
    .where("scim_user.subject_id", "=", subjectId as SubjectId)
    .where("scim_user.removed_at", "is", null)
    .where("scim_user.issuer", "in", issuersInForce(db))
    .executeTakeFirst();
  return row === undefined ? undefined : toUser(row);
}

export async function listManaged(
  db: ReadDatabase,
): Promise<readonly Pick<ScimUserRow, "subject_id" | "issuer" | "active">[]> {
  return await db
    .selectFrom("scim_user")
    .select(["subject_id", "issuer", "active"])
    .where("removed_at", "is", null)
    .where("issuer", "in", issuersInForce(db))
    .execute();
}

/** Puts a row in place of the one of the same account, or anew. */
export async function putUser(tx: WriteTransaction, row: ScimUserRow): Promise<void> {
  const values = { ...row, profile: JSON.stringify(row.profile) };
  await tx
    .insertInto("scim_user")
    .values(values)
    .onConflict((conflict) => conflict.column("subject_id").doUpdateSet(values))
    .execute();
}

/** @returns false when the name is somebody else's */
export async function renameSubject(
  tx: WriteTransaction,
  { id, name, nameKey }: Readonly<{ id: SubjectId; name: string; nameKey: string }>,
): Promise<boolean> {
  const taken = await tx
    .selectFrom("subject")
    .select("id")
    .where("name_key", "=", nameKey)
    .where("id", "<>", id)
    .executeTakeFirst();
  if (taken !== undefined) return false;
  await tx.updateTable("subject").set({ name, name_key: nameKey }).where("id", "=", id).execute();
  return true;
}

export type GroupPlace =
  | Readonly<{ id: string }>
  | Readonly<{ externalId: string }>
  | Readonly<{ nameKey: string }>
  | Readonly<{ all: true; limit: number }>;

export async function listGroups(
  db: ReadDatabase,
  issuer: string,
  place: GroupPlace,
): Promise<readonly ScimGroupRow[]> {
  let query = db.selectFrom("scim_group").selectAll().where("issuer", "=", issuer);
  if ("id" in place) query = query.where("id", "=", place.id as GroupId);
  if ("externalId" in place) query = query.where("external_id", "=", place.externalId);
  if ("nameKey" in place) query = query.where("name_key", "=", place.nameKey);
  if ("all" in place) query = query.limit(place.limit);
  return await query.orderBy("id").execute();
}

export async function putGroup(tx: WriteTransaction, row: ScimGroupRow & { name_key: string }): Promise<void> {
  await tx
    .insertInto("scim_group")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

export async function deleteGroup(tx: WriteTransaction, id: GroupId): Promise<void> {
  await tx.deleteFrom("scim_group").where("id", "=", id).execute();
}

/** Whether another group of the provider has this name or id. */
export async function isGroupTaken(
  db: ReadDatabase,
  { issuer, id, name_key, external_id }: Pick<ScimGroupRow, "issuer" | "id" | "external_id"> & { name_key: string },
): Promise<boolean> {
  const row = await db
    .selectFrom("scim_group")
    .select("id")
    .where("issuer", "=", issuer)
    .where("id", "<>", id)
    .where((is) => is.or([is("name_key", "=", name_key), is("external_id", "=", external_id ?? "")]))
    .executeTakeFirst();
  return row !== undefined;
}

export type MemberRow = Readonly<{ group_id: GroupId; subject_id: SubjectId; group_name: string; user_name: string }>;

/** Who is in which group: of some groups, or of some people. */
export async function listMembers(
  db: ReadDatabase,
  of: Readonly<{ groups: readonly GroupId[] } | { people: readonly SubjectId[] }>,
): Promise<readonly MemberRow[]> {
  const ids = "groups" in of ? of.groups : of.people;
  if (ids.length === 0) return [];
  const all = db
    .selectFrom("scim_member")
    .innerJoin("scim_group", "scim_group.id", "scim_member.group_id")
    .innerJoin("subject", "subject.id", "scim_member.subject_id")
    .select(["scim_member.group_id", "scim_member.subject_id"])
    .select(["scim_group.display_name as group_name", "subject.name as user_name"]);
  const some =
    "groups" in of
      ? all.where("scim_member.group_id", "in", [...of.groups])
      : all.where("scim_member.subject_id", "in", [...of.people]);
  return await some.orderBy("scim_member.group_id").orderBy("scim_member.subject_id").execute();
}

/** The groups of one provider each of these is in, as it names them: another provider's name for a group gives nothing. */
export async function groupsOf(
  db: ReadDatabase,
  issuer: string,
  people: readonly SubjectId[],
): Promise<ReadonlyMap<SubjectId, readonly Pick<ScimGroupRow, "external_id" | "display_name">[]>> {
  if (people.length === 0) return new Map();
  const rows = await db
    .selectFrom("scim_member")
    .innerJoin("scim_group", "scim_group.id", "scim_member.group_id")
    .select(["scim_member.subject_id", "scim_group.external_id", "scim_group.display_name"])
    .where("scim_member.subject_id", "in", [...people])
    .where("scim_group.issuer", "=", issuer)
    .execute();
  return Map.groupBy(rows, (row) => row.subject_id);
}

type Membership = Readonly<{ group: GroupId; people: readonly SubjectId[] }>;

export async function addMembers(tx: WriteTransaction, { group, people }: Membership): Promise<void> {
  if (people.length === 0) return;
  const rows = JSON.stringify(people.map((subject_id) => ({ group_id: group, subject_id })));
  await sql`insert into scim_member (group_id, subject_id)
    select group_id, subject_id from jsonb_to_recordset(${rows}::jsonb) as one (group_id text, subject_id text)
    on conflict do nothing`.execute(tx);
}

export async function removeMembers(tx: WriteTransaction, { group, people }: Membership): Promise<void> {
  if (people.length === 0) return;
  await tx
    .deleteFrom("scim_member")
    .where("group_id", "=", group)
    .where("subject_id", "in", [...people])
    .execute();
}

export async function removeFromAllGroups(tx: WriteTransaction, id: SubjectId): Promise<void> {
  await tx.deleteFrom("scim_member").where("subject_id", "=", id).execute();
}

/** Of these ids, those that are provisioned by this issuer and not off-boarded. */
export async function knownPeople(
  db: ReadDatabase,
  issuer: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom("scim_user")
    .select("subject_id")
    .where("issuer", "=", issuer)
    .where("removed_at", "is", null)
    .where("subject_id", "in", ids as readonly SubjectId[])
    .execute();
  return new Set(rows.map((row) => row.subject_id));
}
