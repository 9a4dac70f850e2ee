import type { LiveEntry } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Icon } from "../kit/icon.tsx";
import { IdLink } from "../kit/id-link.tsx";
import { SeverityShape } from "../kit/severity.tsx";
import { live, useLive } from "../live/use-live.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { isLoud, liveLine, type LiveTarget } from "./live-line.ts";

/** What happens now. Paused, nothing moves and what is new is counted. */
export function LiveFeed(): ReactNode {
  const { shown, held, heldDropped, paused, connection } = useLive();
  const waiting = held.length + heldDropped;
  return (
    <section className="card area-live" aria-labelledby="live-title">
      <div className="card-title">
        <h2 id="live-title">Live</h2>
        {waiting === 0 ? null : (
          <button type="button" className="button small" onClick={() => live.apply({ do: "show-held" })}>
            {waiting} new, show
          </button>
        )}
        <button
          type="button"
          className="icon-button"
          aria-pressed={paused}
          aria-label="Pause the feed"
          title={paused ? "Go on" : "Pause"}
          onClick={() => live.apply({ do: "pause", paused: !paused })}
        >
          <Icon name={paused ? "play" : "pause"} />
        </button>
      </div>
      {shown.length === 0 ? (
        <>
          <p className="muted">
            {connection.state === "live"
              ? "Connected. Nothing has happened since you opened this page."
              : "Not connected to the feed yet."}
          </p>
          <Before />
        </>
      ) : (
        <ol className="feed" tabIndex={0} aria-label="Live feed, newest first">
          {shown.map((entry) => (
            <FeedLine key={entry.seq} entry={entry} />
          ))}
        </ol>
      )}
    </section>
  );
}

const BEFORE_SHOWN = 14;

/** While nothing happens: what was touched last before one came, so that one starts where the others stopped. */
function Before(): ReactNode {
  const can = useCan();
  const query = useQuery({
    ...ask("incident.list", { query: { limit: BEFORE_SHOWN } }),
    enabled: can("incident:read"),
  });
  const incidents = query.data?.items ?? [];
  if (incidents.length === 0) return null;
  return (
    <>
      <h3>Before that</h3>
      <ol className="feed" tabIndex={0} aria-label="Incidents touched last, newest first">
        {incidents.map((incident) => (
          <li key={incident.id} className="feed-line">
            <Time at={incident.updatedAt} show="age" />
            <SeverityShape severity={incident.severity} />
            <IdLink id={incident.id}>
              <span className="sr-only">{incident.severity}: </span>
              <Hostile text={incident.title} limit={140} />
            </IdLink>
          </li>
        ))}
      </ol>
    </>
  );
}

function FeedLine({ entry }: Readonly<{ entry: LiveEntry }>): ReactNode {
  const line = liveLine(entry);
  return (
    <li className={isLoud(line) ? "feed-line loud" : "feed-line"}>
      <Time at={entry.at} show="age" />
      {line.severity === undefined ? <span className="feed-dot" /> : <SeverityShape severity={line.severity} />}
      <TargetLink target={line.target}>
        <span className="feed-verb">{line.verb}</span> <Hostile text={line.text} limit={140} />
      </TargetLink>
    </li>
  );
}

function TargetLink({ target, children }: Readonly<{ target: LiveTarget; children: ReactNode }>): ReactNode {
  if ("id" in target) return <IdLink id={target.id}>{children}</IdLink>;
  if (target.list === "none") return <span>{children}</span>;
  return <Link to={`/${target.list}`}>{children}</Link>;
}
