import type { PolicyView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { policyQuery } from "../api/queries.ts";
import { roleTitle } from "../api/session.ts";
import { Code } from "../kit/copy.tsx";
import { Loaded } from "../kit/notice.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

type Policy = PolicyView["policies"][number];

const GROUPS = [
  { id: "never", title: "Never", about: "No approval makes possible what these forbid." },
  { id: "gate", title: "Gates", about: "These forbid until enough people approved." },
  { id: "possible", title: "Possible", about: "What may be asked for at all." },
] as const;
type Group = (typeof GROUPS)[number]["id"];

function groupOf({ effect, annotations }: Policy): Group {
  if (effect === "permit") return "possible";
  return annotations["approvals"] === undefined ? "never" : "gate";
}

/** `2 of approver or security manager`, as the policy's own annotations say it. */
function gateWords({ annotations }: Policy): string | undefined {
  const { approvals, approver_roles: roles } = annotations;
  if (typeof approvals !== "string" || typeof roles !== "string") return undefined;
  return `${approvals} of ${roles.split(",").map(roleTitle).join(" or ")}`;
}

/** The bundle that decides now. */
export function InForce(): ReactNode {
  const query = useQuery(policyQuery);
  return (
    <Loaded query={query}>
      {(view) => (
        <>
          <p className="muted">
            Bundle <Code text={view.digest} what="bundle digest" short /> in force since <Time at={view.activatedAt} />{" "}
            (
            <Time at={view.activatedAt} show="age" />) ·{" "}
            <Link from="/policy" to="/policy" search={(old) => ({ ...old, tab: "versions" as const })}>
              all versions
            </Link>
          </p>
          {GROUPS.map(({ id, title, about }) => (
            <PolicyGroup
              key={id}
              title={title}
              about={about}
              policies={view.policies.filter((one) => groupOf(one) === id)}
            />
          ))}
        </>
      )}
    </Loaded>
  );
}

type GroupProps = Readonly<{ title: string; about: string; policies: readonly Policy[] }>;

function PolicyGroup({ title, about, policies }: GroupProps): ReactNode {
  const titleId = `policies-${title}`;
  return (
    <section aria-labelledby={titleId} className="card policy-group">
      <h2 id={titleId}>
        {title} <span className="count">{policies.length}</span>
      </h2>
      <p className="muted small">{policies.length === 0 ? "There is none." : about}</p>
      <ul className="policy-list">
        {policies.map((policy) => (
          <li key={policy.id} id={`policy-${policy.id}`}>
            <p>
              <Hostile text={policy.reason} limit={1000} />
              {gateWords(policy) === undefined ? null : <span className="badge state-wait">{gateWords(policy)}</span>}
            </p>
            <details>
              <summary className="mono small">{policy.id}</summary>
              <pre className="policy-text" tabIndex={0}>
                <Hostile text={policy.text} limit={65_536} />
              </pre>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
