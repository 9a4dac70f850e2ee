import { refuse, type ActionId } from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { behalfOf } from "./delegations/standing.ts";
import { lookFor } from "./look-for.ts";
import type { Situation } from "./machine/guards.ts";
import { closesFirst } from "./machine/events-of.ts";
import { refusedByState, refusedMove, type MoveName } from "./machine/moves.ts";
import { moveAction, refuseMove } from "./move-action.ts";
import type { By, Room, Settled } from "./room.ts";
import { listApprovals, listAuthors, lockAction, type ActionRow } from "./store.ts";
import type { Weighed } from "./weigh.ts";

/** An action held until the transaction ends, with everything its guards looked at. */
export type Held = Situation & Readonly<{ weighed?: Weighed }>;

export type WantedMove = Readonly<{
  id: ActionId;
  by: By;
  move: MoveName;
  /** What somebody who decides says they saw. */
  shown?: Situation["shown"];
  /** The delegation by which they say they act. */
  delegation?: string | undefined;
  /** Asks policy, where a guard looks at its answer. */
  weigh?(row: ActionRow): Promise<Weighed>;
}>;

async function readSituation(
  room: Room,
  tx: WriteTransaction,
  { row, wanted }: Readonly<{ row: ActionRow; wanted: WantedMove }>,
): Promise<Held> {
  const { by, move, shown, weigh, delegation } = wanted;
  const weighed = await weigh?.(row);
  const now = room.clock.now();
  const authors = new Set((await listAuthors(tx, [row.id])).map(({ id }) => id));
  return {
    action: row,
    by,
    now,
    approvals: await listApprovals(tx, [row.id]),
    authors,
    ...(await lookFor(move, { room, tx, row, by, now, authors, decision: weighed?.decision })),
    ...(delegation === undefined ? {} : { behalf: await behalfOf(room, tx, { by, delegation }) }),
    ...(shown === undefined ? {} : { shown }),
    ...(weighed === undefined ? {} : { weighed, decision: weighed.decision }),
  };
}

/** Past its deadline nothing is decided any more; the first who notices closes it. */
async function closeOverdue(tx: WriteTransaction, { action, by, now }: Held): Promise<Settled<ActionRow>> {
  const { fact } = await moveAction(tx, action, { event: "pass_deadline", by, at: now });
  const detail = `its deadline was ${action.deadline_at?.toISOString() ?? "before"}: ask for it again`;
  return { answer: refuse("ACTION_TRANSITION_REFUSED", detail, { state: "expired", legal: [] }), facts: [fact] };
}

/**
 * Holds the action for one move and does `work` when its state and every guard of the move allow it; else refuses, and
 * logs that. Refusals: `NOT_FOUND`, `ACTION_TRANSITION_REFUSED`, those of the guards.
 */
export async function withMove(
  room: Room,
  tx: WriteTransaction,
  { work, ...wanted }: WantedMove & Readonly<{ work(held: Held): Promise<Settled<ActionRow>> }>,
): Promise<Settled<ActionRow>> {
  const { id, by, move } = wanted;
  const row = await lockAction(tx, id);
  if (row === undefined) return { answer: refuse("NOT_FOUND", `there is no action ${id}`), facts: [] };
  const impossible = refusedByState(row.state, move);
  if (impossible !== undefined) return refuseMove(row, by, { move, refused: impossible });
  const held = await readSituation(room, tx, { row, wanted });
  const refused = refusedMove(move, held);
  if (refused !== undefined) return refuseMove(row, by, { move, refused });
  return closesFirst(row, { move, now: held.now }) ? await closeOverdue(tx, held) : await work(held);
}
