import { SEVERITIES, type Overview, type Severity } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCan } from "../api/session.ts";
import { ModeFigure } from "../kit/mode.tsx";
import { SeverityShape } from "../kit/severity.tsx";
import { Time } from "../time/time.tsx";

/** The five answers one opens the page for. Each number is a link to its rows. */
export function Tiles({ overview }: Readonly<{ overview: Overview }>): ReactNode {
  return (
    <div className="tiles">
      <Incidents incidents={overview.incidents} />
      <Approvals approvals={overview.approvals} />
      <Blocks blocks={overview.blocks} />
      <Mode overview={overview} />
      <Audit audit={overview.audit} />
    </div>
  );
}

function Incidents({ incidents }: Readonly<{ incidents: Overview["incidents"] }>): ReactNode {
  const known = (severity: Severity): number => incidents.bySeverity[severity] ?? 0;
  return (
    <section className="tile tile-wide" aria-labelledby="tile-incidents">
      <h2 id="tile-incidents">Open incidents</h2>
      <div className="tile-row">
        <Link to="/incidents" className="figure">
          {incidents.open}
        </Link>
        <ul className="by-severity">
          {SEVERITIES.toReversed().map((severity) => (
            <li key={severity}>
              <Link to="/incidents" search={{ severity }} className={known(severity) === 0 ? "none" : undefined}>
                <SeverityShape severity={severity} />
                <span className="by-count">{known(severity)}</span>
                <span className="by-word">{severity}</span>
              </Link>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Approvals({ approvals }: Readonly<{ approvals: Overview["approvals"] }>): ReactNode {
  return (
    <section className={approvals.waiting > 0 ? "tile tile-attention" : "tile"} aria-labelledby="tile-approvals">
      <h2 id="tile-approvals">Approvals waiting</h2>
      <Link to="/approvals" className="figure">
        {approvals.waiting}
      </Link>
      <p className="tile-foot">
        {approvals.waiting === 0 ? (
          "nothing to decide"
        ) : (
          <>
            oldest from <Time at={approvals.oldestAt} show="age" />
          </>
        )}
        {approvals.unapprovable === undefined || approvals.unapprovable === 0 ? null : (
          <>
            <br />
            <Link to="/approvals" className="attention">
              {approvals.unapprovable} that too few people could approve
            </Link>
          </>
        )}
      </p>
    </section>
  );
}

function Blocks({ blocks }: Readonly<{ blocks: Overview["blocks"] }>): ReactNode {
  return (
    <section className="tile" aria-labelledby="tile-blocks">
      <h2 id="tile-blocks">Blocks in force</h2>
      <Link to="/blocks" search={{ state: "active" }} className="figure">
        {blocks.active}
      </Link>
      <p className="tile-foot">
        {blocks.enforcers === 0 ? (
          <Link to="/blocks" search={{ tab: "enforcers" }}>
            no enforcement point yet
          </Link>
        ) : (
          <>
            {blocks.active === 0 ? null : <Acknowledged waiting={blocks.unacknowledged} />}
            <Link to="/blocks" search={{ tab: "enforcers" }}>
              {blocks.enforcersSeen} of {blocks.enforcers} points seen
            </Link>
          </>
        )}
      </p>
    </section>
  );
}

function Acknowledged({ waiting }: Readonly<{ waiting: number }>): ReactNode {
  return (
    <>
      <Link to="/blocks" search={{ state: "active" }} className={waiting > 0 ? "attention" : undefined}>
        {waiting === 0 ? "all acknowledged" : `${waiting} not acknowledged`}
      </Link>
      <br />
    </>
  );
}

function Mode({ overview: { mode, singlePerson, detections } }: Readonly<{ overview: Overview }>): ReactNode {
  const lag = detections.lagEvents;
  return (
    <section className="tile" aria-labelledby="tile-mode">
      <h2 id="tile-mode">Mode</h2>
      <Link to="/mode" className="figure-link">
        <ModeFigure mode={mode.mode} />
      </Link>
      <p className="tile-foot">
        {mode.updated_at === null ? (
          "never changed"
        ) : (
          <>
            since <Time at={mode.updated_at} show="age" /> by {mode.source}
          </>
        )}
        {singlePerson === true ? (
          <>
            <br />
            <Link to="/mode" className="attention">
              one person decides alone
            </Link>
          </>
        ) : null}
        {lag > 0 ? (
          <>
            {" · "}
            <Link to="/events">{lag.toLocaleString("en")} events to evaluate</Link>
          </>
        ) : null}
      </p>
    </section>
  );
}

/** Entries that no witness vouches for after so long are no longer a matter of waiting. */
const COSIGNED_LATE_MS = 15 * 60_000;

type CosignedProps = Readonly<{
  cosigning: NonNullable<Overview["audit"]["cosigning"]>;
  entries: number;
  signedAt: string;
}>;

function Cosigned({ cosigning, entries, signedAt }: CosignedProps): ReactNode {
  const { size, at, alarm, witnesses } = cosigning;
  if (alarm !== null) return <span className="attention">{alarm}</span>;
  if (size === null || at === null) return <span className="attention">not cosigned yet</span>;
  // After a quiet hour the first entry is for a moment newer than its cosignature: only silence is late.
  const isSilent = witnesses.some(({ problem }) => problem !== null);
  const isLate = isSilent && size < entries && Date.parse(signedAt) - Date.parse(at) > COSIGNED_LATE_MS;
  return (
    <span className={isLate ? "attention" : undefined}>
      cosigned up to {size.toLocaleString("en")}, <Time at={at} show="age" />
    </span>
  );
}

function Audit({ audit }: Readonly<{ audit: Overview["audit"] }>): ReactNode {
  const can = useCan();
  const size = audit.size.toLocaleString("en");
  return (
    <section className="tile" aria-labelledby="tile-audit">
      <h2 id="tile-audit">Audit log</h2>
      {can("audit:read") ? (
        <Link to="/audit" className="figure">
          {size}
        </Link>
      ) : (
        <p className="figure">{size}</p>
      )}
      <p className="tile-foot">
        {audit.checkpointAt === null ? (
          "no checkpoint yet"
        ) : (
          <>
            signed <Time at={audit.checkpointAt} show="age" />
            {audit.cosigning === undefined ? null : (
              <>
                <br />
                <Cosigned cosigning={audit.cosigning} entries={audit.size} signedAt={audit.checkpointAt} />
              </>
            )}
          </>
        )}
      </p>
    </section>
  );
}
