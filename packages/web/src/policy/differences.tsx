import type { PolicyDiff } from "@tyr/contract";
import type { ReactNode } from "react";
import { Icon } from "../kit/icon.tsx";
import { Hostile } from "../text/hostile.tsx";
import { LineDiff } from "../approvals/line-diff.tsx";

const FACTS = {
  removesForbid: "takes away what nobody could approve",
  loosensGate: "asks for fewer people or other roles",
  widensPermit: "makes more possible at all",
  schemaChanged: "changes what policies are told",
} as const;

const linesOf = (text: string | null): readonly string[] => (text === null ? [] : text.split("\n"));

/** What one bundle says otherwise than another, policy by policy; what loosens anything comes with its reason. */
export function Differences({ diff }: Readonly<{ diff: PolicyDiff }>): ReactNode {
  const { policies, files, facts } = diff;
  if (policies.length === 0 && files.length === 0)
    return <p className="muted">Nothing differs: both bundles say the same.</p>;
  const said = Object.entries(FACTS).filter(([name]) => facts[name as keyof typeof FACTS]);
  return (
    <div className="differences">
      {said.length === 0 ? (
        <p className="inline">
          <Icon name="check" size={14} /> Nothing in it loosens what is in force.
        </p>
      ) : (
        <p className="warning">
          <Icon name="alert" size={14} />
          <span>It {said.map(([, words]) => words).join("; ")}.</span>
        </p>
      )}
      {policies.map((one) => (
        <details key={one.policyId} className="difference">
          <summary>
            <span className={`change change-${one.change}`}>{one.change}</span>
            <span className="mono">{one.policyId}</span> <span className={`effect-${one.effect}`}>{one.effect}</span>{" "}
            {one.loosens === null ? null : <span className="loosens">loosens</span>}
          </summary>
          <p>
            <Hostile text={one.reason} limit={1000} />
          </p>
          {one.loosens === null ? null : (
            <p className="warning">
              <Icon name="alert" size={14} /> <Hostile text={one.loosens} limit={1000} />
            </p>
          )}
          <LineDiff
            label={`${one.policyId}, before and after`}
            before={linesOf(one.before)}
            after={linesOf(one.after)}
          />
        </details>
      ))}
      {files.map(({ path, before, after }) => (
        <details key={path} className="difference">
          <summary>
            <span className="change change-changed">file</span>
            <span className="mono">{path}</span>
          </summary>
          <LineDiff label={`${path}, before and after`} before={linesOf(before)} after={linesOf(after)} />
        </details>
      ))}
    </div>
  );
}
