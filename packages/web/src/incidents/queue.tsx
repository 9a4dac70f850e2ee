import { INCIDENT_STATES, SEVERITIES, type Incident } from "@tyr/contract";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { defined } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { Chips, type Chip } from "../kit/chips.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { type Column } from "../kit/data-table.tsx";
import { FilterSelect } from "../kit/filter-select.tsx";
import { Empty } from "../kit/notice.tsx";
import { RiskMeter, SeverityBadge } from "../kit/severity.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const WORST_FIRST = SEVERITIES.toReversed();
const route = getRouteApi("/app/incidents");

const COLUMNS: readonly Column<Incident>[] = [
  { id: "severity", header: "Severity", className: "nowrap", cell: (row) => <SeverityBadge severity={row.severity} /> },
  { id: "risk", header: "Risk", className: "nowrap", cell: (row) => <RiskMeter score={row.risk.score} /> },
  {
    id: "title",
    header: "Incident",
    className: "clip",
    cell: (row) => (
      <Link to="/incidents/$id" params={{ id: row.id }} className="row-link strong">
        <Hostile text={row.title} limit={160} />
      </Link>
    ),
  },
  {
    id: "actor",
    header: "Actor",
    className: "nowrap",
    cell: (row) =>
      row.actorIp === null ? <span className="unknown">unknown</span> : <Hostile text={row.actorIp} mono />,
  },
  {
    id: "detections",
    header: "Detections",
    align: "end",
    cell: (row) => (
      <Link to="/incidents/$id" params={{ id: row.id }} search={{ tab: "detections" }}>
        {row.detectionCount}
      </Link>
    ),
  },
  { id: "state", header: "State", className: "nowrap", cell: (row) => <StateBadge state={row.state} /> },
  {
    id: "assignee",
    header: "Assignee",
    className: "nowrap",
    cell: (row) => row.assignee?.name ?? <span className="muted">nobody</span>,
  },
  { id: "touched", header: "Last touched", className: "nowrap", cell: (row) => <Time at={row.updatedAt} show="age" /> },
];

export function IncidentsPage(): ReactNode {
  return (
    <Guarded needs="incident:read">
      <Incidents />
    </Guarded>
  );
}

function Incidents(): ReactNode {
  const { show, state, severity, ip } = route.useSearch();
  const navigate = route.useNavigate();
  const open = show === undefined && state === undefined ? true : undefined;
  const pages = usePages("incident.list", { query: { ...defined({ open, state, severity, ip }), limit: 100 } });
  return (
    <div className="page">
      <PageHead
        title="Incidents"
        about="Detections that belong together, told as one story each. Last touched first."
      />
      <IncidentFilters />
      <PagedTable
        pages={pages}
        noun={["incident", "incidents"]}
        caption="Incidents"
        columns={COLUMNS}
        rowKey={(row) => row.id}
        onOpen={(row) => void navigate({ to: "/incidents/$id", params: { id: row.id }, search: {} })}
        empty={
          <Empty
            icon="incidents"
            title={
              open === true && severity === undefined && ip === undefined ? "No open incidents" : "No incident matches"
            }
            action={
              <Link to="/incidents" search={{ show: "all" }} className="button">
                Show all incidents
              </Link>
            }
          >
            Detections are gathered into incidents by a key that each incident prints. Closed ones are under “all”.
          </Empty>
        }
      />
    </div>
  );
}

function IncidentFilters(): ReactNode {
  const { show, state, severity, ip } = route.useSearch();
  const navigate = route.useNavigate();
  const chips: Chip[] = [];
  const add = (label: string, value: string | undefined, gone: object): void => {
    if (value === undefined) return;
    chips.push({ key: label, label, value, remove: () => void navigate({ search: (old) => ({ ...old, ...gone }) }) });
  };
  add("state", state, { state: undefined });
  add("severity", severity, { severity: undefined });
  add("actor", ip, { ip: undefined });
  if (state === undefined) {
    if (show === undefined) add("only", "open", { show: "all" });
  }
  return (
    <>
      <div className="filter-bar">
        <select
          aria-label="State"
          value={state ?? (show === "all" ? "all" : "")}
          onChange={(event) => {
            const { value } = event.target;
            const found = INCIDENT_STATES.find((known) => known === value);
            void navigate({ search: (old) => ({ ...old, state: found, show: value === "all" ? "all" : undefined }) });
          }}
        >
          <option value="">Open</option>
          <option value="all">All</option>
          {INCIDENT_STATES.map((known) => (
            <option key={known} value={known}>
              {known}
            </option>
          ))}
        </select>
        <FilterSelect
          label="Severity"
          any="Any severity"
          options={WORST_FIRST}
          value={severity}
          onChange={(found) => void navigate({ search: (old) => ({ ...old, severity: found }) })}
        />
      </div>
      <Chips chips={chips} clear={() => void navigate({ search: ({ tz }) => ({ tz, show: "all" }) })} />
    </>
  );
}
