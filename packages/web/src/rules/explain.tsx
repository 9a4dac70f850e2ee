import type { RuleDetail, RuleFigures, RuleWithState } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { FactList } from "../kit/facts.tsx";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";
import { Hostile } from "../text/hostile.tsx";
import { REACH_WORDS } from "./words.ts";

/** What the rule has to see, whether that comes in, and what it stands with. */
export function Explain({ rule }: Readonly<{ rule: RuleDetail }>): ReactNode {
  const figures = useQuery(ask("rule.figures", { params: { id: rule.id }, query: {} }));
  // What a rule leaves open, it takes from anywhere.
  const logsource = Object.fromEntries(Object.entries(rule.logsource).filter(([, value]) => value !== null));
  return (
    <>
      <section className="card">
        <h2>Could anything make it fire?</h2>
        <Loaded query={figures} lines={4}>
          {({ reach }) => <Reach reach={reach} />}
        </Loaded>
      </section>
      <section className="card">
        <h2>Looks at</h2>
        {Object.keys(logsource).length === 0 ? (
          <p className="muted">What the rules it refers to find.</p>
        ) : (
          <FactList facts={logsource} />
        )}
        <Others title="Refers to" ids={rule.refersTo} />
        <Others title="Is part of" ids={rule.referredBy} />
        <Lines title="Known false positives" lines={rule.falsePositives} />
        <Lines title="References" lines={rule.references} />
      </section>
    </>
  );
}

function Reach({ reach }: Readonly<{ reach: RuleFigures["reach"] }>): ReactNode {
  const fine = reach.reach === "fires" || reach.reach === "no-match";
  return (
    <>
      <p className={fine ? "reach-word" : "reach-word attention"}>
        <Icon name={reach.reach === "fires" ? "check" : fine ? "clock" : "alert"} />
        <strong>{REACH_WORDS[reach.reach].short}</strong>
        <span className="muted">
          {REACH_WORDS[reach.reach].long} Looked at: {reach.days} days.
        </span>
      </p>
      <div className="table-wide" tabIndex={0} role="region" aria-label="What it needs, and when it was last seen">
        <table className="table plain-table">
          <thead>
            <tr>
              <th scope="col">It needs</th>
              <th scope="col">Which</th>
              <th scope="col">Last seen</th>
            </tr>
          </thead>
          <tbody>
            {reach.logsources.map(({ logsource, lastSeenDay }) => (
              <Needed key={logsource} kind="log source" name={logsource} day={lastSeenDay} />
            ))}
            {reach.fields.map(({ field, lastSeenDay }) => (
              <Needed key={field} kind="field" name={field} day={lastSeenDay} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Needed({ kind, name, day }: Readonly<{ kind: string; name: string; day: string | null }>): ReactNode {
  return (
    <tr>
      <td className="muted">{kind}</td>
      <td>
        <Hostile text={name} limit={200} mono />
      </td>
      <td className="nowrap">{day ?? <span className="attention">not seen</span>}</td>
    </tr>
  );
}

function Others({ title, ids }: Readonly<{ title: string; ids: readonly string[] }>): ReactNode {
  const rules = useQuery({ ...ask("rule.states", {}), enabled: ids.length > 0 }).data?.items ?? [];
  if (ids.length === 0) return null;
  const titleOf = (id: string): string => rules.find((rule: RuleWithState) => rule.id === id)?.title ?? id;
  return (
    <>
      <h3>{title}</h3>
      <ul className="plain">
        {ids.map((id) => (
          <li key={id}>
            <Link to="/rules/$id" params={{ id }}>
              <Hostile text={titleOf(id)} limit={200} />
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Whoever wrote a rule wrote these: text, never links. */
function Lines({ title, lines }: Readonly<{ title: string; lines: readonly string[] }>): ReactNode {
  if (lines.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul className="bullets">
        {lines.map((line) => (
          <li key={line}>
            <Hostile text={line} limit={500} />
          </li>
        ))}
      </ul>
    </>
  );
}
