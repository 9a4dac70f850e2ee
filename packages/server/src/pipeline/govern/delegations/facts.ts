import type { Role } from "@tyr/contract";
import type { Fact } from "#platform/database";
import type { Moved } from "../move-action.ts";
import type { By } from "../room.ts";
import type { DelegationRow } from "./store.ts";

/** With what was approved under it and counts no more. */
export type EndedDelegation = Readonly<{ row: DelegationRow; moves: readonly Moved[] }>;

const about = ({ id }: DelegationRow, by: By) => ({
  actor: by.actor,
  object: { kind: "delegation", id },
  requestId: by.requestId,
});

/** Everything somebody needs who checks by the log alone whether an approval in another's place counted. */
export function createdFact(row: DelegationRow, { by, roles }: Readonly<{ by: By; roles: readonly Role[] }>): Fact {
  return {
    type: "delegation.created",
    ...about(row, by),
    before: null,
    after: "in force",
    details: {
      from: row.from_id,
      to: row.to_id,
      reason: row.reason,
      ends_at: row.ends_at.toISOString(),
      roles: roles.toSorted(),
    },
  };
}

export function endedFact(
  { row, moves }: EndedDelegation,
  { by, reason }: Readonly<{ by: By; reason: string | null }>,
): Fact {
  return {
    type: "delegation.ended",
    ...about(row, by),
    before: "in force",
    after: "ended",
    details: { from: row.from_id, to: row.to_id, reason, decisionsVoided: moves.length },
  };
}
