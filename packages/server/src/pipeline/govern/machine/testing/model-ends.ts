import { moveFact } from "../../move-action.ts";
import { UNSTARTED_STATES } from "../transitions.ts";
import type { Way } from "./model-steps.ts";
import { BY_CLOCK, move, type Lent, type Tracked, type World } from "./model-world.ts";

// What ends what somebody approved: themselves, their key, their account, what they were lent.

export function takeBack(world: World, action: Tracked, whose: string): void {
  const at = new Date(world.now);
  action.approvals = action.approvals.map((one) =>
    one.subject_id === whose && one.withdrawn_at === null ? { ...one, withdrawn_at: at } : one,
  );
  action.given.delete(whose);
  action.everGiven.delete(whose);
}

/** As `withdrawApprovals` does it, in every state before it runs. What is no more than tried stays as it is. */
function endApproval(world: World, action: Tracked, whose: string): void {
  const { state } = action.row;
  if (!action.everGiven.has(whose) || !UNSTARTED.has(state)) return;
  takeBack(world, action, whose);
  const by = BY_CLOCK;
  if (world.product.next(state, "withdraw") !== undefined) return move(world, action, { event: "withdraw", by });
  world.happened.facts.push(moveFact(action.row, { event: "withdraw", from: state, by }));
}
const UNSTARTED: ReadonlySet<string> = new Set(UNSTARTED_STATES);

/** Ends what was lent, with what was approved by it and waits: as `endOne` does it. */
export function endLoan(world: World, loan: Lent): void {
  loan.ended = true;
  for (const action of world.actions) {
    const whose = [...action.given].find(([, { lent }]) => lent === loan)?.[0];
    if (whose !== undefined) endApproval(world, action, whose);
  }
}

/** What somebody signed with a key that ends, wherever it is: as `withdrawSigned` does it. */
export const endKey = (world: World, { who }: Way): void =>
  world.actions.forEach((action) => endApproval(world, action, who.id));

/** As `standingOf` does it, in the transaction that disables the account. */
export function disable(world: World, { who }: Way): void {
  who.active = false;
  for (const action of world.actions) {
    if (action.row.requester_id === who.id && UNSTARTED.has(action.row.state))
      move(world, action, { event: "cancel", by: BY_CLOCK });
    endApproval(world, action, who.id);
  }
  for (const loan of world.lent) if (!loan.ended && (loan.from === who || loan.to === who)) endLoan(world, loan);
}
