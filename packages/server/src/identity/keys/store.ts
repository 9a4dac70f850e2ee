import type { KeyId, Permission, ServiceAccountId, SubjectId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type ServiceRow = Readonly<{
  id: ServiceAccountId;
  name: string;
  about: string;
  owner_id: SubjectId;
  active: boolean;
  created_at: Date;
}>;
/** Whoever a key acts as: a person by `subject_id`, a service account by `service_id`. */
export type KeyRow = Readonly<{
  id: KeyId;
  name: string;
  subject_id: SubjectId | null;
  service_id: ServiceAccountId | null;
  scopes: readonly Permission[];
  networks: readonly string[];
  created_at: Date;
  expires_at: Date;
  rotated_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  last_used_from: string | null;
}>;
export type SecretRow = Readonly<{
  public_id: string;
  key_id: KeyId;
  secret_hash: Uint8Array;
  created_at: Date;
  ends_at: Date | null;
  /** People who were shown the secret. */
  made_by: SubjectId[];
}>;

declare module "#platform/tables" {
  interface Tables {
    service_account: ServiceRow & { name_key: string };
    api_key: Omit<KeyRow, "scopes" | "networks"> & { scopes: unknown; networks: unknown };
    api_key_secret: SecretRow;
  }
}

/** The person behind: of a personal key its owner, of a service account's key the account's. */
type KeyPerson = Readonly<{ id: SubjectId; name: string; roles: readonly string[]; active: boolean }>;
type KeyService = Readonly<{ id: ServiceAccountId; name: string; active: boolean }>;
export type StoredKey = Readonly<{ key: KeyRow; person: KeyPerson; service: KeyService | undefined }>;

const KEY = [
  "api_key.id",
  "api_key.name",
  "api_key.subject_id",
  "api_key.service_id",
  "api_key.scopes",
  "api_key.networks",
  "api_key.created_at",
  "api_key.expires_at",
  "api_key.rotated_at",
  "api_key.revoked_at",
  "api_key.last_used_at",
  "api_key.last_used_from",
] as const;

function keysWithOwners(db: ReadDatabase) {
  return db
    .selectFrom("api_key")
    .leftJoin("service_account as service", "service.id", "api_key.service_id")
    .innerJoin("subject as person", (join) =>
      join.on("person.id", "=", (is) => is.fn.coalesce("api_key.subject_id", "service.owner_id")),
    )
    .select(KEY)
    .select([
      "person.id as person_id",
      "person.name as person_name",
      "person.roles as person_roles",
      "person.active as person_active",
      "service.name as service_name",
      "service.active as service_active",
    ]);
}
type JoinedRow = Awaited<ReturnType<ReturnType<typeof keysWithOwners>["executeTakeFirstOrThrow"]>>;

function toStored(row: JoinedRow): StoredKey {
  const { person_id, person_name, person_roles, person_active, service_name, service_active, ...key } = row;
  const person = { id: person_id, name: person_name, roles: person_roles as readonly string[], active: person_active };
  const service =
    key.service_id === null
      ? undefined
      : { id: key.service_id, name: service_name ?? "", active: service_active === true };
  return {
    key: { ...key, scopes: key.scopes as readonly Permission[], networks: key.networks as readonly string[] },
    person,
    service,
  };
}

export type FoundSecret = StoredKey & Readonly<{ secret: SecretRow }>;

/** The key a secret belongs to, alive or not. */
export async function findSecret(db: ReadDatabase, publicId: string): Promise<FoundSecret | undefined> {
  const row = await keysWithOwners(db)
    .innerJoin("api_key_secret as secret", "secret.key_id", "api_key.id")
    .select(["secret.public_id", "secret.secret_hash", "secret.created_at as secret_created_at", "secret.ends_at"])
    .select("secret.made_by")
    .where("secret.public_id", "=", publicId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { public_id, secret_hash, secret_created_at, ends_at, made_by, ...rest } = row;
  const secret = { public_id, key_id: rest.id, secret_hash, created_at: secret_created_at, ends_at, made_by };
  return { ...toStored(rest), secret };
}

export async function findKey(db: ReadDatabase, id: string): Promise<StoredKey | undefined> {
  const row = await keysWithOwners(db)
    .where("api_key.id", "=", id as KeyId)
    .executeTakeFirst();
  return row === undefined ? undefined : toStored(row);
}

/** Keys by their ids, alive or not. */
export async function findKeys(db: ReadDatabase, ids: readonly KeyId[]): Promise<readonly StoredKey[]> {
  if (ids.length === 0) return [];
  return (await keysWithOwners(db).where("api_key.id", "in", ids).execute()).map(toStored);
}

/** Newest first: keys of one person, or of all. The oldest of more than 1,000 are left out. */
export async function listKeys(db: ReadDatabase, of: SubjectId | "everybody"): Promise<readonly StoredKey[]> {
  const all = keysWithOwners(db).orderBy("api_key.id", "desc").limit(1_000);
  const rows = await (of === "everybody" ? all : all.where("api_key.subject_id", "=", of)).execute();
  return rows.map(toStored);
}

/** Secrets of these keys, newest first. */
export async function listSecrets(db: ReadDatabase, keyIds: readonly KeyId[]): Promise<readonly SecretRow[]> {
  if (keyIds.length === 0) return [];
  return await db
    .selectFrom("api_key_secret")
    .selectAll()
    .where("key_id", "in", keyIds)
    .orderBy("created_at", "desc")
    .orderBy("public_id")
    .execute();
}

type Owner = Readonly<{ subject_id: SubjectId } | { service_id: ServiceAccountId }>;

/** Keys of one owner that could still be used. Locks its row, so that two at once count one after the other. */
export async function countUsableKeys(tx: WriteTransaction, owner: Owner, now: Date): Promise<number> {
  const place =
    "subject_id" in owner
      ? sql`subject where id = ${owner.subject_id}`
      : sql`service_account where id = ${owner.service_id}`;
  await sql`select 1 from ${place} for update`.execute(tx);
  const usable = tx
    .selectFrom("api_key")
    .select((is) => is.fn.countAll<number>().as("count"))
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now);
  const own =
    "subject_id" in owner
      ? usable.where("subject_id", "=", owner.subject_id)
      : usable.where("service_id", "=", owner.service_id);
  return (await own.executeTakeFirstOrThrow()).count;
}

export async function insertKey(tx: WriteTransaction, key: KeyRow, secret: SecretRow): Promise<void> {
  await tx
    .insertInto("api_key")
    .values({ ...key, scopes: JSON.stringify(key.scopes), networks: JSON.stringify(key.networks) })
    .execute();
  await tx.insertInto("api_key_secret").values(secret).execute();
}

/** Locks the key. @returns false when there is none that could still be used */
export async function lockUsableKey(tx: WriteTransaction, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom("api_key")
    .select("revoked_at")
    .where("id", "=", id as KeyId)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined && row.revoked_at === null;
}

export type Rotation = Readonly<{ secret: SecretRow; overlapEndsAt: Date; expiresAt: Date }>;

/** The newest secret before counts until the overlap ends, older ones no more. */
export async function replaceSecret(
  tx: WriteTransaction,
  { secret, overlapEndsAt, expiresAt }: Rotation,
): Promise<void> {
  const { key_id, created_at: now } = secret;
  await tx
    .deleteFrom("api_key_secret")
    .where("key_id", "=", key_id)
    .where((is) => is.or([is("ends_at", "is not", null), is.val(overlapEndsAt <= now)]))
    .execute();
  await tx.updateTable("api_key_secret").set({ ends_at: overlapEndsAt }).where("key_id", "=", key_id).execute();
  await tx.insertInto("api_key_secret").values(secret).execute();
  await tx.updateTable("api_key").set({ rotated_at: now, expires_at: expiresAt }).where("id", "=", key_id).execute();
}

/** `person`: their own and those of service accounts they own. */
type Whose = Readonly<{ key: string } | { person: string } | { service: string }>;

/** Ends keys that are not ended yet. @returns their ids */
export async function revokeKeys(tx: WriteTransaction, whose: Whose, now: Date): Promise<readonly KeyId[]> {
  const all = tx.updateTable("api_key").set({ revoked_at: now }).where("revoked_at", "is", null).returning("id");
  const ownedBy = (id: SubjectId) => tx.selectFrom("service_account").select("id").where("owner_id", "=", id);
  const those =
    "key" in whose
      ? all.where("id", "=", whose.key as KeyId)
      : "person" in whose
        ? all.where((is) =>
            is.or([
              is("subject_id", "=", whose.person as SubjectId),
              is("service_id", "in", ownedBy(whose.person as SubjectId)),
            ]),
          )
        : all.where("service_id", "=", whose.service as ServiceAccountId);
  return (await those.execute()).map((row) => row.id);
}

export type Use = Readonly<{ id: KeyId; at: Date; from: string }>;

export async function touchKey(tx: WriteTransaction, { id, at, from }: Use): Promise<void> {
  await tx.updateTable("api_key").set({ last_used_at: at, last_used_from: from }).where("id", "=", id).execute();
}

export type OwnedService = ServiceRow & Readonly<{ owner_name: string; owner_active: boolean }>;

function services(db: ReadDatabase) {
  return db
    .selectFrom("service_account as service")
    .innerJoin("subject as owner", "owner.id", "service.owner_id")
    .select(["service.id", "service.name", "service.about", "service.owner_id", "service.active", "service.created_at"])
    .select(["owner.name as owner_name", "owner.active as owner_active"]);
}

export async function listServices(db: ReadDatabase): Promise<readonly OwnedService[]> {
  return await services(db).orderBy("service.name_key").limit(1_000).execute();
}

export async function findService(db: ReadDatabase, id: string): Promise<OwnedService | undefined> {
  return await services(db)
    .where("service.id", "=", id as ServiceAccountId)
    .executeTakeFirst();
}

/** @returns false when the name is taken */
export async function insertService(tx: WriteTransaction, row: ServiceRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("service_account")
    .values({ ...row, name_key: row.name.normalize("NFKC").toLowerCase() })
    .onConflict((conflict) => conflict.column("name_key").doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export async function updateService(
  tx: WriteTransaction,
  { id, owner_id, active }: Pick<ServiceRow, "id" | "owner_id" | "active">,
): Promise<void> {
  await tx.updateTable("service_account").set({ owner_id, active }).where("id", "=", id).execute();
}

export async function countActiveServices(db: ReadDatabase): Promise<number> {
  const row = await db
    .selectFrom("service_account")
    .select((is) => is.fn.countAll<number>().as("count"))
    .where("active", "=", true)
    .executeTakeFirstOrThrow();
  return row.count;
}
