import type { AttackerSession } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { Hostile } from "../text/hostile.tsx";
import { formatDuration } from "../time/format.ts";
import { Time } from "../time/time.tsx";

const seconds = ({ startedAt, endedAt }: AttackerSession): number =>
  Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);

const COLUMNS: readonly Column<AttackerSession>[] = [
  { id: "start", header: "Started", className: "nowrap", cell: (row) => <Time at={row.startedAt} /> },
  {
    id: "session",
    header: "Session",
    className: "clip",
    cell: (row) => (
      <Link to="/events" search={{ session: row.session }} className="row-link">
        <Hostile text={row.session} limit={60} mono />
      </Link>
    ),
  },
  { id: "long", header: "Lasted", align: "end", className: "nowrap", cell: (row) => formatDuration(seconds(row)) },
  { id: "events", header: "Events", align: "end", cell: (row) => row.events.toLocaleString("en") },
  {
    id: "logins",
    header: "Log-ins",
    align: "end",
    className: "nowrap",
    cell: ({ logins, loginsSucceeded }) =>
      loginsSucceeded === 0 ? (
        logins
      ) : (
        <>
          {logins}, <span className="attention">{loginsSucceeded} let in</span>
        </>
      ),
  },
  { id: "commands", header: "Commands", align: "end", cell: (row) => row.commands },
  { id: "payloads", header: "Files", align: "end", cell: (row) => row.payloads },
];

/** Sessions as they are read from the stored events, newest first; a session leads to its events. */
export function Sessions({ id }: Readonly<{ id: string }>): ReactNode {
  const query = useQuery(ask("attacker.sessions", { params: { id } }));
  return (
    <Loaded query={query}>
      {({ items, eventsRead, complete }) =>
        items.length === 0 ? (
          <Empty icon="clock" title="No sessions">
            No sensor named a session in what this address did.
          </Empty>
        ) : (
          <>
            {complete ? null : (
              <p className="muted small">
                Read from the newest {eventsRead.toLocaleString("en")} events of this address; more are stored.
              </p>
            )}
            <div className="section-table">
              <DataTable
                caption="Sessions"
                columns={COLUMNS}
                rows={items}
                rowKey={(row) => `${row.sensorId} ${row.session}`}
              />
            </div>
          </>
        )
      }
    </Loaded>
  );
}
