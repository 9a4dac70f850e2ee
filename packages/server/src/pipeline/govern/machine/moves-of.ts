import type { Behalf, Standing } from "../delegations/standing.ts";
import type { By } from "../room.ts";
import type { ActionRow, ApprovalRow } from "../store.ts";
import { isOffered, legalMoves, type MoveName } from "./moves.ts";

type Reading = Readonly<{
  approvals: readonly ApprovalRow[];
  authors: ReadonlySet<string>;
  asker: By | undefined;
  now: Date;
  ownApprovalDelayMs: number | undefined;
  /** All that hold now. */
  standings: readonly Standing[];
}>;

/** What may be done in somebody's place. */
const LENT: readonly MoveName[] = ["approve", "reject"];

export type Offered = Readonly<{
  moves: readonly MoveName[];
  /** By which of them whoever reads could decide. */
  standings: readonly Standing[];
}>;

/**
 * What this person may ask for now: the state's moves, without those that would be refused to them. Without an asker,
 * the state's. A hint for screens: each move checks again.
 */
export function movesOf(
  action: ActionRow,
  { asker, ownApprovalDelayMs: delay, standings: all, ...read }: Reading,
): Offered {
  const moves = legalMoves(action.state);
  if (asker === undefined) return { moves, standings: [] };
  const situation = {
    action,
    by: asker,
    ...read,
    ...(delay === undefined ? {} : { ownApprovalDelayMs: delay }),
  };
  const lent = (standing: Standing, name: MoveName): boolean => {
    const behalf: Behalf = { id: standing.id, standing };
    return LENT.includes(name) && isOffered(name, { ...situation, behalf });
  };
  const standings = all.filter((one) => one.to === asker.actor.id && LENT.some((name) => lent(one, name)));
  return {
    moves: moves.filter((name) => isOffered(name, situation) || standings.some((one) => lent(one, name))),
    standings,
  };
}
