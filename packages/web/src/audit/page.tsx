import type { AuditSearchEntry } from "@tyr/contract";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useEffect, type ReactNode } from "react";
import { usePages } from "../api/use-pages.ts";
import { middle } from "../kit/copy.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { type Column } from "../kit/data-table.tsx";
import { Empty } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { AnomalyBadges } from "./anomaly-badges.tsx";
import { EntryPanel } from "./entry-panel.tsx";
import { AuditFilters, queryOf } from "./filters.tsx";
import { HeadCard } from "./head-card.tsx";

const route = getRouteApi("/app/audit");

const COLUMNS: readonly Column<AuditSearchEntry>[] = [
  {
    id: "index",
    header: "Index",
    align: "end",
    className: "mono",
    cell: (row) => row.index,
  },
  { id: "time", header: "Time", className: "nowrap col-time", cell: (row) => <Time at={row.at} /> },
  {
    id: "type",
    header: "What",
    className: "nowrap",
    cell: (row) => (
      <Link from="/audit" to="/audit" search={(old) => ({ ...old, entry: row.id })} className="row-link mono">
        {row.type}
      </Link>
    ),
  },
  {
    id: "actor",
    header: "Who",
    className: "nowrap",
    cell: (row) => (
      <>
        <Hostile text={row.actor.name} limit={60} />{" "}
        {row.actor.kind === "person" ? null : <span className="muted small">{row.actor.kind}</span>}
      </>
    ),
  },
  {
    id: "object",
    header: "To what",
    className: "clip spare",
    cell: (row) => (
      <>
        <span className="muted">{row.object.kind}</span> <span className="mono">{middle(row.object.id, 24)}</span>
      </>
    ),
  },
  {
    id: "outcome",
    header: "Outcome",
    className: "nowrap",
    cell: (row) => (
      <>
        <StateBadge state={row.outcome} /> <AnomalyBadges anomalies={row.anomalies} />
      </>
    ),
  },
];

export function AuditPage(): ReactNode {
  return (
    <Guarded needs="audit:read">
      <Audit />
    </Guarded>
  );
}

/** Rows that fill the first screen: below it a page that came back short or empty is followed by the next at once. */
const ROWS_MIN = 40;

function Audit(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { entry } = search;
  const pages = usePages("audit.events", { query: { ...queryOf(search), limit: 200 } });
  const { rows, more, next } = pages;
  useEffect(() => {
    if (more && rows !== undefined && rows.length < ROWS_MIN) next();
  }, [more, next, rows]);
  const selected = rows?.find((row) => row.id === entry);
  const close = useCallback(() => void navigate({ search: (old) => ({ ...old, entry: undefined }) }), [navigate]);
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead
          title="Audit"
          about="Every change of state, in an append-only log that anybody can verify without trusting this server."
        />
        <HeadCard />
        <AuditFilters />
        <PagedTable
          pages={pages}
          noun={["entry", "entries"]}
          caption="Audit entries"
          columns={COLUMNS}
          rowKey={(row) => row.id}
          selectedKey={entry}
          onOpen={(row) => void navigate({ search: (old) => ({ ...old, entry: row.id }) })}
          empty={more ? <p className="table-foot">Looking further back…</p> : <NoMatch />}
        />
      </div>
      {entry === undefined ? null : (
        <EntryPanel id={entry} entry={selected} waiting={pages.rows === undefined} onClose={close} />
      )}
    </div>
  );
}

function NoMatch(): ReactNode {
  return (
    <Empty
      icon="audit"
      title="No entry matches"
      action={
        <Link to="/audit" className="button">
          Show every entry
        </Link>
      }
    >
      The log is never empty: its first entry is the start of the server.
    </Empty>
  );
}
