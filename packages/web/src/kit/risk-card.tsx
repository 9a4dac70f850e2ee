import type { Incident, IncidentId } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Hostile } from "../text/hostile.tsx";
import { RiskMeter } from "./severity.tsx";

/** With a minus as wide as the plus, not a hyphen. */
const signed = (points: number): string => (points < 0 ? `\u2212${-points}` : `+${points}`);

type RiskCardProps = Readonly<{ risk: Incident["risk"]; of: Readonly<{ ip: string } | { incident: IncidentId }> }>;

/** The score is the sum of the rows, the heaviest first; a row of a rule leads to its detections, one that caps the sum has none. */
export function RiskCard({ risk: { contributions, score }, of }: RiskCardProps): ReactNode {
  // Said once where it is the same of every row.
  const [common] = new Set(contributions.map(({ reason }) => reason)).size === 1 ? contributions : [];
  const isCommon = contributions.length > 1 && common !== undefined;
  return (
    <section className="card">
      <h2 className="card-title">
        Risk <RiskMeter score={score} />
      </h2>
      {contributions.length === 0 ? <p className="muted">No rule recognised anything of it.</p> : null}
      <ul className="contributions">
        {contributions
          .toSorted((one, other) => other.points - one.points)
          .map((row) => (
            <li key={row.ruleId}>
              <span className="points">{signed(row.points)}</span>
              <span className="grow">
                {row.detections === 0 ? (
                  <Hostile text={row.ruleTitle} limit={200} />
                ) : (
                  <Link to="/detections" search={{ ...of, rule: row.ruleId }}>
                    <Hostile text={row.ruleTitle} limit={200} />
                  </Link>
                )}
                {isCommon ? null : <span className="muted small">{row.reason}</span>}
              </span>
              {row.detections === 0 ? null : <span className="muted nowrap">×{row.detections}</span>}
            </li>
          ))}
      </ul>
      {isCommon ? <p className="muted small">Each: {common.reason}.</p> : null}
    </section>
  );
}
