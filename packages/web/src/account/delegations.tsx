import type { Delegation } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { roleTitle, useCan, useSession } from "../api/session.ts";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { HandOver } from "./hand-over.tsx";

/** What was handed over, seen from the account on whose page it stands. */
const columnsFor = (userId: string): readonly Column<Delegation>[] => [
  {
    id: "who",
    header: "Who",
    className: "clip wide",
    cell: ({ from, to }) =>
      from.id === userId ? (
        <>
          <Hostile text={to.name} limit={80} /> <span className="muted">in your place</span>
        </>
      ) : (
        <>
          you <span className="muted">in the place of</span> <Hostile text={from.name} limit={80} />
        </>
      ),
  },
  { id: "state", header: "State", className: "nowrap", cell: ({ state }) => <StateBadge state={state} /> },
  { id: "roles", header: "Approves as", cell: ({ roles }) => roles.map(roleTitle).join(", ") || "–" },
  { id: "made", header: "From", className: "nowrap", cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    id: "until",
    header: "Until",
    className: "nowrap",
    cell: ({ endsAt, endedAt }) => (
      <>
        <Time at={endedAt ?? endsAt} />
        {endedAt === null ? null : <span className="muted small"> before its time</span>}
      </>
    ),
  },
  { id: "why", header: "Why", className: "clip", cell: ({ reason }) => <Hostile text={reason} limit={200} /> },
  { id: "end", header: "Change", className: "nowrap", cell: (row) => <End row={row} /> },
];

function End({ row: { id, from, to, mayEnd } }: Readonly<{ row: Delegation }>): ReactNode {
  if (!mayEnd) return null;
  return (
    <AskFirst
      word="End"
      of={`the delegation from ${from.name} to ${to.name}`}
      title="End the delegation"
      verb="End it"
      route="delegation.end"
      input={{ params: { id }, body: {} }}
      stale={["delegation", "action", "overview"]}
      done={() => ({ text: `${to.name} approves no more in the place of ${from.name}`, ref: id })}
    >
      What {to.name} approved in the place of {from.name} and has not run counts no more.
    </AskFirst>
  );
}

/** Whose place one takes, and who takes one's own, until when. */
export function Delegations(): ReactNode {
  const can = useCan();
  const { user } = useSession();
  const [open, setOpen] = useState(false);
  const query = useQuery(ask("delegation.list", { query: { mine: true, limit: 100 } }));
  const items = query.data?.items ?? [];
  const gives = can("action:approve");
  if (!gives && items.length === 0) return null;
  const isGiven = items.some(({ from, state }) => from.id === user.id && state !== "ended");
  return (
    <section id="delegations" aria-labelledby="delegations-title" className="section-table passkeys">
      <div className="section-head">
        <h2 id="delegations-title">Approving in somebody’s place</h2>
        {gives && query.data !== undefined && !isGiven ? (
          <button type="button" className="button small" onClick={() => setOpen(true)}>
            Hand over your approving
          </button>
        ) : null}
      </div>
      <Loaded query={query} lines={2}>
        {() =>
          items.length === 0 ? (
            <p className="muted">Nobody approves in your place, and you in nobody’s.</p>
          ) : (
            <DataTable caption="Delegations" columns={columnsFor(user.id)} rows={items} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
      {open ? <HandOver onClose={() => setOpen(false)} /> : null}
    </section>
  );
}
