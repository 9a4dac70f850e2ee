import { isId, type Campaign, type CampaignId } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Downloads } from "../attack/downloads.tsx";
import { DataTable } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { RiskMeter } from "../kit/severity.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { NotFound } from "../shell/not-found.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { counted } from "../text/counted.ts";
import { Time } from "../time/time.tsx";
import { ADDRESSES } from "./address-list.tsx";
import { Edges, Rulings } from "./edges.tsx";
import { LadderHead, MergedInto } from "./ladder-head.tsx";
import { IDENTITY_COLUMNS } from "./ladder-lists.tsx";
import { Merge } from "./merge.tsx";
import { TechniquesOf } from "./techniques-of.tsx";

const route = getRouteApi("/app/campaigns/$id");
const COLUMNS = IDENTITY_COLUMNS.filter(({ id }) => id !== "campaign");

export function CampaignPage(): ReactNode {
  const { id } = route.useParams();
  return <Guarded needs="actor:read">{isId("campaign", id) ? <CampaignOf id={id} /> : <NotFound />}</Guarded>;
}

function CampaignOf({ id }: Readonly<{ id: CampaignId }>): ReactNode {
  const query = useQuery(ask("campaign.get", { params: { id } }));
  return (
    <div className="page">
      <LadderHead tab="campaigns" id={id} />
      <Loaded query={query} lines={12}>
        {(campaign) => <Screen campaign={campaign} />}
      </Loaded>
    </div>
  );
}

function Screen({ campaign }: Readonly<{ campaign: Campaign }>): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const [merging, setMerging] = useState(false);
  return (
    <>
      <PageHead
        title={`Campaign of ${counted(campaign.identityCount, ["identity", "identities"])}`}
        about="Identities that act together: different hands, one purpose."
      >
        <Downloads asked={{}} domain={undefined} of={{ scope: "campaign", id: campaign.id }} />
        {can("actor:write") && campaign.mergedInto === null ? (
          <button type="button" className="button" onClick={() => setMerging(true)}>
            Merge with…
          </button>
        ) : null}
      </PageHead>
      {campaign.mergedInto === null ? null : (
        <MergedInto rung={{ noun: "campaign", id: campaign.id }} into={campaign.mergedInto} />
      )}
      <Figures campaign={campaign} />
      <div className="incident-main">
        <Tabs
          label="Campaign"
          value={tab ?? "why"}
          onChange={(next) =>
            void navigate({ search: ({ tz }) => ({ tz, tab: next === "why" ? undefined : next }), replace: true })
          }
          tabs={[
            {
              id: "why",
              title: "Why it is one",
              body: (
                <>
                  <Edges title="Links" edges={campaign.edges} none="A person put these together." />
                  <Rulings rulings={campaign.rulings} />
                </>
              ),
            },
            {
              id: "identities",
              title: "Identities",
              count: campaign.identityCount,
              body: (
                <div className="section-table">
                  <DataTable
                    caption="Identities"
                    columns={COLUMNS}
                    rows={campaign.identities}
                    rowKey={(row) => row.id}
                  />
                </div>
              ),
            },
            { id: "techniques", title: "Techniques", body: <TechniquesOf scope="campaign" id={campaign.id} /> },
          ]}
        />
      </div>
      {merging ? <Merge rung={{ noun: "campaign", id: campaign.id }} onClose={() => setMerging(false)} /> : null}
    </>
  );
}

function Figures({ campaign }: Readonly<{ campaign: Campaign }>): ReactNode {
  return (
    <dl className="ladder-figures card">
      <div>
        <dt>Risk</dt>
        <dd>
          <RiskMeter score={campaign.riskScore} />
        </dd>
      </div>
      <div>
        <dt>Reaches</dt>
        <dd>{counted(campaign.addressCount, ADDRESSES)}</dd>
      </div>
      <div>
        <dt>Events</dt>
        <dd>{campaign.eventCount.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>First seen</dt>
        <dd>
          <Time at={campaign.firstSeenAt} />
        </dd>
      </div>
      <div>
        <dt>Last seen</dt>
        <dd>
          <Time at={campaign.lastSeenAt} />
        </dd>
      </div>
    </dl>
  );
}
