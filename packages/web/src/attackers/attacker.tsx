import type { Attacker } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Downloads } from "../attack/downloads.tsx";
import { Code } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";
import { RiskCard } from "../kit/risk-card.tsx";
import { SeverityBadge } from "../kit/severity.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { NoSuch } from "../shell/no-such.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { Credentials } from "./credentials.tsx";
import { AttackerLadder } from "./ladder.tsx";
import { Sessions } from "./sessions.tsx";
import { TechniquesOf } from "./techniques-of.tsx";
import { TracesOf } from "./traces.tsx";
import { BEHAVIOUR_WORDS } from "./words.ts";

const route = getRouteApi("/app/attackers/$id");

export function AttackerPage(): ReactNode {
  const { id } = route.useParams();
  return (
    <Guarded needs="actor:read">
      <AttackerOf id={id} />
    </Guarded>
  );
}

function AttackerOf({ id }: Readonly<{ id: string }>): ReactNode {
  const query = useQuery(ask("attacker.get", { params: { id } }));
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/attackers">Attackers</Link>
        <Icon name="chevron" size={12} />
        <Hostile text={query.data?.id ?? id} limit={64} mono />
      </p>
      <Loaded query={query} lines={12} heading={<PageHead title="Attacker" />} gone={<NeverSeen id={id} />}>
        {(attacker) => <Screen attacker={attacker} />}
      </Loaded>
    </div>
  );
}

function NeverSeen({ id }: Readonly<{ id: string }>): ReactNode {
  return (
    <NoSuch what="attacker" id={id} why="was never seen here, or what was kept of it is gone.">
      <Link to="/attackers" className="button">
        See all attackers
      </Link>
    </NoSuch>
  );
}

function Screen({ attacker }: Readonly<{ attacker: Attacker }>): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageHead title={attacker.address}>
        <Link to="/events" search={{ ip: attacker.address }} className="button">
          <Icon name="events" /> Events
        </Link>
        <Downloads asked={{}} domain={undefined} of={{ scope: "attacker", id: attacker.id }} />
      </PageHead>
      <div className="incident">
        <Facts attacker={attacker} />
        <div className="incident-main">
          <Tabs
            label="Attacker"
            value={tab ?? "techniques"}
            onChange={(next) =>
              void navigate({
                search: ({ tz }) => ({ tz, tab: next === "techniques" ? undefined : next }),
                replace: true,
              })
            }
            tabs={[
              { id: "techniques", title: "Techniques", body: <TechniquesOf scope="attacker" id={attacker.id} /> },
              { id: "sessions", title: "Sessions", body: <Sessions id={attacker.id} /> },
              { id: "credentials", title: "Credentials", body: <Credentials id={attacker.id} /> },
              { id: "traces", title: "Fingerprints", body: <TracesOf attacker={attacker} /> },
              { id: "ladder", title: "Behind it", body: <AttackerLadder attacker={attacker} /> },
            ]}
          />
        </div>
      </div>
    </>
  );
}

function Facts({ attacker }: Readonly<{ attacker: Attacker }>): ReactNode {
  const { behaviour, services, sensors } = attacker;
  const unknown = <span className="unknown">unknown</span>;
  return (
    <aside className="incident-facts" aria-label="Attacker facts">
      <section className="card">
        <p className="badges">
          {attacker.severity === null ? null : <SeverityBadge severity={attacker.severity} />}
          {behaviour === null ? null : <span className="badge">{BEHAVIOUR_WORDS[behaviour].short}</span>}
          {attacker.private ? <span className="badge">private address</span> : null}
        </p>
        {behaviour === null ? null : <p className="small muted">{BEHAVIOUR_WORDS[behaviour].long}</p>}
        <dl className="facts">
          <dt>First seen</dt>
          <dd>
            <Time at={attacker.firstSeenAt} />
          </dd>
          <dt>Last seen</dt>
          <dd>
            <Time at={attacker.lastSeenAt} />
          </dd>
          <dt>Events</dt>
          <dd>
            <Link to="/events" search={{ ip: attacker.address }}>
              {attacker.eventCount.toLocaleString("en")}
            </Link>
          </dd>
          <dt>Detections</dt>
          <dd>
            <Link to="/detections" search={{ ip: attacker.address }}>
              {attacker.detectionCount.toLocaleString("en")}
            </Link>
          </dd>
          <dt>Network</dt>
          <dd>{attacker.asn === null ? unknown : <Hostile text={attacker.asn} limit={120} />}</dd>
          <dt>Services</dt>
          <dd>{services.length === 0 ? unknown : <Names names={services.map(({ name }) => name)} />}</dd>
          <dt>Sensors</dt>
          <dd>{sensors.length === 0 ? unknown : <Names names={sensors.map(({ id, name }) => name ?? id)} />}</dd>
          <dt>Address</dt>
          <dd>
            <Code text={attacker.address} what="address" />
          </dd>
        </dl>
      </section>
      <RiskCard risk={attacker.risk} of={{ ip: attacker.address }} />
    </aside>
  );
}

/** In the order of first contact. */
function Names({ names }: Readonly<{ names: readonly string[] }>): ReactNode {
  return names.map((name, index) => (
    <span key={name}>
      {index === 0 ? "" : ", "}
      <Hostile text={name} limit={60} />
    </span>
  ));
}
