import type { ActionId } from "@tyr/contract";
import { sql } from "kysely";
import type { ReadDatabase } from "#platform/database";

export type NearDeadline = Readonly<{ id: ActionId; deadlineAt: Date }>;

/**
 * Actions that wait for approvals and will not for long: half an hour is left, or a quarter of the time they had where that
 * is less.
 */
export async function nearDeadline(db: ReadDatabase, now: Date): Promise<readonly NearDeadline[]> {
  const rows = await db
    .selectFrom("action")
    .select(["id", "deadline_at"])
    .where("state", "=", "pending")
    .where("deadline_at", ">", now)
    .where(
      sql<boolean>`deadline_at - ${now}::timestamptz <= least(interval '30 minutes', (deadline_at - submitted_at) / 4)`,
    )
    .orderBy("deadline_at")
    .orderBy("id")
    .execute();
  return rows.flatMap(({ id, deadline_at: deadlineAt }) => (deadlineAt === null ? [] : [{ id, deadlineAt }]));
}
