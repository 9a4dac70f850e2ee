import type { Event, EventId } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask, eventQuery } from "../api/queries.ts";
import { Code, CopyButton } from "../kit/copy.tsx";
import { FactList } from "../kit/facts.tsx";
import { Loaded } from "../kit/notice.tsx";
import { SeverityBadge } from "../kit/severity.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Hostile } from "../text/hostile.tsx";
import { visibleText } from "../text/visible-text.ts";
import { Time } from "../time/time.tsx";
import { Sentence } from "./event-sentence.tsx";

const route = getRouteApi("/app/events");

export function EventPanel({ id, onClose }: Readonly<{ id: EventId; onClose: () => void }>): ReactNode {
  const query = useQuery(eventQuery(id));
  return (
    <SidePanel title="Event" onClose={onClose}>
      <Loaded query={query}>{(event) => <EventDetail event={event} />}</Loaded>
    </SidePanel>
  );
}

function EventDetail({ event }: Readonly<{ event: Event }>): ReactNode {
  const { view = "fields" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <p className="lead">
        <Sentence event={event} limit={600} />
      </p>
      <p className="badges">
        <SeverityBadge severity={event.severity} />
        <span className="badge">{event.kind.replaceAll("_", " ")}</span>
        {event.late ? <span className="badge state-wait">arrived late</span> : null}
      </p>
      <dl className="facts">
        <dt>Time</dt>
        <dd>
          <Time at={event.time} />
        </dd>
        <dt>Stored</dt>
        <dd>
          <Time at={event.observedAt} />
        </dd>
        <dt>Sensor</dt>
        <dd>
          <Link to="/sensors" search={{ sensor: event.sensorId }}>
            {event.sensorName}
          </Link>{" "}
          <span className="muted">number {event.seq}</span>
        </dd>
        <Pivots event={event} />
        <dt>Id</dt>
        <dd>
          <Code text={event.id} what="event id" short />
        </dd>
      </dl>
      <EventDetections id={event.id} />
      <Tabs
        label="Event as"
        value={view}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, view: next }), replace: true })}
        tabs={[
          { id: "fields", title: "Fields", body: <FactList facts={event.fields} /> },
          { id: "ecs", title: "Rule view", body: <FactList facts={event.ecs} /> },
          { id: "raw", title: "Raw", body: <Raw event={event} /> },
        ]}
      />
    </>
  );
}

/** Values one goes on from: each narrows the list to its own rows, or is copied. */
function Pivots({ event }: Readonly<{ event: Event }>): ReactNode {
  const pivots = [
    ["Source", "ip", event.src?.ip],
    ["User", "user", event.user ?? undefined],
    ["Session", "session", event.session ?? undefined],
  ] as const;
  return pivots.map(([title, key, value]) => (
    <div key={key} className="fact">
      <dt>{title}</dt>
      <dd>
        {value === undefined ? (
          <span className="unknown">unknown</span>
        ) : (
          <span className="pivot">
            <Link
              from="/events"
              to="/events"
              search={(old) => ({ ...old, [key]: value })}
              title={`Show only events with this ${title.toLowerCase()}`}
            >
              <Hostile text={value} limit={80} mono />
            </Link>
            <CopyButton text={visibleText(value)} what={title.toLowerCase()} />
            {key === "ip" ? (
              <Link to="/incidents" search={{ ip: value, show: "all" }} className="pivot-more">
                incidents
              </Link>
            ) : null}
          </span>
        )}
      </dd>
    </div>
  ));
}

function EventDetections({ id }: Readonly<{ id: EventId }>): ReactNode {
  const query = useQuery(ask("detection.list", { query: { event: id, limit: 20 } }));
  const items = query.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className="inset">
      <h3>Seen by</h3>
      <ul className="plain">
        {items.map((detection) => (
          <li key={detection.id}>
            <SeverityBadge severity={detection.severity} />{" "}
            <Link to="/detections" search={{ detection: detection.id, event: id }}>
              {detection.ruleTitle}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Raw({ event }: Readonly<{ event: Event }>): ReactNode {
  return (
    <>
      <div className="raw" tabIndex={0} role="region" aria-label="Raw input">
        <Hostile text={event.raw} limit={20_000} mono />
      </div>
      <p className="raw-foot">
        <CopyButton text={JSON.stringify(event.raw)} what="raw input as a JSON string" label="Copy as JSON" />
        {event.rawRef === null ? null : <span className="muted mono">{event.rawRef}</span>}
      </p>
    </>
  );
}
