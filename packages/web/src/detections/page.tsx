import type { Detection } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, type ReactNode } from "react";
import { defined, detectionQuery } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { chipsOf } from "../kit/filter-chips.ts";
import { Chips } from "../kit/chips.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import type { Column } from "../kit/data-table.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { SeverityShape } from "../kit/severity.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { DETECTIONS } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { DetectionDetail, EventsOf } from "./tags.tsx";
import { namesOf, Techniques } from "./techniques.tsx";

const route = getRouteApi("/app/detections");

const COLUMNS: readonly Column<Detection>[] = [
  { id: "time", header: "Time", className: "nowrap col-time", cell: (row) => <Time at={row.time} /> },
  {
    id: "rule",
    header: "Rule",
    className: "clip",
    cell: (row) => (
      <Link from="/detections" to="/detections" search={(old) => ({ ...old, detection: row.id })} className="row-link">
        <SeverityShape severity={row.severity} />
        <span className="sr-only">{row.severity}: </span>
        <Hostile text={row.ruleTitle} limit={200} />
      </Link>
    ),
  },
  {
    id: "actor",
    header: "Actor",
    className: "nowrap",
    cell: (row) =>
      row.actorIp === null ? (
        <span className="unknown">unknown</span>
      ) : (
        <Link to="/attackers/$id" params={{ id: row.actorIp }}>
          <Hostile text={row.actorIp} mono />
        </Link>
      ),
  },
  { id: "events", header: "Events", align: "end", cell: (row) => <EventsOf detection={row} /> },
  { id: "points", header: "Risk", align: "end", cell: (row) => `+${row.riskPoints}` },
  {
    id: "tags",
    header: "Techniques",
    className: "nowrap",
    cell: (row) => <Techniques names={namesOf(row.tags)} limit={3} />,
  },
];

export function DetectionsPage(): ReactNode {
  return (
    <Guarded needs="detection:read">
      <Detections />
    </Guarded>
  );
}

function Detections(): ReactNode {
  const { detection } = route.useSearch();
  const navigate = route.useNavigate();
  const close = useCallback(() => void navigate({ search: (old) => ({ ...old, detection: undefined }) }), [navigate]);
  const selected = useQuery({ ...detectionQuery(detection ?? "det_none"), enabled: detection !== undefined });
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead title="Detections" about="What the rules recognised in the events, with the evidence of each." />
        <DetectionList />
      </div>
      {detection === undefined ? null : (
        <SidePanel title="Detection" onClose={close}>
          <Loaded query={selected}>{(found) => <DetectionDetail detection={found} />}</Loaded>
        </SidePanel>
      )}
    </div>
  );
}

function DetectionList(): ReactNode {
  const { ip, rule, technique, incident, event, detection } = route.useSearch();
  const navigate = route.useNavigate();
  const filters = { ip, rule, technique, incident, event };
  const pages = usePages("detection.list", { query: { ...defined(filters), limit: 200 } });
  const chips = chipsOf(filters, (key) => void navigate({ search: (old) => ({ ...old, [key]: undefined }) }));
  return (
    <>
      <Chips chips={chips} clear={() => void navigate({ search: ({ tz }) => ({ tz }) })} />
      <PagedTable
        pages={pages}
        noun={DETECTIONS}
        caption="Detections"
        columns={COLUMNS}
        rowKey={(row) => row.id}
        selectedKey={detection}
        onOpen={(row) => void navigate({ search: (old) => ({ ...old, detection: row.id }) })}
        empty={
          <Empty
            icon="detections"
            title={chips.length > 0 ? "No detection matches" : "No detections yet"}
            action={
              <Link to="/events" className="button">
                See the events
              </Link>
            }
          >
            Rules read every event as it is stored; what they recognise is listed here.
          </Empty>
        }
      />
    </>
  );
}
