import type { DelegationId, Refused } from "@tyr/contract";
import type { Fact } from "#platform/database";
import type { Moved } from "../move-action.ts";
import type { By } from "../room.ts";
import { signedDetails, type Signed } from "../signatures/evidence.ts";
import { lentRoles } from "./hand-over.ts";
import type { DelegationRow } from "./store.ts";

/** With what was approved under it and counts no more. */
export type EndedDelegation = Readonly<{ row: DelegationRow; moves: readonly Moved[] }>;

const about = ({ id }: Pick<DelegationRow, "id">, by: By) => ({
  actor: by.actor,
  object: { kind: "delegation", id },
  requestId: by.requestId,
});

/** Everything somebody needs who checks by the log alone whether an approval in another's place counted. */
export function createdFact(row: DelegationRow, { by, signed }: Readonly<{ by: By; signed: Signed }>): Fact {
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
      roles: lentRoles(by.roles),
      ...signedDetails(signed),
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

/** What somebody signed, or did not, is no delegation. */
export function refusedFact(id: DelegationId, by: By, { refusal: { code, detail } }: Refused): Fact {
  return {
    type: "delegation.refused",
    ...about({ id }, by),
    outcome: "refused",
    before: null,
    after: null,
    details: { code, detail },
  };
}
