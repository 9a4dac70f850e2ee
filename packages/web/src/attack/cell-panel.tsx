import {
  CONFIDENCE_SHOWN_MIN,
  type CallInput,
  type Detection,
  type MatrixSubTechnique,
  type RuleWithState,
} from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { FactList } from "../kit/facts.tsx";
import { Loaded } from "../kit/notice.tsx";
import { SeverityShape } from "../kit/severity.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { StateBadge } from "../kit/state.tsx";
import { counted, DETECTIONS } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { MitreLink } from "./mitre-link.tsx";
import { withParts, type Found } from "./model.ts";

type Asked = NonNullable<CallInput<"ttp.matrix">["query"]>;
type PanelProps = Readonly<{ found: Found; asked: Asked; domain: string; onClose: () => void }>;

const SHOWN = 5;
const RULES_SHOWN = 8;

/** One technique under one tactic: who looks for it, what was found, and who is known for it. */
export function CellPanel({ found, asked, domain, onClose }: PanelProps): ReactNode {
  const { tactic, technique, part } = found;
  const cell: MatrixSubTechnique = part ?? { ...technique, ...withParts(technique) };
  const named = [cell.id, ...(part === undefined ? technique.subTechniques.map(({ id }) => id) : [])];
  const whole = part === undefined && technique.subTechniques.length > 0 ? "; its sub-techniques counted too" : "";
  return (
    <SidePanel title="Technique" onClose={onClose}>
      <p className="lead">
        {part === undefined ? null : <span className="muted">{technique.name}: </span>}
        {cell.name}
      </p>
      <p className="badges">
        <span className="badge mono">{cell.id}</span>
        <span className="badge">{tactic.name}</span>
        {tactic.phase === null ? null : (
          <span className="badge" title="Phase of the Unified Kill Chain">
            kill chain: {tactic.phase.replaceAll("_", " ")}
          </span>
        )}
      </p>
      <p>
        <MitreLink url={cell.url}>Read about it at MITRE</MitreLink>
      </p>
      <dl className="facts">
        <dt>Rules</dt>
        <dd>
          {cell.rules === 0 ? (
            <span className="attention">none: this would not be recognised</span>
          ) : (
            `${counted(cell.rules, ["rule", "rules"])}: ${cell.enabled} in force, ${cell.tested} tested${whole}`
          )}
        </dd>
        <dt>Seen</dt>
        <dd>{cell.seen === 0 ? "not in this time" : counted(cell.seen, ["time", "times"])}</dd>
        <dt>Last</dt>
        <dd>
          <Time at={cell.lastSeenAt} never="never" />
        </dd>
      </dl>
      <RulesOf named={named} tactic={tactic.shortName} />
      {part === undefined && technique.subTechniques.length > 0 ? <Parts found={found} /> : null}
      <Evidence named={named} tactic={tactic.shortName} floor={asked.confidence} />
      <Groups id={cell.id} domain={domain} />
    </SidePanel>
  );
}

function Parts({ found: { tactic, technique } }: Readonly<{ found: Found }>): ReactNode {
  return (
    <>
      <h3>Sub-techniques</h3>
      <ul className="plain">
        {technique.subTechniques.map((part) => (
          <li key={part.id}>
            <Link
              from="/attack"
              to="/attack"
              search={(old) => ({ ...old, cell: `${tactic.shortName}:${part.id}` })}
              replace
            >
              <span className="mono">{part.id}</span> {part.name}
            </Link>{" "}
            <span className="muted small">
              {counted(part.rules, ["rule", "rules"])}, seen {part.seen.toLocaleString("en")}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function RulesOf({ named, tactic }: Readonly<{ named: readonly string[]; tactic: string }>): ReactNode {
  const query = useQuery(ask("rule.states", {}));
  const names = ({ techniques, tactics }: RuleWithState): boolean =>
    techniques.some((one) => named.includes(one)) && (tactics.length === 0 || tactics.includes(tactic));
  return (
    <>
      <h3>Rules that name it</h3>
      <Loaded query={query} lines={2}>
        {({ items }) => {
          const rules = items.filter(names);
          return rules.length === 0 ? (
            <p className="muted">None.</p>
          ) : (
            <ul className="plain">
              {rules.slice(0, RULES_SHOWN).map((rule) => (
                <li key={rule.id} className="rule-line">
                  <Link to="/rules/$id" params={{ id: rule.id }} className="row-link">
                    <SeverityShape severity={rule.level} />
                    <span className="sr-only">{rule.level}: </span>
                    <span>{rule.title}</span>
                  </Link>
                  {rule.state === "enabled" ? null : <StateBadge state={rule.state} />}
                </li>
              ))}
              {rules.length > RULES_SHOWN ? (
                <li>
                  <Link to="/rules" search={{ q: named[0] }}>
                    All {rules.length}
                  </Link>
                </li>
              ) : null}
            </ul>
          );
        }}
      </Loaded>
    </>
  );
}

type EvidenceProps = Readonly<{ named: readonly string[]; tactic: string; floor: number | undefined }>;

/** The newest detections with what their tags of this technique rest on. */
function Evidence({ named, tactic, floor = CONFIDENCE_SHOWN_MIN }: EvidenceProps): ReactNode {
  const [id = ""] = named;
  const query = useQuery(ask("detection.list", { query: { technique: id, limit: SHOWN } }));
  return (
    <>
      <h3>Seen last</h3>
      <Loaded query={query} lines={3}>
        {({ items, next }) =>
          items.length === 0 ? (
            <p className="muted">Never.</p>
          ) : (
            <>
              {items.map((detection) => (
                <TagsOf key={detection.id} detection={detection} named={named} tactic={tactic} floor={floor} />
              ))}
              {next === null ? null : (
                <p>
                  <Link to="/detections" search={{ technique: id }}>
                    All {DETECTIONS[1]} of {id}
                  </Link>
                </p>
              )}
            </>
          )
        }
      </Loaded>
    </>
  );
}

type TagsOfProps = Readonly<{ detection: Detection; named: readonly string[]; tactic: string; floor: number }>;

function TagsOf({ detection, named, tactic, floor }: TagsOfProps): ReactNode {
  const tags = detection.tags.filter(
    (tag) => named.includes(tag.subTechnique ?? tag.technique) && tag.tactic === tactic,
  );
  return (
    <section className="tag">
      <p className="inline">
        <Link to="/detections" search={{ detection: detection.id }}>
          {detection.ruleTitle}
        </Link>
        <Time at={detection.time} show="age" />
        {detection.actorIp === null ? null : (
          <Link to="/attackers/$id" params={{ id: detection.actorIp }}>
            <Hostile text={detection.actorIp} mono />
          </Link>
        )}
      </p>
      {tags.map((tag) => (
        <div key={tag.id}>
          <p className={tag.confidence < floor ? "muted" : undefined}>
            confidence {tag.confidence.toFixed(2)}
            {tag.confidence < floor ? ", below the floor: not counted above" : ""}
          </p>
          <FactList facts={tag.evidence} />
        </div>
      ))}
    </section>
  );
}

function Groups({ id, domain }: Readonly<{ id: string; domain: string }>): ReactNode {
  const query = useQuery(ask("ttp.groups", { params: { id }, query: { domain } }));
  return (
    <>
      <h3>Groups MITRE has seen use it</h3>
      <Loaded query={query} lines={2}>
        {({ items, notice }) => (
          <>
            <p className="muted small">{notice}</p>
            {items.length === 0 ? (
              <p className="muted">None are listed.</p>
            ) : (
              <p>
                {items.map((group, index) => (
                  <span key={group.id}>
                    {index === 0 ? "" : ", "}
                    <MitreLink url={group.url}>{group.name}</MitreLink>
                  </span>
                ))}
              </p>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}
