import type { ModeView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { modeQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { ModeBadge, ModeFigure } from "../kit/mode.tsx";
import { Loaded } from "../kit/notice.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { ChangeMode } from "./change-mode.tsx";
import { Effects } from "./effects.tsx";

type Change = ModeView["history"][number];

const COLUMNS: readonly Column<Change>[] = [
  { id: "at", header: "Since", className: "nowrap", cell: (row) => <Time at={row.at} /> },
  { id: "mode", header: "Mode", className: "nowrap", cell: (row) => <ModeBadge mode={row.mode} /> },
  { id: "by", header: "By", className: "nowrap", cell: (row) => row.by.name },
  { id: "reason", header: "Why", className: "clip wide", cell: (row) => <Hostile text={row.reason} limit={200} /> },
  { id: "until", header: "Until", className: "nowrap", cell: (row) => <Time at={row.until} never="changed again" /> },
];

export function ModePage(): ReactNode {
  return (
    <Guarded needs="overview:read">
      <ModeScreen />
    </Guarded>
  );
}

function ModeScreen(): ReactNode {
  const can = useCan();
  const [changing, setChanging] = useState(false);
  const query = useQuery(modeQuery);
  return (
    <div className="page">
      <PageHead title="Mode" about="How careful everybody is at the moment: policies ask for more in a stricter mode.">
        {query.data !== undefined && can("mode:write") ? (
          <button type="button" className="button primary" onClick={() => setChanging(true)}>
            Change the mode
          </button>
        ) : null}
      </PageHead>
      <Loaded query={query}>
        {(view) => (
          <>
            <div className="mode-now">
              <InForce view={view} />
              <EveryMode view={view} />
            </div>
            <History view={view} />
            {changing ? <ChangeMode view={view} onClose={() => setChanging(false)} /> : null}
          </>
        )}
      </Loaded>
    </div>
  );
}

function InForce({ view: { mode, environment, change } }: Readonly<{ view: ModeView }>): ReactNode {
  return (
    <section className="card" aria-labelledby="mode-now">
      <h2 id="mode-now">In force</h2>
      <ModeFigure mode={mode} />
      <dl className="facts">
        <dt>Since</dt>
        <dd>{change === null ? <span className="unknown">it never changed</span> : <Time at={change.at} />}</dd>
        {change === null ? null : (
          <>
            <dt>By</dt>
            <dd>{change.by.name}</dd>
            <dt>Why</dt>
            <dd>
              <Hostile text={change.reason} limit={4000} />
            </dd>
            <dt>Until</dt>
            <dd>
              {change.until === null ? (
                "somebody changes it"
              ) : (
                <>
                  <Time at={change.until} /> (<Time at={change.until} show="age" />)
                </>
              )}
            </dd>
          </>
        )}
        <dt>Environment</dt>
        <dd>{environment}</dd>
      </dl>
    </section>
  );
}

function EveryMode({ view }: Readonly<{ view: ModeView }>): ReactNode {
  return (
    <section className="card" aria-labelledby="mode-effects">
      <h2 id="mode-effects">What each mode does</h2>
      <dl className="facts">
        {view.modes.map((one) => (
          <div key={one.mode} className="fact">
            <dt>
              <ModeBadge mode={one.mode} />
            </dt>
            <dd>
              <Effects effects={one.effects} />
            </dd>
          </div>
        ))}
      </dl>
      <p className="muted small">From the policies in force, for the block of one public address.</p>
    </section>
  );
}

function History({ view: { history } }: Readonly<{ view: ModeView }>): ReactNode {
  const can = useCan();
  return (
    <section aria-labelledby="mode-history" className="section-table">
      <div className="section-head">
        <h2 id="mode-history">Changes</h2>
        {can("audit:read") ? (
          <Link to="/audit" search={{ type: "mode.changed" }}>
            In the audit log
          </Link>
        ) : null}
      </div>
      {history.length === 0 ? (
        <p className="muted">The mode never changed.</p>
      ) : (
        <DataTable caption="Changes of the mode" columns={COLUMNS} rows={history} rowKey={(row) => row.at} />
      )}
    </section>
  );
}
