import type { ReactNode } from "react";
import { getRouteApi } from "@tanstack/react-router";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { AddressList } from "./address-list.tsx";
import { CampaignList, IdentityList } from "./ladder-lists.tsx";

const route = getRouteApi("/app/attackers");

export function AttackersPage(): ReactNode {
  return (
    <Guarded needs="actor:read">
      <Attackers />
    </Guarded>
  );
}

function Attackers(): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead
          title="Attackers"
          about="Addresses, the hands behind them, and who acts together; each link says why."
        />
        <Tabs
          label="Attackers"
          value={tab ?? "addresses"}
          onChange={(next) =>
            void navigate({ search: ({ tz }) => ({ tz, tab: next === "addresses" ? undefined : next }) })
          }
          tabs={[
            { id: "addresses", title: "Addresses", body: <AddressList /> },
            { id: "identities", title: "Identities", body: <IdentityList /> },
            { id: "campaigns", title: "Campaigns", body: <CampaignList /> },
          ]}
        />
      </div>
    </div>
  );
}
