import { ATTACKER_ORDERS, BEHAVIOUR_CLASSES, type AttackerRow } from "@tyr/contract";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { defined } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { Chips } from "../kit/chips.tsx";
import type { Column } from "../kit/data-table.tsx";
import { formText } from "../kit/field.tsx";
import { chipsOf } from "../kit/filter-chips.ts";
import { FilterSelect } from "../kit/filter-select.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty } from "../kit/notice.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { RiskMeter, SeverityShape } from "../kit/severity.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { BEHAVIOUR_WORDS } from "./words.ts";

const route = getRouteApi("/app/attackers");
const RISKS = ["40", "70", "90"] as const;
const ORDER_WORDS = { last_seen: "Last seen first", risk: "Riskiest first", events: "Busiest first" } as const;
export const ADDRESSES = ["address", "addresses"] as const;

export const ADDRESS_COLUMNS: readonly Column<AttackerRow>[] = [
  {
    id: "address",
    header: "Address",
    className: "clip",
    cell: (row) => (
      <Link to="/attackers/$id" params={{ id: row.id }} className="row-link">
        {row.severity === null ? (
          <span className="no-severity" />
        ) : (
          <>
            <SeverityShape severity={row.severity} />
            <span className="sr-only">{row.severity}: </span>
          </>
        )}
        <Hostile text={row.address} mono />
      </Link>
    ),
  },
  { id: "risk", header: "Risk", className: "nowrap", cell: (row) => <RiskMeter score={row.riskScore} /> },
  {
    id: "behaviour",
    header: "Behaviour",
    className: "nowrap",
    cell: (row) =>
      row.behaviour === null || row.behaviour === "unknown" ? (
        <span className="unknown">unknown</span>
      ) : (
        BEHAVIOUR_WORDS[row.behaviour].short
      ),
  },
  {
    id: "events",
    header: "Events",
    align: "end",
    cell: (row) => (
      <Link to="/events" search={{ ip: row.address }}>
        {row.eventCount.toLocaleString("en")}
      </Link>
    ),
  },
  {
    id: "detections",
    header: "Detections",
    align: "end",
    cell: (row) => (
      <Link to="/detections" search={{ ip: row.address }}>
        {row.detectionCount.toLocaleString("en")}
      </Link>
    ),
  },
  { id: "services", header: "Services", align: "end", className: "spare", cell: (row) => row.serviceCount },
  {
    id: "ladder",
    header: "Counts to",
    className: "nowrap",
    cell: (row) => <Ladder row={row} />,
  },
  { id: "last", header: "Last seen", className: "nowrap", cell: (row) => <Time at={row.lastSeenAt} show="age" /> },
];

function Ladder({ row }: Readonly<{ row: AttackerRow }>): ReactNode {
  if (row.identityId === null) return <span className="muted">no identity</span>;
  return (
    <>
      <Link to="/identities/$id" params={{ id: row.identityId }}>
        identity
      </Link>
      {row.campaignId === null ? null : (
        <>
          {" · "}
          <Link to="/campaigns/$id" params={{ id: row.campaignId }}>
            campaign
          </Link>
        </>
      )}
    </>
  );
}

export function AddressList(): ReactNode {
  const { ip, service, behaviour, minRisk, sensor, order, identity, campaign } = route.useSearch();
  const navigate = route.useNavigate();
  const filters = { ip, service, behaviour, sensor, identity, campaign };
  const pages = usePages("attacker.list", {
    query: {
      ...defined({ ...filters, sort: order }),
      ...(minRisk === undefined ? {} : { minRisk: Number(minRisk) }),
      limit: 100,
    },
  });
  const chips = chipsOf(
    { ...filters, behaviour: behaviour && BEHAVIOUR_WORDS[behaviour].short, minRisk },
    (key) => void navigate({ search: (old) => ({ ...old, [key]: undefined }) }),
  );
  return (
    <>
      <Filters />
      <Chips chips={chips} clear={() => void navigate({ search: ({ tz, order: kept }) => ({ tz, order: kept }) })} />
      <PagedTable
        pages={pages}
        noun={ADDRESSES}
        caption="Addresses"
        columns={ADDRESS_COLUMNS}
        rowKey={(row) => row.id}
        onOpen={(row) => void navigate({ to: "/attackers/$id", params: { id: row.id } })}
        empty={
          <Empty
            icon="person"
            title={chips.length > 0 ? "No address matches" : "Nobody was seen yet"}
            action={
              <Link to="/sensors" className="button">
                See the sensors
              </Link>
            }
          >
            Every address a sensor hears from is listed here, with what it did and who may be behind it.
          </Empty>
        }
      />
    </>
  );
}

function Filters(): ReactNode {
  const { ip, service, behaviour, minRisk, order } = route.useSearch();
  const navigate = route.useNavigate();
  const submit = (data: FormData): void =>
    void navigate({
      search: (old) => ({
        ...old,
        ip: formText(data, "ip") || undefined,
        service: formText(data, "service") || undefined,
      }),
    });
  return (
    <Form className="filter-bar" label="Filter attackers" search onData={submit}>
      <span className="filter-line">
        <Icon name="search" />
        <input
          key={`ip ${ip ?? ""}`}
          name="ip"
          type="search"
          aria-label="Address or prefix"
          placeholder="Address or prefix: 203.0.113.9, 198.51.100.0/24"
          defaultValue={ip}
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
        />
      </span>
      <input
        key={`service ${service ?? ""}`}
        name="service"
        className="filter-small"
        aria-label="Service"
        placeholder="Service: ssh"
        defaultValue={service}
        maxLength={64}
        autoComplete="off"
        spellCheck={false}
      />
      <FilterSelect
        label="Behaviour"
        any="Any behaviour"
        options={BEHAVIOUR_CLASSES}
        value={behaviour}
        words={(one) => BEHAVIOUR_WORDS[one].short}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, behaviour: next }) })}
      />
      <FilterSelect
        label="Risk"
        any="Any risk"
        options={RISKS}
        value={minRisk}
        words={(least) => `${least} or more`}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, minRisk: next }) })}
      />
      <FilterSelect
        label="Order"
        any={ORDER_WORDS.last_seen}
        options={ATTACKER_ORDERS.filter((one) => one !== "last_seen")}
        value={order}
        words={(one) => ORDER_WORDS[one]}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, order: next }) })}
      />
      <button type="submit" className="button">
        Search
      </button>
    </Form>
  );
}
