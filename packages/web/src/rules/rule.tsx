import type { RuleDetail } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Techniques } from "../detections/techniques.tsx";
import { Code, CopyButton } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";
import { SeverityBadge } from "../kit/severity.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { NoSuch } from "../shell/no-such.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { Backfills } from "./backfills.tsx";
import { Backtests } from "./backtests.tsx";
import { Explain } from "./explain.tsx";
import { FiguresCard } from "./figures.tsx";
import { Findings } from "./findings.tsx";
import { SetState } from "./set-state.tsx";
import { STATE_WORDS } from "./words.ts";

const route = getRouteApi("/app/rules/$id");

export function RulePage(): ReactNode {
  const { id } = route.useParams();
  return (
    <Guarded needs="detection:read">
      <RuleOf id={id} />
    </Guarded>
  );
}

function RuleOf({ id }: Readonly<{ id: string }>): ReactNode {
  const query = useQuery(ask("rule.get", { params: { id } }));
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/rules">Rules</Link>
        <Icon name="chevron" size={12} />
        <Hostile text={id} limit={60} mono />
      </p>
      <Loaded query={query} lines={12} heading={<PageHead title="Rule" />} gone={<NoRule id={id} />}>
        {(rule) => <Rule rule={rule} />}
      </Loaded>
    </div>
  );
}

function NoRule({ id }: Readonly<{ id: string }>): ReactNode {
  return (
    <NoSuch what="rule" id={id} why="is no rule in force. It may have been removed, or its file may have been refused.">
      <Link to="/rules" className="button">
        See all rules
      </Link>
    </NoSuch>
  );
}

function Rule({ rule }: Readonly<{ rule: RuleDetail }>): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const tabs = [
    { id: "explain", title: "How it decides", body: <Explain rule={rule} /> },
    { id: "findings", title: "Detections", count: rule.detections, body: <Findings id={rule.id} /> },
    { id: "source", title: "Source", body: <Source rule={rule} /> },
    ...(can("rule:backtest") ? [{ id: "backtest" as const, title: "Backtest", body: <Backtests rule={rule} /> }] : []),
    { id: "backfill", title: "Backfill", body: <Backfills rule={rule} /> },
  ] as const;
  return (
    <>
      <PageHead title={rule.title} about={rule.description ?? undefined} />
      <div className="incident">
        <aside className="incident-facts" aria-label="Rule facts">
          <StateCard rule={rule} />
          <FiguresCard id={rule.id} />
          <AboutCard rule={rule} />
        </aside>
        <div className="incident-main">
          <Tabs
            label="Rule"
            value={tabs.some(({ id }) => id === tab) && tab !== undefined ? tab : "explain"}
            onChange={(next) =>
              void navigate({
                search: ({ tz }) => ({ tz, tab: next === "explain" ? undefined : next }),
                replace: true,
              })
            }
            tabs={tabs}
          />
        </div>
      </div>
    </>
  );
}

function StateCard({ rule }: Readonly<{ rule: RuleDetail }>): ReactNode {
  const can = useCan();
  const [setting, setSetting] = useState(false);
  return (
    <section className="card">
      <p className="badges">
        <StateBadge state={rule.state} />
        <SeverityBadge severity={rule.level} />
        <span className="badge">{rule.kind}</span>
        <span className="badge">+{rule.riskPoints} risk</span>
      </p>
      <p className="small">{STATE_WORDS[rule.state]}</p>
      {rule.setBy === null ? null : (
        <dl className="facts">
          {rule.confidenceMax === null ? null : (
            <>
              <dt>Ceiling</dt>
              <dd>{rule.confidenceMax.toFixed(2)}</dd>
            </>
          )}
          <dt>Until</dt>
          <dd>
            <Time at={rule.expiresAt} never="somebody changes it" />
          </dd>
          <dt>By</dt>
          <dd>
            <Hostile text={rule.setBy.name} limit={80} />, <Time at={rule.setAt} show="age" />
          </dd>
          <dt>Why</dt>
          <dd>{rule.reason === null ? "" : <Hostile text={rule.reason} limit={300} />}</dd>
        </dl>
      )}
      {rule.suppressed === 0 ? null : (
        <p className="warning">
          {rule.suppressed.toLocaleString("en")} findings were counted and not stored while it was muted.
        </p>
      )}
      {can("rule:write") ? (
        <button type="button" className="button" onClick={() => setSetting(true)}>
          Change the state
        </button>
      ) : (
        <p className="muted small">Changing it needs the permission rule:write.</p>
      )}
      {setting ? <SetState rule={rule} onClose={() => setSetting(false)} /> : null}
    </section>
  );
}

function AboutCard({ rule }: Readonly<{ rule: RuleDetail }>): ReactNode {
  const unknown = <span className="unknown">unknown</span>;
  return (
    <section className="card">
      <h2>About</h2>
      <dl className="facts">
        <dt>ATT&amp;CK</dt>
        <dd>
          <Techniques names={rule.techniques} />
        </dd>
        <dt>File</dt>
        <dd>
          <Hostile text={rule.path} limit={200} mono />
        </dd>
        <dt>Version</dt>
        <dd>
          <Code text={rule.version} what="version" short />
        </dd>
        <dt>Author</dt>
        <dd>{rule.author === null ? unknown : <Hostile text={rule.author} limit={200} />}</dd>
        <dt>Id</dt>
        <dd>
          <Code text={rule.id} what="rule id" short />
        </dd>
      </dl>
    </section>
  );
}

/** The document as it is in force, which is what was read, not what lies on the disk now. */
function Source({ rule }: Readonly<{ rule: RuleDetail }>): ReactNode {
  return (
    <div className="snippet" tabIndex={0} role="region" aria-label="Source of the rule">
      <pre>
        <Hostile text={rule.yaml} limit={65_536} />
      </pre>
      <CopyButton text={rule.yaml} what="source" />
    </div>
  );
}
