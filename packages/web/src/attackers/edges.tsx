import type { CampaignEdge, IdentityEdge, LadderRuling, LinkReason } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { middle } from "../kit/copy.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { REASON_WORDS } from "./words.ts";

type Edge = IdentityEdge | CampaignEdge;
type EdgesProps = Readonly<{ title: string; edges: readonly Edge[]; none: string }>;

/** Why things count as one: each link with its weights, which add up to what it takes. */
export function Edges({ title, edges, none }: EdgesProps): ReactNode {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {edges.length === 0 ? <p className="muted">{none}</p> : null}
      <ul className="rows">
        {edges.map((edge) => (
          <li key={`${edge.a} ${edge.b}`} className="row-card edge">
            <p className="inline">
              <End edge={edge} end="a" />
              <span aria-hidden="true">↔</span>
              <span className="sr-only">and</span>
              <End edge={edge} end="b" />
              <span className="badge">weight {edge.weight.toFixed(2)}</span>
            </p>
            <ul className="contributions">
              {edge.reasons.map((reason) => (
                <Reason key={reason.kind} reason={reason} />
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

function End({ edge, end }: Readonly<{ edge: Edge; end: "a" | "b" }>): ReactNode {
  if ("aAddress" in edge) {
    const address = end === "a" ? edge.aAddress : edge.bAddress;
    return (
      <Link to="/attackers/$id" params={{ id: address }}>
        <Hostile text={address} mono />
      </Link>
    );
  }
  return (
    <Link to="/identities/$id" params={{ id: edge[end] }} className="mono">
      {middle(edge[end])}
    </Link>
  );
}

function Reason({ reason }: Readonly<{ reason: LinkReason }>): ReactNode {
  return (
    <li>
      <span className="points">+{reason.weight.toFixed(2)}</span>
      <span className="grow">
        <span>{REASON_WORDS[reason.kind]}</span>
        <span className="muted small">
          <Hostile text={reason.detail} limit={300} />
        </span>
        {reason.values.map((value) => (
          <span key={value} className="small">
            <Hostile text={value} limit={120} mono />
          </span>
        ))}
      </span>
    </li>
  );
}

/** What people said, which stands above what the machine sees. */
export function Rulings({ rulings }: Readonly<{ rulings: readonly LadderRuling[] }>): ReactNode {
  if (rulings.length === 0) return null;
  return (
    <section aria-label="What people decided">
      <h2>What people decided</h2>
      <ul className="plain">
        {rulings.map((ruling) => (
          <li key={`${ruling.at} ${ruling.a} ${ruling.b}`}>
            <span className="badge">{ruling.kind === "together" ? "belong together" : "kept apart"}</span>{" "}
            <span className="mono">{middle(ruling.a)}</span> and <span className="mono">{middle(ruling.b)}</span>, by{" "}
            <Hostile text={ruling.by.name} limit={80} />, <Time at={ruling.at} />:{" "}
            <Hostile text={ruling.reason} limit={400} />
          </li>
        ))}
      </ul>
    </section>
  );
}
