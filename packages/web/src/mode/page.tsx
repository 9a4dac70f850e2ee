import type { ModeView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { modeQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { MODE_WORDS, ModeBadge, ModeFigure } from "../kit/mode.tsx";
import { Loaded } from "../kit/notice.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { ChangeMode } from "./change-mode.tsx";
import { Effects } from "./effects.tsx";
import { Notifications } from "./notifications.tsx";
import { SettingsCard } from "./settings.tsx";
import { SinglePerson } from "./single-person.tsx";

type Change = ModeView["history"][number];

const COLUMNS: readonly Column<Change>[] = [
  { id: "at", header: "Since", className: "nowrap", cell: (row) => <Time at={row.at} /> },
  { id: "mode", header: "Mode", className: "nowrap", cell: (row) => <ModeBadge mode={row.mode} /> },
  { id: "by", header: "By", className: "nowrap", cell: (row) => <Hostile text={row.by.name} limit={60} /> },
  {
    id: "reason",
    header: "Why",
    className: "clip wide",
    cell: (row) => (
      <>
        <Hostile text={row.reason} limit={200} /> <Causes incidents={row.incidents} />
      </>
    ),
  },
  { id: "until", header: "Until", className: "nowrap", cell: (row) => <Time at={row.until} never="changed again" /> },
];

export function ModePage(): ReactNode {
  return (
    <Guarded needs="overview:read">
      <ModeScreen />
    </Guarded>
  );
}

/** Incidents shown of what asked for a mode; the audit log has them all. */
const CAUSES_MAX = 5;

/** The incidents it came for, where it came by itself. */
function Causes({ incidents }: Pick<Change, "incidents">): ReactNode {
  return incidents.slice(0, CAUSES_MAX).map((id, index) => (
    <Link key={id} to="/incidents/$id" params={{ id }} className="small">
      incident{incidents.length === 1 ? "" : ` ${index + 1}`}{" "}
    </Link>
  ));
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
            <Waiting view={view} />
            <div className="mode-now">
              <div className="mode-column">
                <InForce view={view} />
                <SinglePerson />
              </div>
              <EveryMode view={view} />
            </div>
            <SettingsCard />
            <Notifications />
            <History view={view} />
            {changing ? <ChangeMode view={view} onClose={() => setChanging(false)} /> : null}
          </>
        )}
      </Loaded>
    </div>
  );
}

/** Somebody asked for another mode, and it is not theirs alone to decide. */
function Waiting({ view: { waiting } }: Readonly<{ view: ModeView }>): ReactNode {
  return waiting.map((id) => (
    <p key={id} className="warning">
      <Icon name="clock" size={14} />
      <span>
        Another mode is asked for and waits for approval.{" "}
        <Link to="/approvals" search={{ action: id }}>
          Look at the request
        </Link>
      </span>
    </p>
  ));
}

function InForce({ view }: Readonly<{ view: ModeView }>): ReactNode {
  const { mode, environment, change, automatic, held, defaultMode } = view;
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
            <dd>
              <Hostile text={change.by.name} limit={80} />
            </dd>
            <dt>Why</dt>
            <dd>
              <Hostile text={change.reason} limit={4000} /> <Causes incidents={change.incidents} />
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
        {automatic === null ? null : (
          <>
            <dt>By itself</dt>
            <dd>
              {automatic.mode} since <Time at={automatic.since} show="age" />; it goes down{" "}
              <Time at={automatic.earliestDownAt} show="age" /> at the earliest
            </dd>
          </>
        )}
        {held === null ? null : (
          <>
            <dt>Held</dt>
            <dd>
              Somebody chose {held.mode}: nothing lowers it{" "}
              {held.until === null ? (
                "until somebody does"
              ) : (
                <>
                  before <Time at={held.until} />
                </>
              )}
            </dd>
          </>
        )}
        <dt>Else</dt>
        <dd>{MODE_WORDS[defaultMode].toLowerCase()}, while nobody and nothing asks for more</dd>
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
              <p className="muted small">
                Automation proposes from risk {one.proposeRisk}. More than {one.maxFailedLoginsPerMinute} failed log-ins
                or {one.maxScanEventsPerMinute} scan events of one source in a minute are a detection.
              </p>
              {one.mode === view.defaultMode ? null : (
                <p className="small">
                  <strong>By itself:</strong>{" "}
                  {one.comesWhen === null ? <span className="muted">no, only when somebody asks</span> : one.comesWhen}
                </p>
              )}
            </dd>
          </div>
        ))}
      </dl>
      <p className="muted small">What it adds comes from the policies in force, for the block of one public address.</p>
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
