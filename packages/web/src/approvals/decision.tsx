import type { Decision } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { policyQuery } from "../api/queries.ts";
import { roleTitle, useCan } from "../api/session.ts";
import { Code } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { Time } from "../time/time.tsx";

const OUTCOMES: Readonly<Record<Decision["outcome"], readonly [tone: string, words: string]>> = {
  allow: ["state-good", "Policy allows it"],
  require_approval: ["state-wait", "Policy requires approval"],
  deny: ["state-bad", "Policy denies it"],
  dry_run_only: ["state-quiet", "Policy allows a dry run only"],
};

/** Two policies may ask for the same; it is said once. */
function needText({ approvals, roles }: Decision["requirements"][number]): string {
  const who = approvals === 1 ? "person" : "different people";
  return `${approvals} ${who} of ${roles.map(roleTitle).join(" or ")}, never the requester`;
}

/** What policy said, every reason it gave, and the text of the policies that gave them. */
export function DecisionView({ decision }: Readonly<{ decision: Decision }>): ReactNode {
  const can = useCan();
  const policy = useQuery({ ...policyQuery, enabled: can("policy:read") }).data;
  // Text of the very bundle that decided, or none: what is in force now may say something else under the same name.
  const decided = policy?.digest === decision.bundleDigest ? policy : undefined;
  const [tone, words] = OUTCOMES[decision.outcome];
  return (
    <section className="decision">
      <p className="decision-head">
        <span className={`badge ${tone}`}>
          <Icon name="approvals" size={12} />
          {words}
        </span>
        {[...new Set(decision.requirements.map(needText))].map((text) => (
          <span key={text} className="muted">
            {text}
          </span>
        ))}
      </p>
      <ul className="reasons">
        {decision.reasons.map((reason) => {
          const source = decided?.policies.find((known) => known.id === reason.policyId);
          return (
            <li key={`${reason.policyId} ${reason.effect} ${reason.text}`}>
              <span className={`effect effect-${reason.effect}`}>{reason.effect}</span>
              <span className="grow">
                {reason.text}
                {source === undefined ? (
                  <span className="mono muted small"> {reason.policyId}</span>
                ) : (
                  <details>
                    <summary className="mono small">{reason.policyId}</summary>
                    <pre className="policy-text" tabIndex={0}>
                      {source.text}
                    </pre>
                  </details>
                )}
              </span>
            </li>
          );
        })}
      </ul>
      <p className="muted small">
        Decided <Time at={decision.at} /> with policy bundle{" "}
        <Code text={decision.bundleDigest} what="bundle digest" short />
        {policy === undefined || decided !== undefined ? null : (
          <>
            {" "}
            – another bundle is in force now;{" "}
            <Link to="/policy" search={{ tab: "versions", version: decision.bundleDigest }}>
              read the one that decided
            </Link>
          </>
        )}
      </p>
    </section>
  );
}
