import type { ActionRow, ApprovalRow } from "../store.ts";
import type { By } from "../room.ts";
import { isOffered, legalMoves, type MoveName } from "./moves.ts";

type Reading = Readonly<{
  approvals: readonly ApprovalRow[];
  authors: ReadonlySet<string>;
  asker: By | undefined;
  now: Date;
  ownApprovalDelayMs: number | undefined;
}>;

/**
 * What this person may ask for now: the state's moves, without those that would be refused to them. Without an asker,
 * the state's. A hint for screens: each move checks again.
 */
export function movesOf(
  action: ActionRow,
  { asker, ownApprovalDelayMs: delay, ...read }: Reading,
): readonly MoveName[] {
  const moves = legalMoves(action.state);
  return asker === undefined
    ? moves
    : moves.filter((name) =>
        isOffered(name, { action, by: asker, ...read, ...(delay === undefined ? {} : { ownApprovalDelayMs: delay }) }),
      );
}
