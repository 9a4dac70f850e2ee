import type { Detection } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { FactList } from "../kit/facts.tsx";
import { IdLink } from "../kit/id-link.tsx";
import { SeverityBadge } from "../kit/severity.tsx";
import { counted, EVENTS } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { namesOf, Techniques } from "./techniques.tsx";

/** One detection in full: why the rule fired, on which events, and what it means in ATT&CK. */
export function DetectionDetail({
  detection,
  titled = true,
}: Readonly<{ detection: Detection; titled?: boolean }>): ReactNode {
  return (
    <>
      {titled ? <p className="lead">{detection.ruleTitle}</p> : null}
      <p className="badges">
        <SeverityBadge severity={detection.severity} />
        <span className="badge">{detection.correlation ? "correlation" : "single event"}</span>
        <span className="badge">+{detection.riskPoints} risk</span>
      </p>
      <dl className="facts">
        <dt>Seen</dt>
        <dd>
          <Time at={detection.firstEventAt} />
          {detection.firstEventAt === detection.lastEventAt ? null : (
            <>
              {" to "}
              <Time at={detection.lastEventAt} />
            </>
          )}
        </dd>
        <dt>Actor</dt>
        <dd>
          {detection.actorIp === null ? (
            <span className="unknown">unknown</span>
          ) : (
            <>
              <Link to="/attackers/$id" params={{ id: detection.actorIp }}>
                <Hostile text={detection.actorIp} mono />
              </Link>{" "}
              <Link to="/events" search={{ ip: detection.actorIp }} className="small">
                its events
              </Link>
            </>
          )}
        </dd>
        <dt>User</dt>
        <dd>
          {detection.user === null ? (
            <span className="unknown">unknown</span>
          ) : (
            <Hostile text={detection.user} limit={120} />
          )}
        </dd>
        <dt>Rule</dt>
        <dd>
          <Link to="/rules/$id" params={{ id: detection.ruleId }}>
            <span className="mono">{detection.ruleId}</span>
          </Link>{" "}
          <span className="muted">version {detection.ruleVersion}</span>
        </dd>
        <dt>Incident</dt>
        <dd>
          {detection.incidentId === null ? (
            <span className="muted">in none</span>
          ) : (
            <Link to="/incidents/$id" params={{ id: detection.incidentId }}>
              open the incident
            </Link>
          )}
        </dd>
        <dt>Id</dt>
        <dd>
          <Code text={detection.id} what="detection id" short />
        </dd>
      </dl>
      <h3>Grouped by</h3>
      <FactList facts={detection.groupKey} />
      <h3>ATT&amp;CK</h3>
      {detection.tags.length === 0 ? <p className="muted">The rule names no technique.</p> : null}
      {detection.tags.map((tag) => (
        <TagEvidence key={tag.id} tag={tag} />
      ))}
      <EvidenceEvents detection={detection} />
    </>
  );
}

/** What one tag says, how sure it is, and what that rests on. */
export function TagEvidence({ tag }: Readonly<{ tag: Detection["tags"][number] }>): ReactNode {
  return (
    <section className="tag">
      <p>
        <Techniques names={namesOf([tag])} /> <span>{tag.tactic.replaceAll("-", " ")}</span>{" "}
        <span className="muted">confidence {tag.confidence.toFixed(2)}</span>
      </p>
      <FactList facts={tag.evidence} />
    </section>
  );
}

function EvidenceEvents({ detection }: Readonly<{ detection: Detection }>): ReactNode {
  const shown = detection.eventIds.slice(0, 20);
  return (
    <>
      <h3>{counted(detection.eventCount, EVENTS)}</h3>
      <ul className="plain">
        {shown.map((id) => (
          <li key={id}>
            <Link to="/events" search={{ event: id }} className="mono">
              {id}
            </Link>
          </li>
        ))}
      </ul>
      {detection.eventCount > shown.length && detection.actorIp !== null ? (
        <p>
          <Link
            to="/events"
            search={{ ip: detection.actorIp, from: detection.firstEventAt, to: justAfter(detection.lastEventAt) }}
          >
            All events of the actor in this time
          </Link>
        </p>
      ) : null}
    </>
  );
}

/** The number of events behind a detection, as a way to them. */
export function EventsOf({ detection, word = false }: Readonly<{ detection: Detection; word?: boolean }>): ReactNode {
  const { actorIp, eventCount, eventIds, firstEventAt, lastEventAt } = detection;
  const text = word ? counted(eventCount, EVENTS) : eventCount.toLocaleString("en");
  const [only] = eventIds;
  if (eventCount === 1 && only !== undefined) {
    return (
      <Link to="/events" search={{ event: only }}>
        {text}
      </Link>
    );
  }
  if (actorIp === null) return <IdLink id={detection.id}>{text}</IdLink>;
  return (
    <Link to="/events" search={{ ip: actorIp, from: firstEventAt, to: justAfter(lastEventAt) }}>
      {text}
    </Link>
  );
}

/** `to` of an event query is exclusive; one millisecond makes the last event part of it. */
function justAfter(instant: string): string {
  return new Date(Date.parse(instant) + 1).toISOString();
}
