import type { RetentionLine, RetentionRun } from "@tyr/contract";
import type { ColumnType } from "kysely";
import { readPage, type Page, type ReadDatabase, type WriteTransaction } from "#platform/database";

type RunRow = Readonly<{
  id: string;
  started_at: Date;
  ended_at: Date;
  actor_kind: string;
  actor_id: string;
  reason: string;
  items: RetentionLine[];
  failed: string | null;
}>;

declare module "#platform/tables" {
  interface Tables {
    retention_run: Omit<RunRow, "items"> & { items: ColumnType<RetentionLine[], string> };
  }
}

function viewOf(row: RunRow): RetentionRun {
  const { id, started_at, ended_at, actor_kind, actor_id, reason, items, failed } = row;
  return {
    id: id as RetentionRun["id"],
    startedAt: started_at.toISOString(),
    endedAt: ended_at.toISOString(),
    by: { kind: actor_kind, id: actor_id },
    reason,
    items,
    failed,
  };
}

export async function insertRun(tx: WriteTransaction, run: RetentionRun): Promise<void> {
  const { id, startedAt, endedAt, by, reason, items, failed } = run;
  await tx
    .insertInto("retention_run")
    .values({
      id,
      started_at: new Date(startedAt),
      ended_at: new Date(endedAt),
      actor_kind: by.kind,
      actor_id: by.id,
      reason,
      items: JSON.stringify(items),
      failed,
    })
    .execute();
}

/** Newest first: ids rise with time. */
export async function listRuns(
  db: ReadDatabase,
  page: Readonly<{ before: string | undefined; limit: number }>,
): Promise<Page<RetentionRun, string>> {
  const found = await readPage(db.selectFrom("retention_run").selectAll(), "id", page);
  return { rows: found.rows.map(viewOf), next: found.next };
}

/** When the day's run was last begun; undefined when there was none yet. */
export async function lastDailyRun(db: ReadDatabase): Promise<Date | undefined> {
  const row = await db
    .selectFrom("retention_run")
    .select("started_at")
    .where("actor_kind", "=", "system")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.started_at;
}
