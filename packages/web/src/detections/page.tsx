import type { Detection, RuleView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, type ReactNode } from "react";
import { ask, defined, detectionQuery } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { chipsOf } from "../kit/filter-chips.ts";
import { Chips } from "../kit/chips.tsx";
import { Code } from "../kit/copy.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { SeverityShape } from "../kit/severity.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { useSort } from "../search/use-sort.ts";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { DETECTIONS } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { DetectionDetail, EventsOf, Techniques } from "./tags.tsx";

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
        {row.ruleTitle}
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
  { id: "events", header: "Events", align: "end", cell: (row) => <EventsOf detection={row} /> },
  { id: "points", header: "Risk", align: "end", cell: (row) => `+${row.riskPoints}` },
  { id: "tags", header: "Techniques", className: "nowrap", cell: (row) => <Techniques tags={row.tags} limit={3} /> },
];

export function DetectionsPage(): ReactNode {
  return (
    <Guarded needs="detection:read">
      <Detections />
    </Guarded>
  );
}

function Detections(): ReactNode {
  const { tab, detection } = route.useSearch();
  const navigate = route.useNavigate();
  const close = useCallback(() => void navigate({ search: (old) => ({ ...old, detection: undefined }) }), [navigate]);
  const selected = useQuery({ ...detectionQuery(detection ?? "det_none"), enabled: detection !== undefined });
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead title="Detections" about="What the rules recognised in the events, with the evidence of each." />
        <Tabs
          label="Detections and rules"
          value={tab ?? "detections"}
          onChange={(next) => void navigate({ search: ({ tz }) => ({ tz, tab: next === "rules" ? next : undefined }) })}
          tabs={[
            { id: "detections", title: "Detections", body: <DetectionList /> },
            { id: "rules", title: "Rules in force", body: <RuleList /> },
          ]}
        />
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

const RULE_COLUMNS: readonly Column<RuleView>[] = [
  {
    id: "title",
    header: "Rule",
    className: "clip",
    sortBy: (rule) => rule.title,
    cell: (rule) => (
      <span className="row-link">
        <SeverityShape severity={rule.level} />
        <span className="sr-only">{rule.level}: </span>
        {rule.title}
      </span>
    ),
  },
  { id: "kind", header: "Kind", className: "nowrap muted", cell: (rule) => rule.kind },
  { id: "techniques", header: "Techniques", className: "mono nowrap", cell: (rule) => rule.techniques.join(" ") },
  {
    id: "risk",
    header: "Risk",
    align: "end",
    sortBy: (rule) => rule.riskPoints,
    cell: (rule) => `+${rule.riskPoints}`,
  },
  {
    id: "detections",
    header: "Detections",
    align: "end",
    sortBy: (rule) => rule.detections,
    cell: (rule) => (
      <Link to="/detections" search={{ rule: rule.id }}>
        {rule.detections}
      </Link>
    ),
  },
  {
    id: "last",
    header: "Last",
    className: "nowrap",
    sortBy: (rule) => rule.lastDetectionAt ?? "",
    cell: (rule) => <Time at={rule.lastDetectionAt} never="never" />,
  },
];

function RuleList(): ReactNode {
  const sorting = useSort();
  const query = useQuery(ask("rule.list", {}));
  return (
    <Loaded query={query} lines={12}>
      {(list) => (
        <>
          <p className="muted">
            {list.rules.length} rules, pack <Code text={list.packDigest} what="pack digest" short />
          </p>
          {list.rejected.length === 0 ? null : (
            <div className="notice notice-warn" role="note">
              <div className="notice-body">
                <strong>{list.rejected.length} rule files were refused and match nothing</strong>
                <ul className="plain">
                  {list.rejected.map((file) => (
                    <li key={`${file.path}:${file.line}:${file.column}`}>
                      <span className="mono">
                        {file.path}:{file.line}:{file.column}
                      </span>{" "}
                      {file.message}
                    </li>
                  ))}
                </ul>
              </div>
            </div>
          )}
          <DataTable caption="Rules" columns={RULE_COLUMNS} rows={list.rules} rowKey={(rule) => rule.id} {...sorting} />
        </>
      )}
    </Loaded>
  );
}
