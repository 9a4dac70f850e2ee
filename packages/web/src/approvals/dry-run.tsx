import { REACH_DAYS, type DryRun } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { LineDiff } from "./line-diff.tsx";

const DAY_MS = 86_400_000;
/** As the reach counts them. */
const LOGINS = { kind: "auth_attempt", outcome: "success" } as const;

/** The connector's own plan: before and after as a diff, warnings first, and how far it reaches. */
export function DryRunView({ dryRun, target }: Readonly<{ dryRun: DryRun; target: string }>): ReactNode {
  return (
    <section className="dry-run">
      <h3>
        Dry run{" "}
        <span className={`badge ${dryRun.ok ? "state-good" : "state-bad"}`}>
          {dryRun.ok ? "would work" : "would fail"}
        </span>
      </h3>
      <p>{dryRun.summary}</p>
      {dryRun.warnings.map((warning) => (
        <p key={warning} className="warning">
          <Icon name="alert" size={14} />
          <Hostile text={warning} limit={500} />
        </p>
      ))}
      {dryRun.before.length + dryRun.after.length === 0 ? (
        <p className="muted">Nothing is enforced before and nothing after.</p>
      ) : (
        <LineDiff label="Enforcement before and after" before={dryRun.before} after={dryRun.after} />
      )}
      {dryRun.reach.addresses === "0" ? null : <Reach dryRun={dryRun} target={target} />}
      <p className="muted small">
        Computed <Time at={dryRun.at} show="age" /> · digest <Code text={dryRun.digest} what="dry run digest" short />
      </p>
    </section>
  );
}

function Reach({ dryRun, target }: Readonly<{ dryRun: DryRun; target: string }>): ReactNode {
  const { addresses, enforcers, successfulLogins, events } = dryRun.reach;
  // What was counted, so that the number and its rows agree.
  const counted = { from: new Date(Date.parse(dryRun.at) - REACH_DAYS * DAY_MS).toISOString(), to: dryRun.at };
  // A prefix of one address is read as that address.
  const ip = target.replace(/\/(32|128)$/, "");
  return (
    <ul className="reach" aria-label="Reach">
      <li>
        <strong>{addresses}</strong> {addresses === "1" ? "address" : "addresses"}
      </li>
      <li>
        <Link to="/blocks" search={{ tab: "enforcers" }}>
          {enforcers} enforcement {enforcers === 1 ? "point" : "points"}
        </Link>
      </li>
      <li className={successfulLogins > 0 ? "reach-warn" : undefined}>
        <Link to="/events" search={{ ip, ...counted, ...LOGINS }}>
          {successfulLogins} successful {successfulLogins === 1 ? "log-in" : "log-ins"}
        </Link>
      </li>
      <li>
        <Link to="/events" search={{ ip, ...counted }}>
          {events} {events === 1 ? "event" : "events"}
        </Link>{" "}
        from there in the {REACH_DAYS} days before
      </li>
    </ul>
  );
}
