import type { AuditHead, AuditVerification } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { auditHeadQuery } from "../api/queries.ts";
import { rolesWith, roleTitle, useCan } from "../api/session.ts";
import { Code, CopyButton } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { ErrorNotice, Loaded } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Time } from "../time/time.tsx";
import { Cosignatures } from "./cosignatures.tsx";
import { BrowserVerify } from "./browser-verify.tsx";

/** The newest signed checkpoint, and the button which recomputes the log against it. */
export function HeadCard(): ReactNode {
  const query = useQuery({ ...auditHeadQuery, refetchInterval: 15_000 });
  return (
    <section className="card head-card" aria-label="Head of the log">
      <Loaded query={query} lines={3}>
        {(head) => <Head head={head} />}
      </Loaded>
    </section>
  );
}

function Head({ head }: Readonly<{ head: AuditHead }>): ReactNode {
  const can = useCan();
  const verify = useAct("audit.verify", {
    stale: ["audit", "overview"],
    done: (result) => ({ text: result.ok ? "The log is intact" : "The log does not verify" }),
  });
  const may = can("audit:verify");
  return (
    <>
      <div className="head-row">
        <dl className="head-facts">
          <div>
            <dt>Entries in the tree</dt>
            <dd className="figure">{head.size.toLocaleString("en")}</dd>
          </div>
          {head.pruned === undefined ? null : (
            <div>
              <dt>Pruned</dt>
              <dd>
                0 to {(head.pruned.entries - 1).toLocaleString("en")}
                <span className="muted small"> hashes kept</span>
              </dd>
            </div>
          )}
          <div>
            <dt>Checkpoint</dt>
            <dd>
              <Time at={head.checkpointAt} show="age" />
            </dd>
          </div>
          <div>
            <dt>Waiting for the next</dt>
            <dd>{head.waiting}</dd>
          </div>
          <div className="grow">
            <dt>Root</dt>
            <dd>
              <Code text={head.root} what="root hash" />
            </dd>
          </div>
        </dl>
        <div className="head-verify">
          <button
            type="button"
            className="button primary"
            disabled={!may || verify.isPending}
            onClick={() => verify.mutate({})}
          >
            <Icon name="shield" /> {verify.isPending ? "Recomputing…" : "Verify"}
          </button>
          {may ? null : (
            <p className="why">Needs audit:verify ({rolesWith("audit:verify").map(roleTitle).join(", ")}).</p>
          )}
        </div>
      </div>
      {head.cosigning === undefined ? null : <Cosignatures cosigning={head.cosigning} size={head.size} />}
      {verify.error === null ? null : <ErrorNotice error={verify.error} />}
      {verify.data === undefined || verify.isPending ? null : <Verdict result={verify.data} />}
      <BrowserVerify head={head} />
      <Offline head={head} />
    </>
  );
}

function Verdict({ result }: Readonly<{ result: AuditVerification }>): ReactNode {
  return (
    <div className={result.ok ? "verdict good" : "verdict bad"} role="status">
      <Icon name={result.ok ? "check" : "cross"} size={20} />
      <div>
        <strong>{result.ok ? "Every entry is as it was written" : "The log was changed"}</strong>
        <p>
          {result.entriesRead.toLocaleString("en")} entries read and hashed in {Math.round(result.durationMs)} ms, tree
          of {result.size.toLocaleString("en")}, checkpoint of <Time at={result.checkpointAt} />.
          {result.pruned === undefined || result.pruned === 0
            ? null
            : ` Entries 0 to ${(result.pruned - 1).toLocaleString("en")} are pruned, as the log declares: their hashes are present and chained.`}
        </p>
        {result.problems.map((problem) => (
          <p key={`${problem.code} ${problem.index} ${problem.message}`}>
            <strong>{problem.index === null ? "Whole log" : `Index ${problem.index}`}</strong>: {problem.message}{" "}
            <span className="mono small">{problem.code}</span>
          </p>
        ))}
        <p>
          Root <Code text={result.root} what="recomputed root" />
        </p>
      </div>
    </div>
  );
}

const COMMANDS = "tyr audit export ./tyr-audit\ntyr audit verify ./tyr-audit";

function Offline({ head }: Readonly<{ head: AuditHead }>): ReactNode {
  return (
    <details className="offline">
      <summary>Verify it yourself, without this server</summary>
      <p>
        The button asks the server about itself. For proof, export the log, take it to another computer and verify it
        there; keep the export, and the next one must be an extension of it.
      </p>
      <div className="snippet">
        <pre tabIndex={0}>{COMMANDS}</pre>
        <CopyButton text={COMMANDS} what="commands" />
      </div>
      <dl className="facts">
        <dt>Log</dt>
        <dd>
          <Code text={head.origin} what="origin" />
        </dd>
        <dt>Verifier key</dt>
        <dd>
          <Code text={head.vkey} what="verifier key" />
        </dd>
      </dl>
      <div className="snippet">
        <pre tabIndex={0}>{head.checkpoint}</pre>
        <CopyButton text={head.checkpoint} what="checkpoint" />
      </div>
    </details>
  );
}
