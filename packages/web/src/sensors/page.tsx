import type { Sensor } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useState, type ReactNode } from "react";
import { sensorsQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { activeColumn, ageColumn } from "../kit/columns.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { useSort } from "../search/use-sort.ts";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Quarantine } from "./quarantine.tsx";
import { RegisterSensor } from "./register.tsx";
import { SensorPanel } from "./sensor-panel.tsx";

const route = getRouteApi("/app/sensors");
const count = (value: number): string => value.toLocaleString("en");

const COLUMNS: readonly Column<Sensor>[] = [
  {
    id: "name",
    header: "Sensor",
    className: "nowrap",
    sortBy: (row) => row.name,
    cell: (row) => (
      <Link from="/sensors" to="/sensors" search={(old) => ({ ...old, sensor: row.id })} className="row-link strong">
        {row.name}
      </Link>
    ),
  },
  { id: "kind", header: "Kind", className: "nowrap muted", sortBy: (row) => row.kind, cell: (row) => row.kind },
  activeColumn("inactive"),
  ageColumn({ id: "seen", header: "Last seen" }, (row) => row.lastSeenAt),
  {
    id: "received",
    header: "Received",
    align: "end",
    sortBy: (row) => row.counters.received,
    cell: (row) => <Batches row={row} value={row.counters.received} />,
  },
  {
    id: "stored",
    header: "Stored",
    align: "end",
    sortBy: (row) => row.counters.stored,
    cell: (row) => (
      <Link to="/events" search={{ sensor: row.id }}>
        {count(row.counters.stored)}
      </Link>
    ),
  },
  {
    id: "duplicate",
    header: "Duplicate",
    align: "end",
    sortBy: (row) => row.counters.duplicate,
    cell: (row) => <Batches row={row} value={row.counters.duplicate} />,
  },
  {
    id: "rejected",
    header: "Rejected",
    align: "end",
    sortBy: (row) => row.counters.rejected,
    cell: (row) => (
      <Link
        to="/sensors"
        search={{ tab: "quarantine", sensor: row.id }}
        className={row.counters.rejected > 0 ? "attention" : undefined}
      >
        {count(row.counters.rejected)}
      </Link>
    ),
  },
  {
    id: "late",
    header: "Late",
    align: "end",
    sortBy: (row) => row.counters.late,
    cell: (row) => <Batches row={row} value={row.counters.late} />,
  },
];

/** Counts without rows of their own: the audit entries of the sensor's batches carry them one by one. */
function Batches({ row, value }: Readonly<{ row: Sensor; value: number }>): ReactNode {
  return (
    <Link to="/audit" search={{ object: row.id }} title="The batches these numbers are the sum of">
      {count(value)}
    </Link>
  );
}

export function SensorsPage(): ReactNode {
  return (
    <Guarded needs="sensor:read">
      <Sensors />
    </Guarded>
  );
}

function Sensors(): ReactNode {
  const { tab, sensor: selected } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const [registering, setRegistering] = useState(false);
  const query = useQuery(sensorsQuery);
  const close = useCallback(() => void navigate({ search: (old) => ({ ...old, sensor: undefined }) }), [navigate]);
  const open = query.data?.items.find((sensor) => sensor.id === selected);
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead title="Sensors" about="Where events come from, and what became of everything they sent.">
          {can("sensor:write") ? (
            <button type="button" className="button primary" onClick={() => setRegistering(true)}>
              <Icon name="plus" /> Register a sensor
            </button>
          ) : null}
        </PageHead>
        <Tabs
          label="Sensors"
          value={tab ?? "sensors"}
          onChange={(next) =>
            void navigate({ search: ({ tz }) => ({ tz, tab: next === "quarantine" ? next : undefined }) })
          }
          tabs={[
            {
              id: "sensors",
              title: "Sensors",
              body: <Loaded query={query}>{({ items }) => <SensorTable sensors={items} />}</Loaded>,
            },
            { id: "quarantine", title: "Quarantine", body: <Quarantine sensors={query.data?.items ?? []} /> },
          ]}
        />
      </div>
      {open === undefined || tab === "quarantine" ? null : <SensorPanel sensor={open} onClose={close} />}
      {registering ? <RegisterSensor onClose={() => setRegistering(false)} /> : null}
    </div>
  );
}

function SensorTable({ sensors }: Readonly<{ sensors: readonly Sensor[] }>): ReactNode {
  const { sensor } = route.useSearch();
  const sorting = useSort();
  const navigate = route.useNavigate();
  if (sensors.length === 0) {
    return (
      <Empty icon="sensors" title="No sensors yet">
        A sensor is anything that sends log lines: a decoy, an SSH server, a web server. Register one with the button
        above and send a first line with the command it shows.
      </Empty>
    );
  }
  return (
    <DataTable
      caption="Sensors"
      columns={COLUMNS}
      rows={sensors}
      rowKey={(row) => row.id}
      selectedKey={sensor}
      onOpen={(row) => void navigate({ search: (old) => ({ ...old, sensor: row.id }) })}
      {...sorting}
      foot={<p className="table-foot">received = stored + duplicate + rejected. Late ones are stored too.</p>}
    />
  );
}
