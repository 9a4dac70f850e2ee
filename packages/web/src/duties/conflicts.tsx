import type { DutyConflict, DutyPairView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { AddPair } from "./add-pair.tsx";
import { EndException } from "./end-exception.tsx";
import { Except } from "./except.tsx";
import { PairsAndExceptions } from "./pairs.tsx";

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
    ...(may ? [{ id: "end", header: "Change", cell: (row: DutyConflict) => <Change row={row} pairs={pairs} /> }] : []),
  ];
}

type ChangeProps = Readonly<{ row: DutyConflict; pairs: readonly DutyPairView[] }>;
/** An open conflict is excepted, or a role goes away; an exception is ended. */
function Change({ row, pairs }: ChangeProps): ReactNode {
  const [granting, setGranting] = useState(false);
  if (row.exception !== null) return <EndException exception={row.exception} />;
  if (row.state !== "open") return null;
  return (
    <>
      <button type="button" className="link-button" onClick={() => setGranting(true)}>
        Except
        <span className="sr-only">
          {" "}
          {row.subject.name} from {row.pair}
        </span>
      </button>
      {granting ? (
        <Except pairs={pairs} about={{ subject: row.subject.id, pair: row.pair }} onClose={() => setGranting(false)} />
      ) : null}
    </>
  );
}

/** What nobody should hold together, and who does all the same: never silently. */
export function Conflicts(): ReactNode {
  const may = useCan()("duty:write");
  const query = useQuery(ask("duty.conflicts", {}));
  return (
    <section aria-labelledby="conflicts" className="section-table">
      <h2 id="conflicts">Separation of duties</h2>
      <p className="muted">
        What one person must not hold together. A change that would bring somebody there is refused, unless somebody
        else recorded an exception.
      </p>
      <Loaded query={query}>
        {(duties) => (
          <>
            {may ? <Ways pairs={duties.pairs} /> : null}
            {duties.items.length === 0 ? (
              <p>Nobody holds both sides of a pair.</p>
            ) : (
              <DataTable
                caption="Conflicts of duties"
                columns={columnsFor(duties.pairs, may)}
                rows={duties.items}
                rowKey={(row) => `${row.subject.id} ${row.pair}`}
              />
            )}
            <PairsAndExceptions duties={duties} may={may} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function Ways({ pairs }: Readonly<{ pairs: readonly DutyPairView[] }>): ReactNode {
  const [open, setOpen] = useState<"except" | "pair">();
  const close = (): void => setOpen(undefined);
  return (
    <p className="form-foot">
      <button type="button" className="button small" onClick={() => setOpen("except")}>
        Grant an exception
      </button>
      <button type="button" className="button small" onClick={() => setOpen("pair")}>
        Keep two things apart
      </button>
      {open === "except" ? <Except pairs={pairs} onClose={close} /> : null}
      {open === "pair" ? <AddPair onClose={close} /> : null}
    </p>
  );
}
