import { isId, type Identity, type IdentityId, type IdentityMember } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Downloads } from "../attack/downloads.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { RiskMeter } from "../kit/severity.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { NotFound } from "../shell/not-found.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { counted } from "../text/counted.ts";
import { Time } from "../time/time.tsx";
import { ADDRESS_COLUMNS, ADDRESSES } from "./address-list.tsx";
import { Edges, Rulings } from "./edges.tsx";
import { LadderHead, MergedInto } from "./ladder-head.tsx";
import { Merge, Unmerge } from "./merge.tsx";
import { TechniquesOf } from "./techniques-of.tsx";

const route = getRouteApi("/app/identities/$id");

export function IdentityPage(): ReactNode {
  const { id } = route.useParams();
  return <Guarded needs="actor:read">{isId("identity", id) ? <IdentityOf id={id} /> : <NotFound />}</Guarded>;
}

function IdentityOf({ id }: Readonly<{ id: IdentityId }>): ReactNode {
  const query = useQuery(ask("identity.get", { params: { id } }));
  return (
    <div className="page">
      <LadderHead tab="identities" id={id} />
      <Loaded query={query} lines={12}>
        {(identity) => <Screen identity={identity} />}
      </Loaded>
    </div>
  );
}

function Screen({ identity }: Readonly<{ identity: Identity }>): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const [merging, setMerging] = useState(false);
  return (
    <>
      <PageHead
        title={`Identity of ${counted(identity.addressCount, ADDRESSES)}`}
        about="The same hands behind several addresses, told by what is costly to change."
      >
        <Downloads asked={{}} domain={undefined} of={{ scope: "identity", id: identity.id }} />
        {can("actor:write") && identity.mergedInto === null ? (
          <button type="button" className="button" onClick={() => setMerging(true)}>
            Merge with…
          </button>
        ) : null}
      </PageHead>
      {identity.mergedInto === null ? null : (
        <MergedInto rung={{ noun: "identity", id: identity.id }} into={identity.mergedInto} />
      )}
      <Figures identity={identity} />
      <div className="incident-main">
        <Tabs
          label="Identity"
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
                  <Edges
                    title="Links, strongest first"
                    edges={identity.edges}
                    none="One address: there is nothing to link."
                  />
                  <Rulings rulings={identity.rulings} />
                </>
              ),
            },
            {
              id: "addresses",
              title: "Addresses",
              count: identity.addressCount,
              body: <Members identity={identity} />,
            },
            { id: "techniques", title: "Techniques", body: <TechniquesOf scope="identity" id={identity.id} /> },
          ]}
        />
      </div>
      {merging ? <Merge rung={{ noun: "identity", id: identity.id }} onClose={() => setMerging(false)} /> : null}
    </>
  );
}

function Figures({ identity }: Readonly<{ identity: Identity }>): ReactNode {
  return (
    <dl className="ladder-figures card">
      <div>
        <dt>Risk</dt>
        <dd>
          <RiskMeter score={identity.riskScore} />
        </dd>
      </div>
      <div>
        <dt>Confidence</dt>
        <dd>{identity.confidence.toFixed(2)}</dd>
      </div>
      <div>
        <dt>Events</dt>
        <dd>{identity.eventCount.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>Detections</dt>
        <dd>{identity.detectionCount.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>First seen</dt>
        <dd>
          <Time at={identity.firstSeenAt} />
        </dd>
      </div>
      <div>
        <dt>Last seen</dt>
        <dd>
          <Time at={identity.lastSeenAt} />
        </dd>
      </div>
      <div>
        <dt>Campaign</dt>
        <dd>
          {identity.campaignId === null ? (
            "none"
          ) : (
            <Link to="/campaigns/$id" params={{ id: identity.campaignId }}>
              open the campaign
            </Link>
          )}
        </dd>
      </div>
    </dl>
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
