import type { Backtest } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { SeverityBadge } from "../kit/severity.tsx";
import { counted, DETECTIONS, EVENTS } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { DayBars } from "./day-bars.tsx";

type Tried = Backtest["rules"][number];

/** What each rule of a backtest would have found, and how that differs from the rule in force. */
export function BacktestResult({ backtest }: Readonly<{ backtest: Backtest }>): ReactNode {
  const lost = Object.entries(backtest.losses).filter(([, count]) => count > 0);
  return (
    <>
      {backtest.rules.map((rule) => (
        <TriedRule key={rule.ruleId} rule={rule} />
      ))}
      {lost.length === 0 ? null : (
        <p className="warning">
          Correlations could not use everything:{" "}
          {lost.map(([reason, count]) => `${count.toLocaleString("en")} ${reason}`).join(", ")}.
        </p>
      )}
    </>
  );
}

function TriedRule({ rule }: Readonly<{ rule: Tried }>): ReactNode {
  const { title, severity, detections, actors, days, samples } = rule;
  return (
    <div className="tried">
      <p className="inline">
        <SeverityBadge severity={severity} />
        <strong>
          <Hostile text={title} limit={200} />
        </strong>
      </p>
      <p>
        {counted(detections, DETECTIONS)} of {counted(actors, ["address", "addresses"])}
      </p>
      <Compared rule={rule} />
      {days.length === 0 ? null : <DayBars days={days} label="Detections per day" />}
      {samples.length === 0 ? null : <Samples samples={samples} of={detections} />}
    </div>
  );
}

function Compared({ rule }: Readonly<{ rule: Tried }>): ReactNode {
  const { inForce } = rule;
  if (inForce === null) return <p className="muted">No rule of this id is in force to compare it with.</p>;
  return (
    <dl className="compared">
      <div>
        <dt>Found by both</dt>
        <dd>{inForce.both.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>Only here</dt>
        <dd>{inForce.onlyHere.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>Only by the rule in force</dt>
        <dd>{inForce.onlyInForce.toLocaleString("en")}</dd>
      </div>
    </dl>
  );
}

type SamplesProps = Readonly<{ samples: Tried["samples"]; of: number }>;

function Samples({ samples, of }: SamplesProps): ReactNode {
  return (
    <>
      <h3>{samples.length < of ? `${samples.length} of them, spread over all` : "Each of them"}</h3>
      <div className="table-wide" tabIndex={0} role="region" aria-label="Samples of what it found">
        <table className="table plain-table">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Actor</th>
              <th scope="col">Events</th>
            </tr>
          </thead>
          <tbody>
            {samples.map((sample) => (
              <tr key={`${sample.time} ${sample.eventIds.join()} ${JSON.stringify(sample.groupKey)}`}>
                <td className="nowrap">
                  <Time at={sample.time} />
                </td>
                <td>
                  {sample.actorIp === null ? (
                    <span className="unknown">unknown</span>
                  ) : (
                    <Hostile text={sample.actorIp} mono />
                  )}
                </td>
                <td>
                  {sample.eventIds[0] === undefined ? null : (
                    <Link to="/events" search={{ event: sample.eventIds[0] }}>
                      {counted(sample.eventCount, EVENTS)}
                    </Link>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
