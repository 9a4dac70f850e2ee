import { AUDIT_ANOMALIES, AUDIT_EVENTS, type AuditSearchEntry, type Id } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { FactList } from "../kit/facts.tsx";
import { Icon } from "../kit/icon.tsx";
import { hasScreen, IdLink } from "../kit/id-link.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

type PanelProps = Readonly<{
  id: Id<"auditEntry">;
  entry: AuditSearchEntry | undefined;
  waiting: boolean;
  onClose: () => void;
}>;

export function EntryPanel({ id, entry, waiting, onClose }: PanelProps): ReactNode {
  return (
    <SidePanel title="Audit entry" onClose={onClose}>
      {entry === undefined ? <NotLoaded id={id} waiting={waiting} /> : <EntryDetail entry={entry} />}
    </SidePanel>
  );
}

/** The log is read newest first; an entry of a link may be further down than what was read. */
function NotLoaded({ id, waiting }: Readonly<{ id: string; waiting: boolean }>): ReactNode {
  if (waiting) return null;
  return (
    <p>
      Entry <Code text={id} what="entry id" short /> is not among the entries read so far. Scroll down to read earlier
      ones, or take the filters away.
    </p>
  );
}

const sentenceOf = (type: string): string =>
  Object.hasOwn(AUDIT_EVENTS, type)
    ? AUDIT_EVENTS[type as keyof typeof AUDIT_EVENTS]
    : "a kind of entry this page does not know";

function EntryDetail({ entry }: Readonly<{ entry: AuditSearchEntry }>): ReactNode {
  return (
    <>
      <p className="lead mono">{entry.type}</p>
      <p className="muted">{sentenceOf(entry.type)}</p>
      <p className="badges">
        <StateBadge state={entry.outcome} />
        <span className="badge">index {entry.index}</span>
      </p>
      {entry.anomalies.length === 0 ? null : (
        <ul className="plain" aria-label="What stands out">
          {entry.anomalies.map((name) => (
            <li key={name}>
              <span className="badge state-wait">{name.replaceAll("_", " ")}</span> {AUDIT_ANOMALIES[name]}
            </li>
          ))}
        </ul>
      )}
      <dl className="facts">
        <dt>Time</dt>
        <dd>
          <Time at={entry.at} />
        </dd>
        <dt>Who</dt>
        <dd>
          <Link to="/audit" search={{ actor: entry.actor.id }}>
            <Hostile text={entry.actor.name} limit={80} />
          </Link>{" "}
          <span className="muted">{entry.actor.kind}</span>
        </dd>
        <dt>From where</dt>
        <dd>
          <Whence origin={entry.origin} />
        </dd>
        <dt>To what</dt>
        <dd>
          <ObjectLink object={entry.object} />
        </dd>
        <dt>Request</dt>
        <dd>
          {entry.requestId === null ? (
            <span className="muted">not from a request</span>
          ) : (
            <span className="inline">
              <Code text={entry.requestId} what="request id" short />
              <Link to="/audit" search={{ request: entry.requestId }}>
                all of it
              </Link>
            </span>
          )}
        </dd>
        <dt>Entry</dt>
        <dd>
          <Code text={entry.id} what="entry id" short />
        </dd>
        <dt>Leaf hash</dt>
        <dd>{entry.leafHash === null ? null : <Code text={entry.leafHash} what="leaf hash" />}</dd>
      </dl>
      <p>
        <a className="button" href={`/api/v1/audit/entries/${entry.id}/proof`} download={`${entry.id}.tlog-proof`}>
          <Icon name="download" /> Proof of inclusion
        </a>
      </p>
      {entry.before === null && entry.after === null ? null : (
        <>
          <h3>State</h3>
          <dl className="facts">
            <dt>Before</dt>
            <dd>
              {entry.before === null ? <span className="muted">nothing</span> : <Hostile text={entry.before} mono />}
            </dd>
            <dt>After</dt>
            <dd>
              {entry.after === null ? <span className="muted">nothing</span> : <Hostile text={entry.after} mono />}
            </dd>
          </dl>
        </>
      )}
      <h3>Details</h3>
      <FactList facts={entry.details} />
    </>
  );
}

const CLIENTS: Readonly<Record<NonNullable<AuditSearchEntry["origin"]>["client"], string>> = {
  browser: "a browser",
  cli: "the command line",
  api_key: "an API key",
  sensor: "a sensor",
  enforcer: "an enforcement point",
  program: "a program",
  several: "several at once",
  system: "the server itself",
};

/** Entries of versions before this hold no origin: nothing is made up for them. */
function Whence({ origin }: Readonly<Pick<AuditSearchEntry, "origin">>): ReactNode {
  if (origin === null) return <span className="muted">not in this entry</span>;
  return (
    <>
      {origin.address === null ? null : <Hostile text={origin.address} limit={80} mono />}{" "}
      <span className="muted">{CLIENTS[origin.client]}</span>
    </>
  );
}

function ObjectLink({ object }: Readonly<{ object: AuditSearchEntry["object"] }>): ReactNode {
  const { id, kind } = object;
  return (
    <span className="inline">
      <span className="muted">{kind}</span> <Code text={id} what={`${kind} id`} short />
      {hasScreen(id) ? <IdLink id={id}>open</IdLink> : null}
      <Link to="/audit" search={{ object: id }}>
        its history
      </Link>
    </span>
  );
}
