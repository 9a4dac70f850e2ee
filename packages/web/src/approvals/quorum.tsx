import type { Action, Approval } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { roleTitle, useCan, useSession } from "../api/session.ts";
import { Icon } from "../kit/icon.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { gatesOf, type Gate } from "./gates.ts";

/** Names shown before the rest is counted. */
const NAMES_MAX = 6;

/** Every gate with who counts and who may. All of them have to open. */
export function Quorum({ action }: Readonly<{ action: Action }>): ReactNode {
  const titleId = useId();
  const gates = gatesOf(action);
  const idle = action.approvals.filter((one) => !one.counts);
  if (gates.length === 0 && action.approvals.length === 0) return null;
  return (
    <section className="quorum" aria-labelledby={titleId}>
      <h3 id={titleId}>{gates.length > 1 ? "Approvals, all of these" : "Approvals"}</h3>
      {gates.length === 0
        ? action.approvals.filter((one) => one.counts).map((one) => <Given key={one.id} one={one} />)
        : null}
      <ul className="gates">
        {gates.map((gate) => (
          <li key={gate.policyIds.join()} className={gate.isOpen ? "gate gate-open" : "gate"}>
            <GateView gate={gate} action={action} />
          </li>
        ))}
      </ul>
      {action.singlePerson === true ? (
        <p className="warning">
          <Icon name="alert" size={14} /> Single-person mode is on: the requester’s own approval counts, later.
        </p>
      ) : null}
      {idle.map((one) => (
        <Idle key={one.id} one={one} />
      ))}
    </section>
  );
}

function GateView({ gate, action }: Readonly<{ gate: Gate; action: Action }>): ReactNode {
  const { approvals, given, roles, policyIds, isOpen } = gate;
  return (
    <>
      <p className="gate-head">
        <Icon name={isOpen ? "check" : "clock"} size={14} />
        <strong>
          {Math.min(given.length, approvals)} of {approvals}
        </strong>
        <span>{roles.map(roleTitle).join(" or ")}</span>
        <span className="mono muted small">{policyIds.join(", ")}</span>
      </p>
      {given.map((one) => (
        <Given key={one.id} one={one} />
      ))}
      {isOpen || action.state !== "pending" ? null : <WhoMay gate={gate} action={action} />}
    </>
  );
}

/** Given, and it does not count: not yet, or not any more. */
function Idle({ one }: Readonly<{ one: Approval }>): ReactNode {
  const { at, countsFrom, disbelieved } = one;
  if (disbelieved !== undefined)
    return (
      <p className="warning">
        <strong>Not believed</strong>: an approval of <Whose one={one} /> did not hold up when it was checked again, and
        counts for nothing: {disbelieved}. The audit log has it; ask them, and whoever looks after the database.
      </p>
    );
  return (
    <p className="muted small">
      <Whose one={one} /> approved <Time at={at} show="short" />
      {countsFrom === undefined ? (
        ", which does not count: the request changed since, or they may not approve it."
      ) : (
        <>
          ; as one’s own it counts <Time at={countsFrom} show="age" />, if nobody else’s does.
        </>
      )}
    </p>
  );
}

/** Who gave it, and in whose place. */
function Whose({ one: { by, onBehalfOf } }: Readonly<{ one: Approval }>): ReactNode {
  return (
    <>
      <Hostile text={by.name} limit={80} />
      {onBehalfOf === undefined ? null : (
        <>
          {" "}
          on behalf of <Hostile text={onBehalfOf.from.name} limit={80} /> (
          <ToDelegation id={onBehalfOf.delegation} people={[by.id, onBehalfOf.from.id]} />)
        </>
      )}
    </>
  );
}

type ToDelegationProps = Readonly<{ id: string; people: readonly string[] }>;

/** The two whose it is have it on their account; others see in the log who signed it. */
function ToDelegation({ id, people }: ToDelegationProps): ReactNode {
  const can = useCan();
  const { user } = useSession();
  if (people.includes(user.id))
    return (
      <Link to="/account" hash="delegations">
        delegation
      </Link>
    );
  if (!can("audit:read")) return "delegation";
  return (
    <Link to="/audit" search={{ object: id }}>
      delegation
    </Link>
  );
}

function Given({ one }: Readonly<{ one: Approval }>): ReactNode {
  const { at, comment } = one;
  return (
    <p className="gate-given">
      <Whose one={one} /> <Time at={at} show="short" />
      {comment === null ? null : (
        <span className="muted">
          {" "}
          “<Hostile text={comment} limit={300} />”
        </span>
      )}
    </p>
  );
}

/** By name for those who may see who there is; the roles say it to everybody else. */
function WhoMay({ gate, action }: Readonly<{ gate: Gate; action: Action }>): ReactNode {
  const can = useCan();
  const { user } = useSession();
  const users = useQuery({ ...ask("user.list", {}), enabled: can("user:read") }).data?.items;
  const isYours = action.legalMoves.includes("approve") && holds(gate, user);
  const able = users?.filter(
    (one) => one.active && one.id !== action.requester.id && holds(gate, one) && !isGivenBy(gate, one.id),
  );
  if (able?.length === 0)
    return (
      <p className="warning">
        <Icon name="alert" size={14} /> Nobody else here holds that role: nobody can approve this.
      </p>
    );
  return (
    <p className="muted small">
      {isYours ? "You may approve this. " : ""}
      {(action.delegations ?? []).map(({ id, from, endsAt }) => (
        <span key={id}>
          You may approve this on behalf of <Hostile text={from.name} limit={80} /> (
          <ToDelegation id={id} people={[user.id]} />
          ), until <Time at={endsAt} show="short" />.{" "}
        </span>
      ))}
      {able === undefined ? "The requester never counts." : <Able names={able.map(({ name }) => name)} />}
    </p>
  );
}

const holds = ({ roles: asked }: Gate, { roles }: Readonly<{ roles: readonly string[] }>): boolean =>
  roles.some((role) => asked.includes(role));
const isGivenBy = ({ given }: Gate, id: string): boolean => given.some((one) => one.by.id === id);

function Able({ names }: Readonly<{ names: readonly string[] }>): ReactNode {
  const rest = names.length - NAMES_MAX;
  return (
    <>
      Holding the role: <Hostile text={names.slice(0, NAMES_MAX).join(", ")} limit={500} />
      {rest > 0 ? ` and ${rest} more` : ""}; the requester never counts.
    </>
  );
}
