import type { SessionInfo } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { roleTitle, useCan, useSession } from "../api/session.ts";
import { useSignOut } from "../api/use-sign-out.ts";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { ApprovalKeys } from "./approval-keys.tsx";
import { ChangePassword } from "./change-password.tsx";
import { clientName } from "./client-name.ts";
import { Delegations } from "./delegations.tsx";
import { LinkedSystems } from "./linked-systems.tsx";
import { Methods } from "./methods.tsx";
import { Passkeys } from "./passkeys.tsx";

const STALE = ["session"] as const;

const COLUMNS: readonly Column<SessionInfo>[] = [
  { id: "client", header: "Client", className: "clip wide", cell: (row) => <Client row={row} /> },
  {
    id: "address",
    header: "From",
    className: "mono nowrap",
    cell: (row) => row.address ?? <span className="unknown">unknown</span>,
  },
  { id: "factor", header: "Proved by", className: "nowrap", cell: (row) => row.factor.replaceAll("+", ", ") },
  { id: "since", header: "Signed in", className: "nowrap", cell: (row) => <Time at={row.createdAt} /> },
  { id: "seen", header: "Last seen", className: "nowrap", cell: (row) => <Time at={row.lastSeenAt} show="age" /> },
  { id: "until", header: "Ends by itself", className: "nowrap", cell: (row) => <Time at={row.expiresAt} /> },
  { id: "end", header: "Session", className: "nowrap", cell: (row) => (row.current ? null : <End row={row} />) },
];

function Client({ row: { userAgent, current } }: Readonly<{ row: SessionInfo }>): ReactNode {
  const name = userAgent === null ? "unknown" : clientName(userAgent);
  return (
    <>
      {current ? <span className="badge state-good">this one</span> : null}{" "}
      <span className="strong">{name ?? <Hostile text={userAgent ?? ""} limit={80} />}</span>
      {name === undefined || userAgent === null ? null : (
        <span className="muted small">
          {" "}
          <Hostile text={userAgent} limit={120} />
        </span>
      )}
    </>
  );
}

function End({ row }: Readonly<{ row: SessionInfo }>): ReactNode {
  const end = useAct("session.end", {
    stale: STALE,
    done: () => ({ text: "The session has ended", ref: row.id }),
  });
  return (
    <button
      type="button"
      className="link-button"
      disabled={end.isPending}
      onClick={() => end.mutate({ params: { id: row.id } })}
    >
      End
      <span className="sr-only"> the session from {row.address ?? "an unknown address"}</span>
    </button>
  );
}

export function AccountPage(): ReactNode {
  return (
    <Guarded needs="session:own">
      <Account />
    </Guarded>
  );
}

function Account(): ReactNode {
  const { user, lacksSecondFactor, mustChangePassword } = useSession();
  const can = useCan();
  const { signOut, busy } = useSignOut();
  const isOwn = mustChangePassword !== true;
  return (
    <div className="page">
      <PageHead title={user.name} about="Who you are here, and where you are signed in.">
        <button type="button" className="button" disabled={busy} onClick={signOut}>
          Sign out
        </button>
      </PageHead>
      {isOwn ? null : <OwnPasswordFirst />}
      {isOwn && lacksSecondFactor === true ? <SecondFactorFirst /> : null}
      <dl className="facts account-facts">
        <dt>Roles</dt>
        <dd>{user.roles.map(roleTitle).join(", ")}</dd>
        <dt>Member since</dt>
        <dd>
          <Time at={user.createdAt} />
        </dd>
        {isOwn && can("key:own") ? (
          <>
            <dt>Programs</dt>
            <dd>
              <Link to="/keys">API keys and tokens that act as you</Link>
            </dd>
          </>
        ) : null}
        {isOwn && can("audit:read") ? (
          <>
            <dt>Log</dt>
            <dd>
              <Link to="/audit" search={{ actor: user.id }}>
                What you did
              </Link>
            </dd>
          </>
        ) : null}
      </dl>
      {isOwn ? (
        <>
          <Methods />
          <Passkeys />
          {can("action:read") ? (
            <>
              <ApprovalKeys />
              <Delegations />
            </>
          ) : null}
          <LinkedSystems />
          <Sessions />
        </>
      ) : null}
    </div>
  );
}

/** Nothing else is open to this session, so nothing else is asked for. */
function OwnPasswordFirst(): ReactNode {
  const [opened, setOpened] = useState(true);
  const query = useQuery(ask("account.methods", {}));
  const short = query.data !== undefined && (query.data.totp !== null || query.data.passkeys > 0);
  return (
    <>
      <div className="notice notice-warn" role="status">
        <Icon name="shield" />
        <div className="notice-body">
          <strong>Choose a password of your own</strong>
          <p>Somebody else chose the one you signed in with. It opens this page and no other, and counts 72 hours.</p>
          <p>
            <button type="button" className="button small" onClick={() => setOpened(true)}>
              Choose your password
            </button>
          </p>
        </div>
      </div>
      {opened ? <ChangePassword short={short} onClose={() => setOpened(false)} /> : null}
    </>
  );
}

function SecondFactorFirst(): ReactNode {
  return (
    <div className="notice notice-warn" role="status">
      <Icon name="shield" />
      <div className="notice-body">
        <strong>A second factor is asked for here</strong>
        <p>
          Add a passkey or an authenticator application below. Until then your password opens this page and no other.
        </p>
      </div>
    </div>
  );
}

function Sessions(): ReactNode {
  const query = useQuery(ask("session.list", {}));
  const others = query.data?.items.filter((one) => !one.current).length ?? 0;
  return (
    <section aria-labelledby="sessions-title" className="section-table">
      <div className="section-head">
        <h2 id="sessions-title">Sessions</h2>
        {others === 0 ? null : (
          <AskFirst
            word={others === 1 ? "End the other" : `End the ${others} others`}
            of=""
            className="button small danger-quiet"
            title="End all other sessions"
            verb="End them"
            route="session.endOthers"
            input={{}}
            stale={STALE}
            done={() => ({ text: "You are signed in here only" })}
          >
            Whoever uses them has to sign in again. If you do not know one of them, tell an administrator too.
          </AskFirst>
        )}
      </div>
      <p className="muted">A session ends after 30 minutes without use, and after 12 hours in any case.</p>
      <Loaded query={query} lines={3}>
        {({ items }) => <DataTable caption="Your sessions" columns={COLUMNS} rows={items} rowKey={(row) => row.id} />}
      </Loaded>
    </section>
  );
}
