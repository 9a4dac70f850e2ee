import { isId, type Incident, type IncidentId } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask, incidentQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { RequestBlock } from "../approvals/request-block.tsx";
import { DetectionDetail } from "../detections/tags.tsx";
import { namesOf, Techniques } from "../detections/techniques.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { SeverityBadge } from "../kit/severity.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { NoSuch } from "../shell/no-such.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { IncidentFacts } from "./facts-panel.tsx";
import { IncidentTimeline } from "./timeline.tsx";

const route = getRouteApi("/app/incidents/$id");

export function IncidentPage(): ReactNode {
  const { id } = route.useParams();
  return (
    <Guarded needs="incident:read">{isId("incident", id) ? <IncidentOf id={id} /> : <NoIncident id={id} />}</Guarded>
  );
}

function IncidentOf({ id }: Readonly<{ id: IncidentId }>): ReactNode {
  const query = useQuery(incidentQuery(id));
  return (
    <Loaded query={query} heading={<PageHead title="Incident" />} gone={<NoIncident id={id} />}>
      {(incident) => <IncidentScreen incident={incident} />}
    </Loaded>
  );
}

function NoIncident({ id }: Readonly<{ id: string }>): ReactNode {
  return (
    <div className="page">
      <NoSuch what="incident" id={id} why="is no incident of this server. The link may have been cut off.">
        <Link to="/incidents" className="button">
          See all incidents
        </Link>
      </NoSuch>
    </div>
  );
}

function IncidentScreen({ incident }: Readonly<{ incident: Incident }>): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const [requesting, setRequesting] = useState(false);
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/incidents">Incidents</Link>
        <Icon name="chevron" size={12} />
        <span className="mono">{incident.id}</span>
      </p>
      <PageHead title={incident.title}>
        {can("action:request") && incident.actorIp !== null ? (
          <button type="button" className="button primary" onClick={() => setRequesting(true)}>
            <Icon name="blocks" /> Request block
          </button>
        ) : null}
      </PageHead>
      <div className="incident">
        <IncidentFacts incident={incident} />
        <div className="incident-main">
          <Tabs
            label="Incident"
            value={tab ?? "timeline"}
            onChange={(next) =>
              void navigate({
                search: ({ tz }) => ({ tz, tab: next === "timeline" ? undefined : next }),
                replace: true,
              })
            }
            tabs={[
              { id: "timeline", title: "Timeline", body: <IncidentTimeline id={incident.id} /> },
              {
                id: "detections",
                title: "Detections",
                count: incident.detectionCount,
                body: <Detections id={incident.id} />,
              },
              { id: "actions", title: "Actions", body: <Actions id={incident.id} /> },
            ]}
          />
        </div>
      </div>
      {requesting && incident.actorIp !== null ? (
        <RequestBlock target={incident.actorIp} incidentId={incident.id} onClose={() => setRequesting(false)} />
      ) : null}
    </div>
  );
}

function Detections({ id }: Readonly<{ id: IncidentId }>): ReactNode {
  const { detection: open } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(ask("detection.list", { query: { incident: id, limit: 200 } }));
  return (
    <Loaded query={query}>
      {(page) => (
        <>
          <ul className="rows">
            {page.items.map((detection) => (
              <li key={detection.id} className="row-card">
                <button
                  type="button"
                  className="row-toggle"
                  aria-expanded={open === detection.id}
                  onClick={() =>
                    void navigate({
                      search: (old) => ({ ...old, detection: open === detection.id ? undefined : detection.id }),
                      replace: true,
                    })
                  }
                >
                  <Icon name={open === detection.id ? "down" : "chevron"} size={12} />
                  <SeverityBadge severity={detection.severity} />
                  <span className="strong grow">{detection.ruleTitle}</span>
                  <span className="muted">
                    {detection.eventCount} {detection.eventCount === 1 ? "event" : "events"}
                  </span>
                  <Time at={detection.time} />
                </button>
                <p className="row-tags">
                  <Techniques names={namesOf(detection.tags)} />
                </p>
                {open === detection.id ? (
                  <div className="row-detail">
                    <DetectionDetail detection={detection} titled={false} />
                  </div>
                ) : null}
              </li>
            ))}
          </ul>
          {page.next === null ? null : (
            <p>
              <Link to="/detections" search={{ incident: id }}>
                All detections of this incident
              </Link>
            </p>
          )}
        </>
      )}
    </Loaded>
  );
}

function Actions({ id }: Readonly<{ id: IncidentId }>): ReactNode {
  const query = useQuery(ask("action.list", { query: { incident: id, limit: 100 } }));
  return (
    <Loaded query={query}>
      {(page) =>
        page.items.length === 0 ? (
          <Empty icon="approvals" title="No action was asked for">
            Use “Request block” above: the dry run shows what would change before anybody decides.
          </Empty>
        ) : (
          <ul className="rows">
            {page.items.map((action) => (
              <li key={action.id} className="row-card">
                <Link to="/approvals" search={{ action: action.id }} className="row-toggle">
                  <StateBadge state={action.state} />
                  <span className="strong grow">
                    Block <Hostile text={action.target} mono />
                  </span>
                  <span className="muted">by {action.requester.name}</span>
                  <Time at={action.createdAt} />
                </Link>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}
