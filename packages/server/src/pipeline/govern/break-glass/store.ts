import type { ActionId, Actor, BreakGlassId, BreakGlassVerdict, SubjectId } from "@tyr/contract";
import type { Insertable, JSONColumnType, Selectable } from "kysely";
import { readPage, type Page, type PageBefore, type ReadDatabase, type WriteTransaction } from "#platform/database";
import type { Evidence as SignedEvidence } from "../signatures/evidence.ts";
import type { ActionRow } from "../store.ts";

type BreakGlassTable = {
  id: BreakGlassId;
  action_id: ActionId;
  revision: number;
  subject_id: SubjectId;
  actor: JSONColumnType<Actor>;
  reason: string;
  request_digest: string;
  dry_run_digest: string;
  at: Date;
  reviewer_id: SubjectId | null;
  reviewer: JSONColumnType<Actor | null, string | null, string | null>;
  reviewed_at: Date | null;
  verdict: BreakGlassVerdict | null;
  review: string | null;
  /** What its person signed; null in what was used before that was kept, and lets nothing run. */
  statement: string | null;
  statement_digest: string | null;
  signature: JSONColumnType<SignedEvidence | null, string | null, string | null>;
  key_id: string | null;
};
export type BreakGlassRow = Selectable<BreakGlassTable>;

declare module "#platform/tables" {
  interface Tables {
    break_glass: BreakGlassTable;
  }
}

export async function insertBreakGlass(tx: WriteTransaction, row: Insertable<BreakGlassTable>): Promise<void> {
  await tx.insertInto("break_glass").values(row).execute();
}

/** Whether somebody used break-glass and nobody reviewed that yet. */
export async function owesReview(db: ReadDatabase, subjectId: string): Promise<boolean> {
  const row = await db
    .selectFrom("break_glass")
    .select("id")
    .where("subject_id", "=", subjectId as SubjectId)
    .where("reviewed_at", "is", null)
    .executeTakeFirst();
  return row !== undefined;
}

/** The use that holds for exactly this request and dry run; undefined: it waits for approvals like any other. */
export async function findBroken(
  db: ReadDatabase,
  { id, revision, request_digest, dry_run }: Pick<ActionRow, "id" | "revision" | "request_digest" | "dry_run">,
): Promise<BreakGlassRow | undefined> {
  return await db
    .selectFrom("break_glass")
    .selectAll()
    .where("action_id", "=", id)
    .where("revision", "=", revision)
    .where("request_digest", "=", request_digest)
    .where("dry_run_digest", "=", dry_run?.digest ?? "")
    .orderBy("at", "desc")
    .executeTakeFirst();
}

/** The newest use of each of these actions. */
export async function listBroken(db: ReadDatabase, actionIds: readonly ActionId[]): Promise<readonly BreakGlassRow[]> {
  if (actionIds.length === 0) return [];
  return await db
    .selectFrom("break_glass")
    .selectAll()
    .distinctOn("action_id")
    .where("action_id", "in", [...actionIds])
    .orderBy("action_id")
    .orderBy("at", "desc")
    .execute();
}

/** The row, held: one review of it. */
export async function lockBreakGlass(tx: WriteTransaction, id: BreakGlassId): Promise<BreakGlassRow | undefined> {
  return await tx.selectFrom("break_glass").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

export type Reviewed = Readonly<{ reviewer: Actor; at: Date; verdict: BreakGlassVerdict; text: string }>;

export async function storeReview(
  tx: WriteTransaction,
  id: BreakGlassId,
  { reviewer, at, verdict, text }: Reviewed,
): Promise<BreakGlassRow> {
  return await tx
    .updateTable("break_glass")
    .set({
      reviewer_id: reviewer.id as SubjectId,
      reviewer: JSON.stringify(reviewer),
      reviewed_at: at,
      verdict,
      review: text,
    })
    .where("id", "=", id)
    .where("reviewed_at", "is", null)
    .returningAll()
    .executeTakeFirstOrThrow();
}

type ListedRow = BreakGlassRow & Readonly<{ type: string; target: string; state: string }>;

export type OwedReview = Readonly<{ id: BreakGlassId; actionId: ActionId; at: Date }>;

/** Uses from before an instant that nobody reviewed yet; whoever used it breaks no other glass, so they are few. */
export async function listOwedReviews(db: ReadDatabase, before: Date): Promise<readonly OwedReview[]> {
  return await db
    .selectFrom("break_glass")
    .select(["id", "action_id as actionId", "at"])
    .where("reviewed_at", "is", null)
    .where("at", "<=", before)
    .orderBy("id")
    .execute();
}

/** Newest first, each with its action as it is now. */
export async function listUses(
  db: ReadDatabase,
  { owed, ...page }: PageBefore<BreakGlassId> & Readonly<{ owed: boolean }>,
): Promise<Page<ListedRow, BreakGlassId>> {
  let query = db
    .selectFrom(
      db
        .selectFrom("break_glass")
        .innerJoin("action", "action.id", "break_glass.action_id")
        .selectAll("break_glass")
        .select(["action.type", "action.target", "action.state"])
        .as("use"),
    )
    .selectAll();
  if (owed) query = query.where("reviewed_at", "is", null);
  return await readPage(query, "id", page);
}
