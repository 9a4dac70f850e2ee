import type { Action } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { StateBadge } from "../kit/state.tsx";
import { RiskMeter } from "../kit/severity.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { DecisionButtons, type Asked } from "./decision-buttons.tsx";
import { DecisionView } from "./decision.tsx";
import { DryRunView } from "./dry-run.tsx";
import { Progress } from "./progress.tsx";
import { ActionWords, lastingLabel, verbOf } from "./what.tsx";

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
      <dt>Decide before</dt>
      <dd>
        <Time at={action.deadlineAt} never="no deadline" />
      </dd>
      <dt>{action.effectEndsAt === null ? "Lasts" : "Ends"}</dt>
      <dd>{action.effectEndsAt === null ? lastingLabel(action.ttlSeconds) : <Time at={action.effectEndsAt} />}</dd>
      <dt>Connector</dt>
      <dd>{action.connector}</dd>
      <dt>Approvals</dt>
      <dd>
        {action.approvals.length === 0 ? <span className="muted">none yet</span> : null}
        {action.approvals.map((approval) => (
          <span key={approval.id} className="approval">
            {approval.by.name} <Time at={approval.at} show="short" />
            {approval.counts ? "" : " (does not count)"}
            {approval.comment === null ? null : (
              <span className="muted">
                {" "}
                “<Hostile text={approval.comment} limit={300} />”
              </span>
            )}
          </span>
        ))}
      </dd>
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
