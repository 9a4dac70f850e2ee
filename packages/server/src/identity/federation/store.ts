import type { SessionId, SubjectId } from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Claims } from "./provider.ts";

export type Link = Readonly<{
  issuer: string;
  subject: string;
  subject_id: SubjectId;
  linked_at: Date;
  last_used_at: Date | null;
}>;
export type Flow = Readonly<{
  seed_hash: Uint8Array;
  provider: string;
  max_age_seconds: number;
  expires_at: Date;
  session_id: SessionId | null;
}>;
export type FederatedSession = Readonly<{
  session_id: SessionId;
  issuer: string;
  subject: string;
  provider_session: string | null;
}>;

declare module "#platform/tables" {
  interface Tables {
    federated_identity: Link;
    federation_flow: Flow;
    federated_session: FederatedSession;
    federation_settings: { only_row: number; digest: string };
  }
}

/** Also forgets flows that nobody ended in time. */
export async function insertFlow(tx: WriteTransaction, flow: Flow, now: Date): Promise<void> {
  await tx.deleteFrom("federation_flow").where("expires_at", "<=", now).execute();
  await tx.insertInto("federation_flow").values(flow).execute();
}

/** Takes a flow away: the second answer finds none. */
export async function takeFlow(tx: WriteTransaction, seedHash: Uint8Array): Promise<Flow | undefined> {
  return await tx.deleteFrom("federation_flow").where("seed_hash", "=", seedHash).returningAll().executeTakeFirst();
}

type Place = Pick<Link, "issuer" | "subject">;

export async function findLink(db: ReadDatabase, { issuer, subject }: Place): Promise<Link | undefined> {
  return await db
    .selectFrom("federated_identity")
    .selectAll()
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .executeTakeFirst();
}

export async function listLinks(db: ReadDatabase, subjectId: string): Promise<readonly Link[]> {
  return await db
    .selectFrom("federated_identity")
    .selectAll()
    .where("subject_id", "=", subjectId as SubjectId)
    .orderBy("linked_at")
    .limit(100)
    .execute();
}

/** @returns false when that person of the provider is somebody here already */
export async function insertLink(tx: WriteTransaction, link: Link): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("federated_identity")
    .values(link)
    .onConflict((conflict) => conflict.columns(["issuer", "subject"]).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export async function touchLink(tx: WriteTransaction, { issuer, subject }: Place, now: Date): Promise<void> {
  await tx
    .updateTable("federated_identity")
    .set({ last_used_at: now })
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .execute();
}

/** @returns the links of somebody at one issuer that were there */
export async function deleteLinks(tx: WriteTransaction, subjectId: string, issuer: string): Promise<readonly Link[]> {
  return await tx
    .deleteFrom("federated_identity")
    .where("subject_id", "=", subjectId as SubjectId)
    .where("issuer", "=", issuer)
    .returningAll()
    .execute();
}

/** Remembers where a session came from, or was proved when it came from nowhere else, so that the provider can end it. */
export async function putFederatedSession(
  tx: WriteTransaction,
  session_id: SessionId,
  { iss: issuer, sub: subject, sid }: Claims,
): Promise<void> {
  const provider_session = typeof sid === "string" && sid.length <= 255 ? sid : null;
  const from = { issuer, subject, provider_session };
  await tx
    .insertInto("federated_session")
    .values({ session_id, ...from })
    .onConflict((conflict) => conflict.column("session_id").doUpdateSet(from))
    .execute();
}

export async function findFederatedSession(db: ReadDatabase, id: string): Promise<FederatedSession | undefined> {
  return await db
    .selectFrom("federated_session")
    .selectAll()
    .where("session_id", "=", id as SessionId)
    .executeTakeFirst();
}

/** `subject` and `provider_session`: one of them, or both, as the provider names what ended. */
export type Ended = Readonly<{
  issuer: string;
  subject: string | undefined;
  providerSession: string | undefined;
  before: Date;
}>;

/** Ends the sessions that came from there up to a moment: an old message ends nothing newer. @returns their ids and owners */
export async function endFederatedSessions(
  tx: WriteTransaction,
  { issuer, subject, providerSession, before }: Ended,
): Promise<readonly Readonly<{ id: SessionId; subject_id: SubjectId }>[]> {
  let found = tx.selectFrom("federated_session").select("session_id").where("issuer", "=", issuer);
  if (subject !== undefined) found = found.where("subject", "=", subject);
  if (providerSession !== undefined) found = found.where("provider_session", "=", providerSession);
  return await tx
    .deleteFrom("session")
    .where("id", "in", found)
    .where("created_at", "<=", before)
    .returning(["id", "subject_id"])
    .execute();
}

/** @returns false when the settings are those of the last start, or there never were any */
export async function keepDigest(tx: WriteTransaction, digest: string, isEmpty: boolean): Promise<boolean> {
  const kept = await tx.selectFrom("federation_settings").select("digest").executeTakeFirst();
  if (kept?.digest === digest || (kept === undefined && isEmpty)) return false;
  await tx
    .insertInto("federation_settings")
    .values({ only_row: 1, digest })
    .onConflict((conflict) => conflict.column("only_row").doUpdateSet({ digest }))
    .execute();
  return true;
}
