import type { ReviewHeld, ReviewId, ReviewItem, ReviewItemId, Role, SubjectId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase, WriteTransaction } from "#platform/database";

export type ReviewRow = Readonly<{
  id: ReviewId;
  name: string;
  scope: "people" | "role" | "programs";
  role: string | null;
  undecided: "leave" | "revoke";
  due_at: Date;
  every_days: number | null;
  created_by: SubjectId;
  created_at: Date;
  create_request: string;
  closed_by: SubjectId | null;
  closed_at: Date | null;
  close_request: string | null;
}>;
type Decided = Readonly<{
  decision: "keep" | "revoke" | "change" | null;
  reason: string | null;
  roles: readonly Role[] | null;
  decided_by: SubjectId | null;
  decided_at: Date | null;
  /** Of what was held when it was decided: another one now, and the decision does not count. */
  decided_digest: string | null;
  decide_request: string | null;
}>;
export type ItemRow = Decided &
  Readonly<{
    id: ReviewItemId;
    review_id: ReviewId;
    kind: ReviewItem["kind"];
    target_id: string;
    held: ReviewHeld;
    digest: string;
    last_used_at: Date | null;
    outcome: ReviewItem["outcome"];
    note: string | null;
    /** What closing found; null while the campaign is open, and of what was gone. */
    found: ReviewHeld | null;
  }>;

declare module "#platform/tables" {
  interface Tables {
    access_review: ReviewRow;
    access_review_reviewer: { review_id: ReviewId; subject_id: SubjectId };
    access_review_item: Omit<ItemRow, "held" | "roles" | "found"> & { held: unknown; roles: unknown; found: unknown };
  }
}

export type NamedReview = ReviewRow &
  Readonly<{
    created_by_name: string;
    closed_by_name: string | null;
    reviewers: readonly { id: SubjectId; name: string }[];
  }>;

/** Newest first: one, or the last 200. */
export async function listReviews(db: ReadDatabase, id?: string): Promise<readonly NamedReview[]> {
  const all = db
    .selectFrom("access_review as review")
    .innerJoin("subject as creator", "creator.id", "review.created_by")
    .leftJoin("subject as closer", "closer.id", "review.closed_by")
    .selectAll("review")
    .select(["creator.name as created_by_name", "closer.name as closed_by_name"])
    .orderBy("review.id", "desc")
    .limit(200);
  const rows = await (id === undefined ? all : all.where("review.id", "=", id as ReviewId)).execute();
  if (rows.length === 0) return [];
  const reviewers = await db
    .selectFrom("access_review_reviewer as one")
    .innerJoin("subject", "subject.id", "one.subject_id")
    .select(["one.review_id", "subject.id", "subject.name"])
    .where(
      "one.review_id",
      "in",
      rows.map((row) => row.id),
    )
    .orderBy("subject.name_key")
    .execute();
  return rows.map((row) => ({
    ...row,
    reviewers: reviewers
      .filter(({ review_id }) => review_id === row.id)
      .map(({ id: who, name }) => ({ id: who, name })),
  }));
}

/** Locks the campaign: deciding and closing happen one after the other. */
export async function lockReview(tx: WriteTransaction, id: string): Promise<NamedReview | undefined> {
  await sql`select 1 from access_review where id = ${id} for update`.execute(tx);
  return (await listReviews(tx, id))[0];
}

export async function insertReview(
  tx: WriteTransaction,
  row: ReviewRow,
  { reviewers, items }: Readonly<{ reviewers: readonly SubjectId[]; items: readonly ItemRow[] }>,
): Promise<void> {
  await tx.insertInto("access_review").values(row).execute();
  await tx
    .insertInto("access_review_reviewer")
    .values(reviewers.map((subject_id) => ({ review_id: row.id, subject_id })))
    .execute();
  const rows = items.map(({ id, kind, target_id, held, digest, last_used_at }) => ({
    id,
    kind,
    target_id,
    held,
    digest,
    last_used_at: last_used_at?.toISOString() ?? null,
  }));
  await sql`insert into access_review_item (id, review_id, kind, target_id, held, digest, last_used_at)
    select id, ${row.id}, kind, target_id, held, digest, last_used_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as item(id text, kind text, target_id text, held jsonb, digest text, last_used_at timestamptz)`.execute(tx);
}

export type NamedItem = ItemRow & Readonly<{ decided_by_name: string | null }>;

export async function listItems(db: ReadDatabase, review: string): Promise<readonly NamedItem[]> {
  const rows = await db
    .selectFrom("access_review_item as item")
    .leftJoin("subject", "subject.id", "item.decided_by")
    .selectAll("item")
    .select("subject.name as decided_by_name")
    .where("item.review_id", "=", review as ReviewId)
    .orderBy("item.id")
    .execute();
  return rows.map((row) => ({
    ...row,
    held: row.held as ReviewHeld,
    roles: row.roles as readonly Role[] | null,
    found: row.found as ReviewHeld | null,
  }));
}

export async function writeDecision(tx: WriteTransaction, id: ReviewItemId, decided: Decided): Promise<void> {
  const roles = decided.roles === null ? null : JSON.stringify(decided.roles);
  await tx
    .updateTable("access_review_item")
    .set({ ...decided, roles })
    .where("id", "=", id)
    .execute();
}

export type OutcomeOf = Readonly<{ id: ReviewItemId }> & Pick<ItemRow, "outcome" | "note" | "found">;
type Closing = Readonly<{ id: ReviewId; by: SubjectId; at: Date; request: string; outcomes: readonly OutcomeOf[] }>;

export async function writeClosed(tx: WriteTransaction, { id, by, at, request, outcomes }: Closing): Promise<void> {
  await tx
    .updateTable("access_review")
    .set({ closed_by: by, closed_at: at, close_request: request })
    .where("id", "=", id)
    .execute();
  await sql`update access_review_item as item set outcome = done.outcome, note = done.note, found = done.found
    from jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb)
      as done(id text, outcome text, note text, found jsonb)
    where item.id = done.id`.execute(tx);
}

export type KeyHolding = Readonly<{
  id: string;
  name: string;
  scopes: readonly string[];
  owner_id: SubjectId;
  owner_name: string;
  service_id: string | null;
  expires_at: Date;
  last_used_at: Date | null;
}>;

/** Keys that can be used, of people and of programs. */
export async function listUsableKeys(db: ReadDatabase, now: Date): Promise<readonly KeyHolding[]> {
  const rows = await db
    .selectFrom("api_key as key")
    .leftJoin("service_account as service", "service.id", "key.service_id")
    .innerJoin("subject as owner", (join) =>
      join.on("owner.id", "=", (is) => is.fn.coalesce("key.subject_id", "service.owner_id")),
    )
    .select(["key.id", "key.name", "key.scopes", "key.service_id", "key.expires_at", "key.last_used_at"])
    .select(["owner.id as owner_id", "owner.name as owner_name"])
    .where("key.revoked_at", "is", null)
    .where("key.expires_at", ">", now)
    .orderBy("key.id")
    .execute();
  return rows.map((row) => ({ ...row, scopes: row.scopes as readonly string[] }));
}

export type ServiceHolding = Readonly<{ id: string; name: string; owner_id: SubjectId; owner_name: string }>;

export async function listActiveServices(db: ReadDatabase): Promise<readonly ServiceHolding[]> {
  return await db
    .selectFrom("service_account as service")
    .innerJoin("subject as owner", "owner.id", "service.owner_id")
    .select(["service.id", "service.name", "owner.id as owner_id", "owner.name as owner_name"])
    .where("service.active", "=", true)
    .orderBy("service.id")
    .execute();
}

/** Whether an identity provider signs this person in or provisions them: it may give roles by groups. */
export async function isOfProvider(db: ReadDatabase, id: string): Promise<boolean> {
  const linked = db
    .selectFrom("federated_identity")
    .select("subject_id")
    .where("subject_id", "=", id as SubjectId);
  const provisioned = db
    .selectFrom("scim_user")
    .select("subject_id")
    .where("subject_id", "=", id as SubjectId);
  return (await linked.unionAll(provisioned).limit(1).executeTakeFirst()) !== undefined;
}

export type PersonHolding = Readonly<{
  id: SubjectId;
  name: string;
  roles: readonly Role[];
  last_seen_at: Date | null;
}>;

export async function listActivePeople(db: ReadDatabase): Promise<readonly PersonHolding[]> {
  const rows = await db
    .selectFrom("subject")
    .select(["id", "name", "roles", "last_seen_at"])
    .where("active", "=", true)
    .orderBy("name_key")
    .execute();
  return rows.map((row) => ({ ...row, roles: row.roles as readonly Role[] }));
}

/** Names of what may not be active any more, by id, for campaigns that remember it. */
export async function namesOf(db: ReadDatabase): Promise<ReadonlyMap<string, string>> {
  const people = await db.selectFrom("subject").select(["id", "name"]).execute();
  const services = await db.selectFrom("service_account").select(["id", "name"]).execute();
  const keys = await db.selectFrom("api_key").select(["id", "name"]).execute();
  return new Map([...people, ...services, ...keys].map(({ id, name }) => [id, name]));
}
