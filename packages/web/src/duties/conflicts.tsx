import type { DutyConflict, DutyPairView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

function columnsFor(pairs: readonly DutyPairView[], may: boolean): readonly Column<DutyConflict>[] {
  const sidesOf = (id: string) => pairs.find((pair) => pair.id === id)?.sides.join(" and ") ?? id;
  return [
    {
      id: "user",
      header: "User",
      className: "strong",
      cell: ({ subject }) => (
        <Link to="/users" search={{ user: subject.id }}>
          {subject.name}
        </Link>
      ),
    },
    { id: "pair", header: "Holds together", cell: (row) => sidesOf(row.pair) },
    {
      id: "state",
      header: "State",
      className: "nowrap",
      cell: (row) => <StateBadge state={row.state === "open" ? "open_conflict" : row.state} />,
    },
    {
      id: "until",
      header: "Until",
      className: "nowrap",
      cell: ({ exception }) => (exception === null ? "–" : <Time at={exception.until} />),
    },
    {
      id: "reason",
      header: "Why it is allowed",
      cell: ({ reason }) => (reason === null ? "nothing allows it: take a role away" : <Hostile text={reason} />),
    },
    ...(may ? [{ id: "end", header: "Change", cell: (row: DutyConflict) => <End row={row} /> }] : []),
  ];
}

function End({ row: { exception, subject, pair } }: Readonly<{ row: DutyConflict }>): ReactNode {
  if (exception === null) return null;
  return (
    <AskFirst
      word="End"
      of={`the exception of ${subject.name}`}
      title={`End the exception of ${subject.name}?`}
      verb="End the exception"
      route="duty.endException"
      input={{ params: { id: exception.id } }}
      stale={["duty"]}
      done={() => ({ text: `${subject.name} is no longer excepted from ${pair}` })}
    >
      What is held stays, and is an open conflict until somebody takes a role away.
    </AskFirst>
  );
}

/** What nobody should hold together, and who does all the same: never silently. */
export function Conflicts(): ReactNode {
  const may = useCan()("duty:write");
  const query = useQuery(ask("duty.conflicts", {}));
  return (
    <section aria-labelledby="conflicts">
      <h2 id="conflicts">Separation of duties</h2>
      <p className="muted">
        What one person must not hold together. A change that would bring somebody there is refused, unless somebody
        else recorded an exception.
      </p>
      <Loaded query={query}>
        {({ items, pairs }) =>
          items.length === 0 ? (
            <p>Nobody holds both sides of a pair.</p>
          ) : (
            <DataTable
              caption="Conflicts of duties"
              columns={columnsFor(pairs, may)}
              rows={items}
              rowKey={(row) => `${row.subject.id} ${row.pair}`}
            />
          )
        }
      </Loaded>
    </section>
  );
}
