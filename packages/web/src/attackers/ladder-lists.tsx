import type { CampaignRow, IdentityRow } from "@tyr/contract";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { usePages } from "../api/use-pages.ts";
import { middle } from "../kit/copy.tsx";
import type { Column } from "../kit/data-table.tsx";
import { Empty } from "../kit/notice.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { RiskMeter } from "../kit/severity.tsx";
import { Time } from "../time/time.tsx";

const route = getRouteApi("/app/attackers");

type Common = Readonly<{ riskScore: number; eventCount: number; addressCount: number; lastSeenAt: string }>;

/** What identities and campaigns have alike. */
function common<T extends Common>(): readonly Column<T>[] {
  return [
    { id: "risk", header: "Risk", className: "nowrap", cell: (row) => <RiskMeter score={row.riskScore} /> },
    { id: "addresses", header: "Addresses", align: "end", cell: (row) => row.addressCount.toLocaleString("en") },
    { id: "events", header: "Events", align: "end", cell: (row) => row.eventCount.toLocaleString("en") },
    { id: "last", header: "Last seen", className: "nowrap", cell: (row) => <Time at={row.lastSeenAt} show="age" /> },
  ];
}

export const IDENTITY_COLUMNS: readonly Column<IdentityRow>[] = [
  {
    id: "id",
    header: "Identity",
    className: "nowrap",
    cell: (row) => (
      <Link to="/identities/$id" params={{ id: row.id }} className="row-link mono">
        {middle(row.id)}
      </Link>
    ),
  },
  ...common<IdentityRow>(),
  {
    id: "sure",
    header: "Confidence",
    align: "end",
    cell: (row) => row.confidence.toFixed(2),
  },
  {
    id: "campaign",
    header: "Campaign",
    className: "nowrap",
    cell: (row) =>
      row.campaignId === null ? (
        <span className="muted">none</span>
      ) : (
        <Link to="/campaigns/$id" params={{ id: row.campaignId }} className="mono">
          {middle(row.campaignId)}
        </Link>
      ),
  },
];

const CAMPAIGN_COLUMNS: readonly Column<CampaignRow>[] = [
  {
    id: "id",
    header: "Campaign",
    className: "nowrap",
    cell: (row) => (
      <Link to="/campaigns/$id" params={{ id: row.id }} className="row-link mono">
        {middle(row.id)}
      </Link>
    ),
  },
  { id: "identities", header: "Identities", align: "end", cell: (row) => row.identityCount.toLocaleString("en") },
  ...common<CampaignRow>(),
];

export function IdentityList(): ReactNode {
  const { many } = route.useSearch();
  const navigate = route.useNavigate();
  const pages = usePages("identity.list", { query: { limit: 100, ...(many === undefined ? {} : { addresses: 2 }) } });
  return (
    <>
      <div className="filter-bar">
        <button
          type="button"
          className="toggle"
          aria-pressed={many === "only"}
          onClick={() =>
            void navigate({ search: (old) => ({ ...old, many: old.many === undefined ? "only" : undefined }) })
          }
        >
          Of several addresses only
        </button>
      </div>
      <PagedTable
        pages={pages}
        noun={["identity", "identities"]}
        caption="Identities"
        columns={IDENTITY_COLUMNS}
        rowKey={(row) => row.id}
        onOpen={(row) => void navigate({ to: "/identities/$id", params: { id: row.id } })}
        empty={
          <Empty icon="users" title={many === undefined ? "No identities yet" : "No address was linked to another"}>
            An identity is one pair of hands, told by what is costly to change: clients, files, commands. Addresses with
            the same become one.
          </Empty>
        }
      />
    </>
  );
}

export function CampaignList(): ReactNode {
  const navigate = route.useNavigate();
  const pages = usePages("campaign.list", { query: { limit: 100 } });
  return (
    <PagedTable
      pages={pages}
      noun={["campaign", "campaigns"]}
      caption="Campaigns"
      columns={CAMPAIGN_COLUMNS}
      rowKey={(row) => row.id}
      onOpen={(row) => void navigate({ to: "/campaigns/$id", params: { id: row.id } })}
      empty={
        <Empty icon="link" title="No campaigns">
          A campaign is two or more identities that act together: one goes on where another stopped, or they share files
          and hosts.
        </Empty>
      }
    />
  );
}
