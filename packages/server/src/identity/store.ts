import { sql, type Generated } from "kysely";
import type { Role, SessionId, SubjectId } from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { delayAfter, FAILURES_KEPT_MS, FAILURES_MAX } from "./login-delay.ts";
import { NO_PASSWORD } from "./password-hash.ts";
import { SESSION_IDLE_MS } from "./session-rules.ts";

export type SubjectRow = Readonly<{
  id: SubjectId;
  name: string;
  password: string;
  /** It has 15 characters or more. */
  password_stands_alone: boolean;
  /** Somebody else chose it: until when it opens the account, for choosing another. null: its owner did. */
  password_until: Date | null;
  roles: readonly Role[];
  active: boolean;
  created_at: Date;
  last_seen_at: Date | null;
}>;
/** What was erased stays so: its id says who did what, and nobody becomes it again. */
export function isErased({ password }: Pick<SubjectRow, "password">): boolean {
  return password === NO_PASSWORD;
}

export type SessionRow = Readonly<{
  id: SessionId;
  subject_id: SubjectId;
  created_at: Date;
  last_seen_at: Date;
  expires_at: Date;
  user_agent: string | null;
  address: string | null;
  /** How and when last whoever holds it proved who they are. */
  factor: string;
  proved_at: Date;
}>;

declare module "#platform/tables" {
  interface Tables {
    subject: Omit<SubjectRow, "roles"> & { name_key: string; roles: unknown; closed_here: Generated<boolean> };
    session: SessionRow & { token_hash: Uint8Array };
    login_delay: { name_hash: Uint8Array; failures: number; not_before: Date; updated_at: Date };
  }
}

/** Making and changing administrators happens one at a time. Any constant does. */
const ADMINISTRATORS_LOCK = 8_970_002;
const SUBJECT = [
  "subject.id",
  "subject.name",
  "subject.password",
  "subject.password_stands_alone",
  "subject.password_until",
  "subject.roles",
  "subject.active",
  "subject.created_at",
  "subject.last_seen_at",
] as const;
const SESSION = [
  "id",
  "subject_id",
  "created_at",
  "last_seen_at",
  "expires_at",
  "user_agent",
  "address",
  "factor",
  "proved_at",
] as const;

export function nameKey(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

function toSubject(row: Omit<SubjectRow, "roles"> & { roles: unknown }): SubjectRow {
  return { ...row, roles: row.roles as readonly Role[] };
}

export async function lockAdministrators(tx: WriteTransaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(ADMINISTRATORS_LOCK)})`.execute(tx);
}

/** Administrators, active ones only if asked. */
export async function countAdministrators(db: ReadDatabase, only: "all" | "active"): Promise<number> {
  let query = db
    .selectFrom("subject")
    .select((is) => is.fn.countAll<number>().as("count"))
    .where(sql<boolean>`roles @> '["admin"]'::jsonb`);
  if (only === "active") query = query.where("active", "=", true);
  return (await query.executeTakeFirstOrThrow()).count;
}

export async function listSubjects(db: ReadDatabase): Promise<readonly SubjectRow[]> {
  const rows = await db.selectFrom("subject").select(SUBJECT).orderBy("name_key").limit(1_000).execute();
  return rows.map(toSubject);
}

export async function findSubject(db: ReadDatabase, id: string): Promise<SubjectRow | undefined> {
  const row = await db
    .selectFrom("subject")
    .select(SUBJECT)
    .where("id", "=", id as SubjectId)
    .executeTakeFirst();
  return row === undefined ? undefined : toSubject(row);
}

export async function findSubjectByName(db: ReadDatabase, name: string): Promise<SubjectRow | undefined> {
  const row = await db.selectFrom("subject").select(SUBJECT).where("name_key", "=", nameKey(name)).executeTakeFirst();
  return row === undefined ? undefined : toSubject(row);
}

/** @returns false when the name is taken */
export async function insertSubject(tx: WriteTransaction, subject: SubjectRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("subject")
    .values({ ...subject, name_key: nameKey(subject.name), roles: JSON.stringify(subject.roles) })
    .onConflict((conflict) => conflict.column("name_key").doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** @param subject with `closedHere` when a person closes the account (true) or opens it (false); left out: as it was */
export async function updateSubject(
  tx: WriteTransaction,
  {
    id,
    roles,
    active,
    closedHere,
  }: Pick<SubjectRow, "id" | "roles" | "active"> & Readonly<{ closedHere?: boolean | undefined }>,
): Promise<void> {
  const closed = closedHere === undefined ? {} : { closed_here: closedHere };
  await tx
    .updateTable("subject")
    .set({ roles: JSON.stringify(roles), active, ...closed })
    .where("id", "=", id)
    .execute();
}

/** Whether a person closed the account here. */
export async function isClosedHere(db: ReadDatabase, id: SubjectId): Promise<boolean> {
  const row = await db.selectFrom("subject").select("closed_here").where("id", "=", id).executeTakeFirst();
  return row?.closed_here === true;
}

export async function setPassword(
  tx: WriteTransaction,
  { id, ...set }: Pick<SubjectRow, "id" | "password" | "password_stands_alone" | "password_until">,
): Promise<void> {
  const { password, password_stands_alone, password_until } = set;
  await tx
    .updateTable("subject")
    .set({ password, password_stands_alone, password_until })
    .where("id", "=", id)
    .execute();
}

/**
 * Locks the row, so that proving who one is and changing what proves it happen one after the other.
 *
 * @returns undefined when the account was disabled, or its password changed, since it was read
 */
export async function lockUnchanged(tx: WriteTransaction, seen: SubjectRow): Promise<SubjectRow | undefined> {
  const row = await tx.selectFrom("subject").select(SUBJECT).where("id", "=", seen.id).forUpdate().executeTakeFirst();
  return row?.active === true && row.password === seen.password ? toSubject(row) : undefined;
}

/** Locks the row, so that making a credential and disabling its owner happen one after the other. @returns whether they may have one */
export async function lockActiveSubject(tx: WriteTransaction, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom("subject")
    .select("active")
    .where("id", "=", id as SubjectId)
    .forUpdate()
    .executeTakeFirst();
  return row?.active === true;
}

export async function insertSession(tx: WriteTransaction, row: SessionRow & { token_hash: Uint8Array }): Promise<void> {
  await tx.insertInto("session").values(row).execute();
  await tx.updateTable("subject").set({ last_seen_at: row.created_at }).where("id", "=", row.subject_id).execute();
}

/** Sessions that nobody can use any more. */
export async function forgetDeadSessions(tx: WriteTransaction, now: Date): Promise<void> {
  const idleSince = new Date(now.getTime() - SESSION_IDLE_MS);
  await tx
    .deleteFrom("session")
    .where((is) => is.or([is("expires_at", "<=", now), is("last_seen_at", "<=", idleSince)]))
    .execute();
}

export type SessionOwner = Readonly<{ session: SessionRow; subject: SubjectRow }>;
type SessionPlace = Readonly<{ token_hash: Uint8Array } | { id: string }>;

/** A session with its owner, alive or not. */
export async function findSession(db: ReadDatabase, place: SessionPlace): Promise<SessionOwner | undefined> {
  const query = db
    .selectFrom("session")
    .innerJoin("subject", "subject.id", "session.subject_id")
    .select(SUBJECT)
    .select([
      "session.id as session_id",
      "session.created_at as session_created_at",
      "session.last_seen_at as session_last_seen_at",
      "session.expires_at",
      "session.user_agent",
      "session.address",
      "session.factor",
      "session.proved_at",
    ]);
  const found =
    "id" in place
      ? query.where("session.id", "=", place.id as SessionId)
      : query.where("token_hash", "=", place.token_hash);
  const row = await found.executeTakeFirst();
  if (row === undefined) return undefined;
  const { session_id, session_created_at, session_last_seen_at, expires_at, user_agent, address, ...rest } = row;
  const { factor, proved_at, ...subject } = rest;
  const session = {
    id: session_id,
    subject_id: subject.id,
    created_at: session_created_at,
    last_seen_at: session_last_seen_at,
    expires_at,
    user_agent,
    address,
    factor,
    proved_at,
  };
  return { session, subject: toSubject(subject) };
}

export async function touchSession(tx: WriteTransaction, session: SessionRow, now: Date): Promise<void> {
  await tx.updateTable("session").set({ last_seen_at: now }).where("id", "=", session.id).execute();
  await tx.updateTable("subject").set({ last_seen_at: now }).where("id", "=", session.subject_id).execute();
}

/** The session goes on under another token, proved now. @returns false when it has ended */
export async function renewSession(
  tx: WriteTransaction,
  { id, ...renewed }: Pick<SessionRow, "id" | "factor" | "proved_at"> & { token_hash: Uint8Array },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("session")
    .set(renewed)
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** A second factor was shown in a session that a password alone opened. When it was proved stays what it was. */
export async function raiseSession(tx: WriteTransaction, id: string, factor: string): Promise<void> {
  await tx
    .updateTable("session")
    .set({ factor })
    .where("id", "=", id as SessionId)
    .where("factor", "=", "password")
    .execute();
}

/** Where sessions that are alive come from, with the roles of their owners. */
export async function listSessionPlaces(
  db: ReadDatabase,
  now: Date,
): Promise<readonly Readonly<{ address: string | null; roles: readonly Role[] }>[]> {
  const rows = await db
    .selectFrom("session")
    .innerJoin("subject", "subject.id", "session.subject_id")
    .select(["session.address", "subject.roles"])
    .where("subject.active", "=", true)
    .where("session.expires_at", ">", now)
    .where("session.last_seen_at", ">", new Date(now.getTime() - SESSION_IDLE_MS))
    .execute();
  return rows.map(({ address, roles }) => ({ address, roles: roles as readonly Role[] }));
}

export async function listSessions(db: ReadDatabase, subjectId: string): Promise<readonly SessionRow[]> {
  return await db
    .selectFrom("session")
    .select(SESSION)
    .where("subject_id", "=", subjectId as SubjectId)
    .orderBy("created_at", "desc")
    .limit(500)
    .execute();
}

/** @returns the ids of the sessions that were ended */
export async function deleteSession(tx: WriteTransaction, id: string): Promise<readonly string[]> {
  const rows = await tx
    .deleteFrom("session")
    .where("id", "=", id as SessionId)
    .returning("id")
    .execute();
  return rows.map((row) => row.id);
}

/** Ends one session of somebody. @returns false when they have no such session */
export async function deleteSessionOf(tx: WriteTransaction, subjectId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom("session")
    .where("id", "=", id as SessionId)
    .where("subject_id", "=", subjectId as SubjectId)
    .executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}

/** Ends all sessions of somebody, but perhaps one. @returns their ids */
export async function deleteSessionsOf(
  tx: WriteTransaction,
  subjectId: string,
  except: string | undefined,
): Promise<readonly string[]> {
  let query = tx.deleteFrom("session").where("subject_id", "=", subjectId as SubjectId);
  if (except !== undefined) query = query.where("id", "<>", except as SessionId);
  return (await query.returning("id").execute()).map((row) => row.id);
}

/** `isStopped`: nothing is looked at until somebody unlocks the account, or its owner signs in by passkey. */
export type Attempt = Readonly<{ failures: number; waitSeconds: number; isStopped: boolean }>;

/**
 * Counts a sign-in as failed before its password is looked at, so that a thousand at once are a thousand failures.
 * Success takes the count away again.
 *
 * @returns `isStopped`, or `waitSeconds` above 0 (too early): nothing was counted
 */
export async function takeAttempt(tx: WriteTransaction, name_hash: Uint8Array, now: Date): Promise<Attempt> {
  const forgottenBefore = new Date(now.getTime() - FAILURES_KEPT_MS);
  await tx
    .deleteFrom("login_delay")
    .where("updated_at", "<", forgottenBefore)
    .where("failures", "<", FAILURES_MAX)
    .execute();
  // One statement makes or locks the row: between two, a sign-in that succeeds could take it away.
  const row = await tx
    .insertInto("login_delay")
    .values({ name_hash, failures: 0, not_before: now, updated_at: now })
    .onConflict((conflict) => conflict.column("name_hash").doUpdateSet({ name_hash }))
    .returning(["failures", "not_before"])
    .executeTakeFirstOrThrow();
  if (row.failures >= FAILURES_MAX) return { failures: row.failures, waitSeconds: 0, isStopped: true };
  const waitMs = row.not_before.getTime() - now.getTime();
  if (waitMs > 0) return { failures: row.failures, waitSeconds: Math.ceil(waitMs / 1_000), isStopped: false };
  const failures = row.failures + 1;
  const not_before = new Date(now.getTime() + delayAfter(failures) * 1_000);
  await tx
    .updateTable("login_delay")
    .set({ failures, not_before, updated_at: now })
    .where("name_hash", "=", name_hash)
    .execute();
  return { failures, waitSeconds: 0, isStopped: false };
}

/** @returns the failures that were counted there, in the longest row of them */
export async function forgetFailures(tx: WriteTransaction, ...counters: readonly Uint8Array[]): Promise<number> {
  const rows = await tx.deleteFrom("login_delay").where("name_hash", "in", counters).returning("failures").execute();
  return Math.max(0, ...rows.map(({ failures }) => failures));
}
