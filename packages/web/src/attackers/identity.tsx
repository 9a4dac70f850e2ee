import { isId, type CampaignId, type Identity, type IdentityId, type IdentityMember } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { RiskMeter } from "../kit/severity.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { counted } from "../text/counted.ts";
import { Time } from "../time/time.tsx";
import { ADDRESS_COLUMNS, ADDRESSES } from "./address-list.tsx";
import { Edges, Rulings } from "./edges.tsx";
import { Habits } from "./habits.tsx";
import { LadderHead, NoRung } from "./ladder-head.tsx";
import { Unmerge } from "./merge.tsx";
import { Profile } from "./profile.tsx";
import { RungScreen } from "./rung-screen.tsx";
import { TechniquesOf } from "./techniques-of.tsx";

const route = getRouteApi("/app/identities/$id");

export function IdentityPage(): ReactNode {
  const { id } = route.useParams();
  return (
    <Guarded needs="actor:read">
      {isId("identity", id) ? (
        <IdentityOf id={id} />
      ) : (
        <div className="page">
          <NoRung tab="identities" id={id} />
        </div>
      )}
    </Guarded>
  );
}

function IdentityOf({ id }: Readonly<{ id: IdentityId }>): ReactNode {
  const query = useQuery(ask("identity.get", { params: { id } }));
  return (
    <div className="page">
      <LadderHead tab="identities" id={id} />
      <Loaded
        query={query}
        lines={12}
        heading={<PageHead title="Identity" />}
        gone={<NoRung tab="identities" id={id} />}
      >
        {(identity) => <Screen identity={identity} />}
      </Loaded>
    </div>
  );
}

function Screen({ identity }: Readonly<{ identity: Identity }>): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <RungScreen
      rung={{ noun: "identity", id: identity.id }}
      title={`Identity of ${counted(identity.addressCount, ADDRESSES)}`}
      about="The same hands behind several addresses, told by what is costly to change."
      mergedInto={identity.mergedInto}
      figures={figuresOf(identity)}
      tabs={{
        value: tab ?? "why",
        onChange: (next) =>
          void navigate({ search: ({ tz }) => ({ tz, tab: next === "why" ? undefined : next }), replace: true }),
        tabs: [
          { id: "why", title: "Why it is one", body: <Why identity={identity} /> },
          { id: "addresses", title: "Addresses", count: identity.addressCount, body: <Members identity={identity} /> },
          { id: "habits", title: "Habits", body: <Habits profile={identity.profile} /> },
          { id: "techniques", title: "Techniques", body: <TechniquesOf scope="identity" id={identity.id} /> },
        ],
      }}
    />
  );
}

function Why({ identity: { edges, rulings, profile } }: Readonly<{ identity: Identity }>): ReactNode {
  return (
    <>
      <Edges title="Links, strongest first" edges={edges} none="One address: there is nothing to link." />
      <Profile entries={profile} />
      <Rulings rulings={rulings} />
    </>
  );
}

function figuresOf(identity: Identity): readonly (readonly [string, ReactNode])[] {
  const { campaignId } = identity;
  const campaign = campaignId === null ? "none" : <CampaignLink id={campaignId} />;
  return [
    ["Risk", <RiskMeter key="risk" score={identity.riskScore} />],
    ["Confidence", identity.confidence.toFixed(2)],
    ["Events", identity.eventCount.toLocaleString("en")],
    ["Detections", identity.detectionCount.toLocaleString("en")],
    ["First seen", <Time key="first" at={identity.firstSeenAt} />],
    ["Last seen", <Time key="last" at={identity.lastSeenAt} />],
    ["Campaign", campaign],
  ];
}

function CampaignLink({ id }: Readonly<{ id: CampaignId }>): ReactNode {
  return (
    <Link to="/campaigns/$id" params={{ id }}>
      open the campaign
    </Link>
  );
}

const MEMBER_COLUMNS: readonly Column<IdentityMember>[] = ADDRESS_COLUMNS.filter(
  ({ id }) => id !== "ladder" && id !== "services",
);

/** For an address that was an identity of its own, the way out again. */
const outOf = (identity: IdentityId): Column<IdentityMember> => ({
  id: "out",
  header: "Merged in",
  className: "nowrap",
  cell: ({ ownIdentityId, address }) =>
    ownIdentityId === identity ? (
      <span className="muted">no</span>
    ) : (
      <Unmerge rung={{ noun: "identity", id: ownIdentityId }} of={address} />
    ),
});

function Members({ identity }: Readonly<{ identity: Identity }>): ReactNode {
  const { id, members, addressCount } = identity;
  const may = useCan()("actor:write");
  const columns = useMemo(() => (may ? [...MEMBER_COLUMNS, outOf(id)] : MEMBER_COLUMNS), [may, id]);
  return (
    <div className="section-table">
      {members.length < addressCount ? (
        <p className="muted small">
          {members.length} of {counted(addressCount, ADDRESSES)}.
        </p>
      ) : null}
      <DataTable caption="Addresses" columns={columns} rows={members} rowKey={(row) => row.id} />
    </div>
  );
}
