import { EVENT_KINDS, EVENT_OUTCOMES } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { sensorsQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Chips, type Chip } from "../kit/chips.tsx";
import { formText } from "../kit/field.tsx";
import { FilterSelect } from "../kit/filter-select.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { formatInstant } from "../time/format.ts";
import { TimeRange } from "../time/time-range.tsx";
import { useZone } from "../time/use-zone.ts";
import { parseQueryText } from "./query-text.ts";

const route = getRouteApi("/app/events");
const LABELS = {
  q: "text",
  ip: "source",
  user: "user",
  session: "session",
  kind: "kind",
  outcome: "outcome",
  sensor: "sensor",
  from: "from",
  to: "before",
} as const;
type FilterKey = keyof typeof LABELS;
const FILTER_KEYS = Object.keys(LABELS) as readonly FilterKey[];

export function EventFilters(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const sensors = useQuery({ ...sensorsQuery, enabled: can("sensor:read") }).data?.items ?? [];
  // A new key empties the line once its words have become chips.
  const [line, setLine] = useState(0);
  const submit = (data: FormData): void => {
    const parsed = parseQueryText(formText(data, "line"));
    void navigate({ search: (old) => ({ ...old, ...parsed }) });
    setLine(line + 1);
  };
  return (
    <>
      <Form className="filter-bar" label="Filter events" search onData={submit}>
        <span className="filter-line">
          <Icon name="search" />
          <input
            key={line}
            name="line"
            type="search"
            aria-label="Search events"
            placeholder="Words in the raw line, or ip:203.0.113.9  user:root  session:4c0f…"
            autoComplete="off"
            spellCheck={false}
          />
        </span>
        <FilterSelect
          label="Kind"
          any="Any kind"
          options={EVENT_KINDS}
          value={search.kind}
          onChange={(kind) => void navigate({ search: (old) => ({ ...old, kind }) })}
        />
        <FilterSelect
          label="Outcome"
          any="Any outcome"
          options={EVENT_OUTCOMES}
          value={search.outcome}
          onChange={(outcome) => void navigate({ search: (old) => ({ ...old, outcome }) })}
        />
        <FilterSelect
          label="Sensor"
          any="Any sensor"
          options={sensors.map((sensor) => sensor.id)}
          value={search.sensor}
          words={(id) => sensors.find((sensor) => sensor.id === id)?.name ?? id}
          onChange={(sensor) => void navigate({ search: (old) => ({ ...old, sensor }) })}
        />
        <TimeRange
          from={search.from}
          to={search.to}
          onChange={(range) => void navigate({ search: (old) => ({ ...old, ...range }) })}
        />
        <button type="submit" className="button">
          Search
        </button>
      </Form>
      <EventChips sensorName={(id) => sensors.find((sensor) => sensor.id === id)?.name} />
    </>
  );
}

function EventChips({ sensorName }: Readonly<{ sensorName: (id: string) => string | undefined }>): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const zone = useZone();
  const shown = (key: FilterKey, value: string): string => {
    if (key === "sensor") return sensorName(value) ?? value;
    if (key === "from" || key === "to") return formatInstant(value, zone);
    return key === "kind" ? value.replaceAll("_", " ") : value;
  };
  const chips = FILTER_KEYS.flatMap((key): Chip[] => {
    const value = search[key];
    if (value === undefined) return [];
    const remove = (): void => void navigate({ search: (old) => ({ ...old, [key]: undefined }) });
    return [{ key, label: LABELS[key], value: shown(key, value), remove }];
  });
  const clear = (): void => void navigate({ search: ({ tz, event, view }) => ({ tz, event, view }) });
  return <Chips chips={chips} clear={clear} />;
}
