import { AUDIT_EVENT_NAMES, type AuditEntry } from "@tyr/contract";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, type ReactNode } from "react";
import { defined } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { chipsOf } from "../kit/filter-chips.ts";
import { Chips } from "../kit/chips.tsx";
import { middle } from "../kit/copy.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { type Column } from "../kit/data-table.tsx";
import { FilterSelect } from "../kit/filter-select.tsx";
import { Empty } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { EntryPanel } from "./entry-panel.tsx";
import { HeadCard } from "./head-card.tsx";

const route = getRouteApi("/app/audit");

const COLUMNS: readonly Column<AuditEntry>[] = [
  {
    id: "index",
    header: "Index",
    align: "end",
    className: "mono",
    cell: (row) => row.index ?? <span className="unknown">waiting</span>,
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
  { id: "outcome", header: "Outcome", className: "nowrap", cell: (row) => <StateBadge state={row.outcome} /> },
];

export function AuditPage(): ReactNode {
  return (
    <Guarded needs="audit:read">
      <Audit />
    </Guarded>
  );
}

function Audit(): ReactNode {
  const { type, object, actor, entry } = route.useSearch();
  const navigate = route.useNavigate();
  const pages = usePages("audit.list", { query: { ...defined({ type, object, actor }), limit: 200 } });
  const selected = pages.rows?.find((row) => row.id === entry);
  const chips = chipsOf(
    { type, object, actor },
    (key) => void navigate({ search: (old) => ({ ...old, [key]: undefined }) }),
  );
  const close = useCallback(() => void navigate({ search: (old) => ({ ...old, entry: undefined }) }), [navigate]);
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead
          title="Audit"
          about="Every change of state, in an append-only log that anybody can verify without trusting this server."
        />
        <HeadCard />
        <div className="filter-bar">
          <FilterSelect
            label="Type"
            any="Every type"
            options={AUDIT_EVENT_NAMES}
            value={AUDIT_EVENT_NAMES.find((known) => known === type)}
            words={(name) => name}
            onChange={(name) => void navigate({ search: (old) => ({ ...old, type: name }) })}
          />
          <Chips
            chips={chips}
            clear={() => void navigate({ search: ({ tz, entry: open }) => ({ tz, entry: open }) })}
          />
        </div>
        <PagedTable
          pages={pages}
          noun={["entry", "entries"]}
          caption="Audit entries"
          columns={COLUMNS}
          rowKey={(row) => row.id}
          selectedKey={entry}
          onOpen={(row) => void navigate({ search: (old) => ({ ...old, entry: row.id }) })}
          empty={
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
          }
        />
      </div>
      {entry === undefined ? null : (
        <EntryPanel id={entry} entry={selected} waiting={pages.rows === undefined} onClose={close} />
      )}
    </div>
  );
}
