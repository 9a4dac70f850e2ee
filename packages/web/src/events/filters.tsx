import { EVENT_KINDS, EVENT_OUTCOMES } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Popover } from "radix-ui";
import { useState, type ReactNode } from "react";
import { sensorsQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Chips, type Chip } from "../kit/chips.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FilterSelect } from "../kit/filter-select.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { controlText, formatInstant, parseControl } from "../time/format.ts";
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
        <TimeRange />
        <button type="submit" className="button">
          Search
        </button>
      </Form>
      <EventChips sensorName={(id) => sensors.find((sensor) => sensor.id === id)?.name} />
    </>
  );
}

/** From and before, read in the zone of the header's switch. */
function TimeRange(): ReactNode {
  const { from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const zone = useZone();
  const [open, setOpen] = useState(false);
  const submit = (form: FormData): void => {
    const range = { from: parseControl(formText(form, "from"), zone), to: parseControl(formText(form, "to"), zone) };
    void navigate({ search: (old) => ({ ...old, ...range }) });
    setOpen(false);
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="button" type="button">
        <Icon name="clock" /> Time
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover" align="end" sideOffset={6} aria-label="Time range">
          <Form onData={submit}>
            <Field label={`From (${zone === "utc" ? "UTC" : "local time"})`}>
              {(control) => (
                <input {...control} type="datetime-local" step={1} name="from" defaultValue={controlText(from, zone)} />
              )}
            </Field>
            <Field label="Before">
              {(control) => (
                <input {...control} type="datetime-local" step={1} name="to" defaultValue={controlText(to, zone)} />
              )}
            </Field>
            <p className="form-foot">
              <button type="submit" className="button primary">
                Apply
              </button>
            </p>
          </Form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
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
