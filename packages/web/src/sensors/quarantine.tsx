import type { QuarantineItem, Sensor } from "@tyr/contract";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { defined } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { Chips } from "../kit/chips.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { type Column } from "../kit/data-table.tsx";
import { Empty } from "../kit/notice.tsx";
import { CopyButton } from "../kit/copy.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const route = getRouteApi("/app/sensors");

const columnsFor = (nameOf: (id: string) => string): readonly Column<QuarantineItem>[] => [
  { id: "time", header: "Time", className: "nowrap col-time", cell: (row) => <Time at={row.at} /> },
  { id: "sensor", header: "Sensor", className: "nowrap", cell: (row) => nameOf(row.sensorId) },
  { id: "reason", header: "Reason", className: "wrap", cell: (row) => <Hostile text={row.reason} limit={300} /> },
  {
    id: "raw",
    header: "As received",
    className: "clip wide",
    cell: (row) => (
      <span className="code">
        <Hostile text={row.raw} limit={300} mono />
        <CopyButton text={JSON.stringify(row.raw)} what="raw input as a JSON string" />
      </span>
    ),
  },
  { id: "ref", header: "From", className: "nowrap muted mono", cell: (row) => row.rawRef ?? "" },
];

/** Input nobody could read: kept, with the reason, never thrown away. */
export function Quarantine({ sensors }: Readonly<{ sensors: readonly Sensor[] }>): ReactNode {
  const { sensor } = route.useSearch();
  const navigate = route.useNavigate();
  const pages = usePages("quarantine.list", { query: { ...defined({ sensor }), limit: 100 } });
  const columns = useMemo(() => columnsFor((id) => sensors.find((known) => known.id === id)?.name ?? id), [sensors]);
  const clear = (): void => void navigate({ search: (old) => ({ ...old, sensor: undefined }) });
  const name = sensors.find((known) => known.id === sensor)?.name ?? sensor;
  return (
    <>
      <Chips
        chips={name === undefined ? [] : [{ key: "sensor", label: "sensor", value: name, remove: clear }]}
        clear={clear}
      />
      <PagedTable
        pages={pages}
        noun={["line", "lines"]}
        caption="Quarantine"
        columns={columns}
        rowKey={(row) => row.id}
        empty={
          <Empty icon="check" title="The quarantine is empty">
            Every line was understood. What is not is kept here with the reason, and counted as rejected.
          </Empty>
        }
      />
    </>
  );
}
