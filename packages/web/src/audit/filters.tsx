import { AUDIT_EVENT_NAMES, type CallInput } from "@tyr/contract";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { defined } from "../api/queries.ts";
import { Chips, type Chip } from "../kit/chips.tsx";
import { FilterSelect } from "../kit/filter-select.tsx";
import { formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { formatInstant } from "../time/format.ts";
import { TimeRange } from "../time/time-range.tsx";
import { useZone } from "../time/use-zone.ts";

const route = getRouteApi("/app/audit");
const OUTCOMES = ["success", "refused", "failure"] as const;
const LABELS = {
  text: "text",
  type: "type",
  actor: "actor",
  object: "object",
  outcome: "outcome",
  request: "request",
  anomalies: "what stands out",
  from: "from",
  to: "before",
} as const;
type FilterKey = keyof typeof LABELS;
const FILTER_KEYS = Object.keys(LABELS) as readonly FilterKey[];
type Search = Partial<Record<FilterKey, string | undefined>>;
type Query = NonNullable<CallInput<"audit.events">["query"]>;

/** The filters of the address as the server names them. Hours of the night are read in this browser's time. */
export function queryOf(search: Search): Query {
  const { text, type, actor, object, outcome, request, anomalies, from, to } = search;
  return defined({
    text,
    type,
    userId: actor,
    objectId: object,
    outcome: OUTCOMES.find((known) => known === outcome),
    correlationId: request,
    anomaliesOnly: anomalies === "only" ? ("true" as const) : undefined,
    since: from,
    until: to,
    utcOffsetMinutes: -new Date().getTimezoneOffset(),
  });
}

export function AuditFilters(): ReactNode {
  const { type, outcome, anomalies, from, to } = route.useSearch();
  const navigate = route.useNavigate();
  // A new key empties the line once its words have become a chip.
  const [line, setLine] = useState(0);
  const submit = (form: FormData): void => {
    const text = formText(form, "text");
    if (text !== "") void navigate({ search: (old) => ({ ...old, text }) });
    setLine(line + 1);
  };
  return (
    <>
      <Form className="filter-bar" label="Filter the log" search onData={submit}>
        <span className="filter-line">
          <Icon name="search" />
          <input
            key={line}
            name="text"
            type="search"
            aria-label="Search the log"
            placeholder="Words in an entry: a reason, a rule, an id (people: their user id)"
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
          />
        </span>
        <FilterSelect
          label="Type"
          any="Every type"
          options={AUDIT_EVENT_NAMES}
          value={AUDIT_EVENT_NAMES.find((known) => known === type)}
          words={(name) => name}
          onChange={(name) => void navigate({ search: (old) => ({ ...old, type: name }) })}
        />
        <FilterSelect
          label="Outcome"
          any="Any outcome"
          options={OUTCOMES}
          value={outcome}
          onChange={(name) => void navigate({ search: (old) => ({ ...old, outcome: name }) })}
        />
        <FilterSelect
          label="What stands out"
          any="Every entry"
          options={["only"] as const}
          value={anomalies}
          words={() => "Only what stands out"}
          onChange={(only) => void navigate({ search: (old) => ({ ...old, anomalies: only }) })}
        />
        <TimeRange
          from={from}
          to={to}
          onChange={(range) => void navigate({ search: (old) => ({ ...old, ...range }) })}
        />
        <button type="submit" className="button">
          Search
        </button>
      </Form>
      <AuditChips />
    </>
  );
}

function AuditChips(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const zone = useZone();
  const chips = FILTER_KEYS.flatMap((key): Chip[] => {
    const value = search[key];
    if (value === undefined) return [];
    const shown = key === "from" || key === "to" ? formatInstant(value, zone) : value;
    const remove = (): void => void navigate({ search: (old) => ({ ...old, [key]: undefined }) });
    return [{ key, label: LABELS[key], value: shown, remove }];
  });
  return <Chips chips={chips} clear={() => void navigate({ search: ({ tz, entry }) => ({ tz, entry }) })} />;
}
