import type { TechniqueSeen } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { MitreLink } from "../attack/mitre-link.tsx";
import { FactList } from "../kit/facts.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { counted } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

type Scope = "attacker" | "identity" | "campaign";
type OfProps = Readonly<{ scope: Scope; id: string }>;

const ROUTES = { attacker: "ttp.byAttacker", identity: "ttp.byIdentity", campaign: "ttp.byCampaign" } as const;
const LOWEST = 0.3;
const SHOWN = 10;

/** What was done in words of ATT&CK, by tactic, each with the tags it rests on. */
export function TechniquesOf({ scope, id }: OfProps): ReactNode {
  const [all, setAll] = useState(false);
  const floor = all ? { confidence: LOWEST } : {};
  const query = useQuery(ask(ROUTES[scope], { params: { id }, query: floor }));
  return (
    <Loaded query={query}>
      {({ items, hidden, confidence }) => (
        <>
          <p className="muted small">
            Tags of a confidence of {confidence} or more.{" "}
            {hidden === 0 && !all ? null : (
              <button type="button" className="link-button" onClick={() => setAll(!all)}>
                {all ? "Only those of 0.6 or more" : `${hidden.toLocaleString("en")} below it are hidden: show`}
              </button>
            )}
          </p>
          {items.length === 0 ? (
            <Empty icon="detections" title="No technique was tagged">
              Rules name the techniques they recognise; what fits one is tagged here.
            </Empty>
          ) : (
            byTactic(items).map(([tactic, rows]) => (
              <section key={tactic} aria-label={tactic}>
                <h2>{tactic}</h2>
                <ul className="rows">
                  {rows.map((row) => (
                    <Line key={`${row.technique}${row.subTechnique}`} row={row} scope={scope} id={id} floor={floor} />
                  ))}
                </ul>
              </section>
            ))
          )}
        </>
      )}
    </Loaded>
  );
}

/** In the order the server gives, which is that of the kill chain or of how often. */
function byTactic(items: readonly TechniqueSeen[]): readonly (readonly [string, readonly TechniqueSeen[]])[] {
  const groups = new Map<string, TechniqueSeen[]>();
  for (const item of items) {
    const name = item.tacticName ?? item.tactic.replaceAll("-", " ");
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups];
}

type Floor = Readonly<{ confidence?: number }>;
type LineProps = OfProps & Readonly<{ row: TechniqueSeen; floor: Floor }>;

function Line({ row, scope, id, floor }: LineProps): ReactNode {
  const [open, setOpen] = useState(false);
  const name = row.subTechniqueName ?? row.name;
  const head = (
    <>
      <span className="technique mono">{row.subTechnique ?? row.technique}</span>
      <span className="strong grow">{name ?? <span className="unknown">not in the release in force</span>}</span>
      <span className="muted nowrap">{counted(row.count, ["tag", "tags"])}</span>
      <span className="muted nowrap">up to {row.confidenceMax.toFixed(2)}</span>
      <Time at={row.lastSeenAt} show="age" />
    </>
  );
  if (scope === "campaign")
    return (
      <li className="row-card">
        <div className="row-toggle">
          {head}
          <span className="muted nowrap">by {counted(row.identityCount ?? 0, ["identity", "identities"])}</span>
        </div>
      </li>
    );
  return (
    <li className="row-card">
      <button type="button" className="row-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "down" : "chevron"} size={12} />
        {head}
      </button>
      {open ? (
        <div className="row-detail">
          <p>
            <MitreLink url={row.url}>Read about it at MITRE</MitreLink>
          </p>
          <Tags row={row} scope={scope} id={id} floor={floor} />
        </div>
      ) : null}
    </li>
  );
}

function Tags({ row, scope, id, floor }: LineProps): ReactNode {
  const sub = row.subTechnique === null ? {} : { subTechnique: row.subTechnique };
  const route = scope === "identity" ? "ttp.tagsByIdentity" : "ttp.tagsByAttacker";
  const query = useQuery(
    ask(route, { params: { id, technique: row.technique }, query: { ...sub, ...floor, limit: SHOWN } }),
  );
  return (
    <Loaded query={query} lines={3}>
      {({ items }) => (
        <>
          {items.map((tag) => (
            <section key={tag.id} className="tag">
              <p className="inline">
                <Time at={tag.seenAt} />
                <Link to="/rules/$id" params={{ id: tag.ruleId }}>
                  <Hostile text={tag.ruleTitle} limit={200} />
                </Link>
                <span className="muted">confidence {tag.confidence.toFixed(2)}</span>
                <Link to="/detections" search={{ detection: tag.detectionId }}>
                  detection
                </Link>
                <Link to="/events" search={{ event: tag.sourceId }}>
                  event
                </Link>
              </p>
              <FactList facts={tag.evidence} />
            </section>
          ))}
          {row.count > items.length ? (
            <p className="muted small">
              The newest {items.length} of {row.count.toLocaleString("en")}.
            </p>
          ) : null}
        </>
      )}
    </Loaded>
  );
}
