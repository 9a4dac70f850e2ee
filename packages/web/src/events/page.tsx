import type { Event } from "@tyr/contract";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useState, type ReactNode } from "react";
import { defined } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { PagedTable } from "../kit/paged-table.tsx";
import { type Column } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty } from "../kit/notice.tsx";
import { SeverityShape } from "../kit/severity.tsx";
import { live, useLive } from "../live/use-live.ts";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { EVENTS } from "../text/counted.ts";
import { Time } from "../time/time.tsx";
import { EventFilters } from "./filters.tsx";
import { EventPanel } from "./panel.tsx";
import { Sentence } from "./event-sentence.tsx";

const route = getRouteApi("/app/events");

const COLUMNS: readonly Column<Event>[] = [
  { id: "time", header: "Time", className: "nowrap col-time", cell: (event) => <Time at={event.time} /> },
  {
    id: "what",
    header: "What happened",
    className: "clip",
    cell: (event) => (
      <Link from="/events" to="/events" search={(old) => ({ ...old, event: event.id })} className="row-link">
        <SeverityShape severity={event.severity} />
        <span className="sr-only">{event.severity}: </span>
        <Sentence event={event} />
      </Link>
    ),
  },
  { id: "kind", header: "Kind", className: "nowrap muted spare", cell: (event) => event.kind.replaceAll("_", " ") },
  { id: "sensor", header: "Sensor", className: "nowrap col-sensor", cell: (event) => event.sensorName },
];

export function EventsPage(): ReactNode {
  return (
    <Guarded needs="event:read">
      <Events />
    </Guarded>
  );
}

function Events(): ReactNode {
  const { event: selected, view: _view, tz: _tz, ...filters } = route.useSearch();
  const navigate = route.useNavigate();
  const pages = usePages("event.list", { query: { ...defined(filters), limit: 200 } });
  const filtered = Object.values(filters).some((value) => value !== undefined);
  const close = useCallback(
    () => void navigate({ search: (old) => ({ ...old, event: undefined, view: undefined }) }),
    [navigate],
  );
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead title="Events" about="Everything the sensors sent, newest first, as it was stored.">
          <NewEvents key={pages.readAt} onShow={pages.refetch} />
        </PageHead>
        <EventFilters />
        <PagedTable
          pages={pages}
          noun={EVENTS}
          caption="Events"
          columns={COLUMNS}
          rowKey={(event) => event.id}
          selectedKey={selected}
          onOpen={(event) => void navigate({ search: (old) => ({ ...old, event: event.id }) })}
          empty={<NoEvents filtered={filtered} />}
        />
      </div>
      {selected === undefined ? null : <EventPanel id={selected} onClose={close} />}
    </div>
  );
}

/** Rows never jump under the pointer: new ones wait behind this button. Keyed by the reading, so it starts over with each. */
function NewEvents({ onShow }: Readonly<{ onShow: () => void }>): ReactNode {
  const { shown, held } = useLive();
  const [seqAtRead] = useState(() => live.read().seq);
  const isNew = [...held, ...shown].some((entry) => entry.topic === "event.stored" && entry.seq > seqAtRead);
  if (!isNew) return null;
  return (
    <button type="button" className="button" onClick={onShow}>
      <Icon name="down" /> New events, show them
    </button>
  );
}

function NoEvents({ filtered }: Readonly<{ filtered: boolean }>): ReactNode {
  if (filtered) {
    return (
      <Empty
        icon="filter"
        title="No event matches"
        action={
          <Link to="/events" className="button">
            Show all events
          </Link>
        }
      >
        All filters are listed above; each can be taken away.
      </Empty>
    );
  }
  return (
    <Empty
      icon="events"
      title="No events yet"
      action={
        <Link to="/sensors" className="button primary">
          Register a sensor
        </Link>
      }
    >
      Here is every line a sensor sends, readable and searchable. Nothing was stored so far.
    </Empty>
  );
}
