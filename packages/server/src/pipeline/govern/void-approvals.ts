import type { Fact, WriteTransaction } from "#platform/database";
import { moveAction } from "./move-action.ts";
import type { By } from "./room.ts";
import { withdrawApproval, type ActionRow, type ApprovalRow } from "./store.ts";

type Voiding = Readonly<{ approvals: readonly ApprovalRow[]; by: By; at: Date; note: string }>;
export type Voided = Readonly<{ row: ActionRow; facts: readonly Fact[] }>;

/**
 * Takes back what people approved and is no longer theirs to carry: a dry run that failed, a question that asks for more.
 * One entry each, so that the log alone says who has to be asked again. The action is held by the caller, and waits.
 */
export async function voidApprovals(tx: WriteTransaction, row: ActionRow, voiding: Voiding): Promise<Voided> {
  const { approvals, by, at, note } = voiding;
  const facts: Fact[] = [];
  let held = row;
  for (const { id, subject_id } of approvals) {
    await withdrawApproval(tx, id, at);
    const moved = await moveAction(tx, held, { event: "withdraw", by, at, note, details: { approved_by: subject_id } });
    held = moved.row;
    facts.push(moved.fact);
  }
  return { row: held, facts };
}
