import type { Overview } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { overviewQuery } from "../api/queries.ts";
import { Loaded } from "../kit/notice.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { RiskMeter, SeverityBadge } from "../kit/severity.tsx";
import { Time } from "../time/time.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { Health } from "./health.tsx";
import { HourChart } from "./hour-chart.tsx";
import { Imports } from "./imports.tsx";
import { LiveFeed } from "./live-feed.tsx";
import { Tiles } from "./tiles.tsx";

export function OverviewPage(): ReactNode {
  return (
    <Guarded needs="overview:read">
      <OverviewScreen />
    </Guarded>
  );
}

function OverviewScreen(): ReactNode {
  const query = useQuery({ ...overviewQuery, refetchInterval: 30_000 });
  return (
    <div className="page overview">
      <PageHead title="Overview">
        {query.data === undefined ? null : (
          <span className="muted small">
            computed <Time at={query.data.at} show="age" />
          </span>
        )}
      </PageHead>
      <Imports />
      <Loaded query={query} lines={16}>
        {(overview) => (isFresh(overview) ? <Start /> : <Everything overview={overview} />)}
      </Loaded>
    </div>
  );
}

/** Nothing came in and nothing was asked or done: then the way to the first event says more than rows of zeros. */
function isFresh({ events, incidents, approvals, blocks }: Overview): boolean {
  return events.total + incidents.open + approvals.waiting + blocks.active === 0;
}

function Start(): ReactNode {
  return (
    <div className="start">
      <FirstSteps />
      <LiveFeed />
    </div>
  );
}

function Everything({ overview }: Readonly<{ overview: Overview }>): ReactNode {
  return (
    <>
      <Tiles overview={overview} />
      <div className="overview-grid">
        <HourChart
          hours={overview.events.perHour}
          total={overview.events.total}
          detections={overview.detections.total}
        />
        <LiveFeed />
        <TopActors actors={overview.topActors} />
        <TechniquesSeen techniques={overview.techniques} />
        <Health />
      </div>
    </>
  );
}

function TopActors({ actors }: Readonly<{ actors: Overview["topActors"] }>): ReactNode {
  return (
    <section className="card area-actors" aria-labelledby="actors-title">
      <h2 id="actors-title" className="card-title">
        Actors by risk
        <Link to="/incidents" className="more">
          all incidents
        </Link>
      </h2>
      {actors.length === 0 ? <p className="muted">No incident names an actor yet.</p> : <ActorTable actors={actors} />}
    </section>
  );
}

function ActorTable({ actors }: Readonly<{ actors: Overview["topActors"] }>): ReactNode {
  return (
    <table className="table plain-table">
      <caption className="sr-only">Actors by risk</caption>
      <thead>
        <tr>
          <th scope="col">Actor</th>
          <th scope="col">Risk</th>
          <th scope="col">Severity</th>
          <th scope="col" className="end">
            Detections
          </th>
          <th scope="col">Blocked</th>
        </tr>
      </thead>
      <tbody>
        {actors.map((actor) => (
          <tr key={actor.incidentId}>
            <td>
              <Link to="/incidents/$id" params={{ id: actor.incidentId }} className="mono strong">
                <Hostile text={actor.ip} />
              </Link>
            </td>
            <td>
              <RiskMeter score={actor.risk} />
            </td>
            <td>
              <SeverityBadge severity={actor.severity} />
            </td>
            <td className="end">
              <Link to="/detections" search={{ ip: actor.ip }}>
                {actor.detections}
              </Link>
            </td>
            <td>
              {actor.blocked ? (
                <Link to="/blocks" search={{ value: actor.ip }}>
                  yes
                </Link>
              ) : (
                <span className="muted">no</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function TechniquesSeen({ techniques }: Readonly<{ techniques: Overview["techniques"] }>): ReactNode {
  const most = Math.max(1, ...techniques.map((row) => row.detections));
  return (
    <section className="card area-techniques" aria-labelledby="techniques-title">
      <h2 id="techniques-title" className="card-title">
        Techniques seen
        <Link to="/detections" className="more">
          all detections
        </Link>
      </h2>
      {techniques.length === 0 ? <p className="muted">No detection carries a technique yet.</p> : null}
      <ul className="bars">
        {techniques.map((row) => (
          <li key={`${row.technique} ${row.tactic}`}>
            <Link to="/detections" search={{ technique: row.technique }} className="bar-row">
              <span className="mono bar-id">{row.technique}</span>
              <span className="bar-name">
                {row.name ?? <span className="unknown">name unknown</span>}
                <span className="muted small"> {row.tactic.replaceAll("-", " ")}</span>
              </span>
              <span className="bar-count">{row.detections}</span>
              <svg className="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(row.detections / most) * 100} height="4" />
              </svg>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
