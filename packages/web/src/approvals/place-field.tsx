import type { Action, DelegationId, StatementKind } from "@tyr/contract";
import type { ReactNode } from "react";
import { useCan, useSession } from "../api/session.ts";
import { Field, formText } from "../kit/field.tsx";
import { visibleText } from "../text/visible-text.ts";
import { formatInstant } from "../time/format.ts";
import { useZone } from "../time/use-zone.ts";

const OWN = "";

/** Which delegation was chosen; undefined: in one's own place. */
export const placeOf = (form: FormData, { delegations = [] }: Action): DelegationId | undefined =>
  delegations.find(({ id }) => id === formText(form, "delegation"))?.id;

/** In whose place one decides, for whoever may in somebody's. It is signed too, and shown with the approval. */
export function PlaceField({ action, decides }: Readonly<{ action: Action; decides: StatementKind }>): ReactNode {
  const { delegations = [], approvals } = action;
  const can = useCan();
  const { user } = useSession();
  const zone = useZone();
  if (delegations.length === 0 || (decides !== "approve" && decides !== "reject")) return null;
  const isGiven = approvals.some(({ by, onBehalfOf }) => by.id === user.id && onBehalfOf === undefined);
  return (
    <Field label="In whose place" hint="It is part of what you sign.">
      {(control) => (
        <select {...control} name="delegation">
          {can("action:approve") && !isGiven ? <option value={OWN}>in your own</option> : null}
          {delegations.map(({ id, from, endsAt }) => (
            <option key={id} value={id}>
              on behalf of {visibleText(from.name, 80)}, until {formatInstant(endsAt, zone)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
