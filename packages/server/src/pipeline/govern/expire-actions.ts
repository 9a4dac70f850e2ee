import { ok } from "@tyr/contract";
import { announce, moveAction } from "./move-action.ts";
import { isOverdue } from "./machine/events-of.ts";
import { next } from "./machine/transitions.ts";
import { settle, SYSTEM, type Room } from "./room.ts";
import { listOverdue, lockAction, type ActionRow } from "./store.ts";

const BATCH = 100;

/**
 * Closes what nobody decided in time. Driven by rows, so a restart forgets none.
 *
 * @returns true when there may be more
 */
export async function expireOverdue(room: Room): Promise<boolean> {
  const now = room.clock.now();
  const overdue = await listOverdue(room.db.read, now, BATCH);
  for (const { id } of overdue) {
    const expired = await settle<ActionRow | undefined>(room.db, async (tx) => {
      const row = await lockAction(tx, id);
      if (row === undefined || !isOverdue(row, now) || next(row.state, "pass_deadline") === undefined)
        return { answer: ok(undefined), facts: [] };
      const moved = await moveAction(tx, row, { event: "pass_deadline", by: SYSTEM, at: now });
      return { answer: ok(moved.row), facts: [moved.fact] };
    });
    if (expired.ok && expired.value !== undefined) announce(room.bus, expired.value);
  }
  return overdue.length === BATCH;
}
