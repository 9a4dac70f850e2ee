import type { Action } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { StateBadge } from "../kit/state.tsx";
import { RiskMeter } from "../kit/severity.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { BreakGlassUsed } from "./break-glass.tsx";
import { Clocks } from "./clocks.tsx";
import { DecisionButtons, type Asked } from "./decision-buttons.tsx";
import { DecisionView } from "./decision.tsx";
import { DryRunView } from "./dry-run.tsx";
import { Progress } from "./progress.tsx";
import { Quorum } from "./quorum.tsx";
import { ActionWords, verbOf } from "./what.tsx";

type CardProps = Readonly<{ action: Action; asked: Asked; onAsk: (asked: Asked) => void }>;

/** All that is needed to decide on one action, in the order one reads it. */
export function ActionCard({ action, asked, onAsk }: CardProps): ReactNode {
  return (
    <article className="action-card" aria-label={`${verbOf(action)} ${action.target}`}>
      <header className="action-head">
        <div>
          <p className="muted small">
            <StateBadge state={action.state} /> asked by{" "}
            <strong>
              <Hostile text={action.requester.name} limit={80} />
            </strong>{" "}
            {requesterKind(action)}
            <Time at={action.createdAt} show="age" />
          </p>
          <h2>
            <ActionWords action={action} copied />
          </h2>
        </div>
        <DecisionButtons action={action} asked={asked} onAsk={onAsk} />
      </header>
      <p className="justification">
        <Hostile text={action.justification} />
      </p>
      <Progress action={action} />
      {action.breakGlass === null ? null : <BreakGlassUsed use={action.breakGlass} />}
      <div className="card-columns">
        <Clocks action={action} />
        <Quorum action={action} />
      </div>
      {action.decision === null ? null : <DecisionView decision={action.decision} />}
      {action.dryRun === null ? null : <DryRunView dryRun={action.dryRun} target={action.target} />}
      <ActionFacts action={action} />
    </article>
  );
}

/** Said of those who are not people, unless the name says it already. */
function requesterKind({ requester: { kind, name } }: Action): string {
  return kind === "person" || kind === name ? "" : `(${kind})`;
}

function ActionFacts({ action }: Readonly<{ action: Action }>): ReactNode {
  const { incidentId, detectionIds, risk } = action.evidence;
  return (
    <dl className="facts">
      {action.type === "update_policy" ? (
        <>
          <dt>Policies</dt>
          <dd>
            <Link to="/policy" search={{ tab: "versions", version: action.target }}>
              What changes
            </Link>
          </dd>
        </>
      ) : null}
      <dt>Evidence</dt>
      <dd className="inline">
        {incidentId === null ? (
          <span className="muted">no incident</span>
        ) : (
          <Link to="/incidents/$id" params={{ id: incidentId }}>
            incident
          </Link>
        )}
        {incidentId !== null && detectionIds.length > 0 ? (
          <Link to="/incidents/$id" params={{ id: incidentId }} search={{ tab: "detections" }}>
            {detectionIds.length} detections
          </Link>
        ) : null}
        {risk === null ? (
          <span className="unknown">risk unknown</span>
        ) : (
          <span>
            risk <RiskMeter score={risk} />
          </span>
        )}
      </dd>
      <dt>Connector</dt>
      <dd>{action.connector}</dd>
      <dt>Request digest</dt>
      <dd>
        <Code text={action.requestDigest} what="request digest" short />{" "}
        <span className="muted">revision {action.revision}</span>
      </dd>
      <dt>History</dt>
      <dd>
        <Link to="/audit" search={{ object: action.id }}>
          Audit entries of this action
        </Link>
      </dd>
      <dt>Id</dt>
      <dd>
        <Code text={action.id} what="action id" short />
      </dd>
    </dl>
  );
}
