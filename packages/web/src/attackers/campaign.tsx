import { isId, type Campaign, type CampaignId } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { DataTable } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { RiskMeter } from "../kit/severity.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { counted } from "../text/counted.ts";
import { Time } from "../time/time.tsx";
import { ADDRESSES } from "./address-list.tsx";
import { Edges, Rulings } from "./edges.tsx";
import { LadderHead, NoRung } from "./ladder-head.tsx";
import { IDENTITY_COLUMNS } from "./ladder-lists.tsx";
import { RungScreen } from "./rung-screen.tsx";
import { TechniquesOf } from "./techniques-of.tsx";

const route = getRouteApi("/app/campaigns/$id");
const COLUMNS = IDENTITY_COLUMNS.filter(({ id }) => id !== "campaign");

export function CampaignPage(): ReactNode {
  const { id } = route.useParams();
  return (
    <Guarded needs="actor:read">
      {isId("campaign", id) ? (
        <CampaignOf id={id} />
      ) : (
        <div className="page">
          <NoRung tab="campaigns" id={id} />
        </div>
      )}
    </Guarded>
  );
}

function CampaignOf({ id }: Readonly<{ id: CampaignId }>): ReactNode {
  const query = useQuery(ask("campaign.get", { params: { id } }));
  return (
    <div className="page">
      <LadderHead tab="campaigns" id={id} />
      <Loaded
        query={query}
        lines={12}
        heading={<PageHead title="Campaign" />}
        gone={<NoRung tab="campaigns" id={id} />}
      >
        {(campaign) => <Screen campaign={campaign} />}
      </Loaded>
    </div>
  );
}

function Screen({ campaign }: Readonly<{ campaign: Campaign }>): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <RungScreen
      rung={{ noun: "campaign", id: campaign.id }}
      title={`Campaign of ${counted(campaign.identityCount, ["identity", "identities"])}`}
      about="Identities that act together: different hands, one purpose."
      mergedInto={campaign.mergedInto}
      figures={[
        ["Risk", <RiskMeter key="risk" score={campaign.riskScore} />],
        ["Reaches", counted(campaign.addressCount, ADDRESSES)],
        ["Events", campaign.eventCount.toLocaleString("en")],
        ["First seen", <Time key="first" at={campaign.firstSeenAt} />],
        ["Last seen", <Time key="last" at={campaign.lastSeenAt} />],
      ]}
      tabs={{
        value: tab ?? "why",
        onChange: (next) =>
          void navigate({ search: ({ tz }) => ({ tz, tab: next === "why" ? undefined : next }), replace: true }),
        tabs: [
          { id: "why", title: "Why it is one", body: <Why campaign={campaign} /> },
          {
            id: "identities",
            title: "Identities",
            count: campaign.identityCount,
            body: <Identities campaign={campaign} />,
          },
          { id: "techniques", title: "Techniques", body: <TechniquesOf scope="campaign" id={campaign.id} /> },
        ],
      }}
    />
  );
}

function Why({ campaign: { edges, rulings } }: Readonly<{ campaign: Campaign }>): ReactNode {
  return (
    <>
      <Edges title="Links" edges={edges} none="A person put these together." />
      <Rulings rulings={rulings} />
    </>
  );
}

function Identities({ campaign: { identities } }: Readonly<{ campaign: Campaign }>): ReactNode {
  return (
    <div className="section-table">
      <DataTable caption="Identities" columns={COLUMNS} rows={identities} rowKey={(row) => row.id} />
    </div>
  );
}
