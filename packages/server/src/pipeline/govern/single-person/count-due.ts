import { ok } from "@tyr/contract";
import { disown } from "../believe-approvals.ts";
import { decisionDetails } from "../draft-action.ts";
import { dueEvent, isOverdue } from "../machine/events-of.ts";
import { announce, moveAction } from "../move-action.ts";
import { settle, SYSTEM, type Room } from "../room.ts";
import { insertDecision, lockAction, type ActionRow } from "../store.ts";
import { weighApprovals } from "../weigh-approvals.ts";
import { listDueOwn } from "./store.ts";

const BATCH = 100;

async function countOne(room: Room, id: ActionRow["id"]): Promise<void> {
  const counted = await settle<ActionRow | undefined>(room.db, async (tx) => {
    const row = await lockAction(tx, id);
    const at = room.clock.now();
    if (row === undefined || row.state !== "pending" || isOverdue(row, at)) return { answer: ok(undefined), facts: [] };
    const { weighed, disbelieved } = await weighApprovals(room, tx, row);
    const facts = await disown(tx, { row, by: SYSTEM, at, disbelieved });
    const event = dueEvent(weighed.decision);
    if (event === undefined) return { answer: ok(undefined), facts };
    await insertDecision(tx, { actionId: id, step: "approve", ...weighed });
    const moved = await moveAction(tx, row, { event, by: SYSTEM, at, details: decisionDetails(weighed) });
    return { answer: ok(moved.row), facts: [...facts, moved.fact] };
  });
  if (counted.ok && counted.value !== undefined) announce(room.bus, counted.value);
}

/** Counts own approvals whose delay passed. Driven by rows, so a restart forgets none. */
export async function countDueApprovals(room: Room): Promise<void> {
  for (let after = ""; ;) {
    const due = await listDueOwn(room.db.read, { now: room.clock.now(), after, limit: BATCH });
    for (const { id } of due) await countOne(room, id);
    const last = due.at(-1);
    if (last === undefined || due.length < BATCH) return;
    after = last.id;
  }
}
