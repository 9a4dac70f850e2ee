import type { TriedCredential } from "@tyr/contract";
import type { ReactNode } from "react";
import { usePages } from "../api/use-pages.ts";
import type { Column } from "../kit/data-table.tsx";
import { Empty } from "../kit/notice.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const COLUMNS: readonly Column<TriedCredential>[] = [
  {
    id: "principal",
    header: "Account",
    className: "clip",
    cell: ({ principal }) =>
      principal === "" ? <span className="unknown">none</span> : <Hostile text={principal} limit={120} mono />,
  },
  {
    id: "secret",
    header: "Secret, as a hash",
    className: "nowrap",
    cell: ({ secretHash, secretKind, common }) => (
      <>
        <span className="mono">{secretHash.slice(0, 12)}</span>{" "}
        <span className="muted small">
          {common ? "everybody tries it" : secretKind === "plaintext" ? "" : <Hostile text={secretKind} limit={40} />}
        </span>
      </>
    ),
  },
  { id: "service", header: "Service", className: "nowrap", cell: (row) => <Hostile text={row.service} limit={40} /> },
  {
    id: "outcome",
    header: "Outcome",
    className: "nowrap",
    cell: ({ outcome }) =>
      outcome === "observed" ? <span className="muted">observed</span> : <StateBadge state={outcome} />,
  },
  { id: "times", header: "Tried", align: "end", cell: (row) => row.attemptCount.toLocaleString("en") },
  { id: "targets", header: "Targets", align: "end", cell: (row) => row.targetCount.toLocaleString("en") },
  { id: "sources", header: "Addresses", align: "end", cell: (row) => row.sourceCount.toLocaleString("en") },
  { id: "last", header: "Last", className: "nowrap", cell: (row) => <Time at={row.lastSeenAt} show="age" /> },
];

/** What was tried, where, and by how many others; equal hashes are equal secrets, and the secret itself is kept nowhere. */
export function Credentials({ id }: Readonly<{ id: string }>): ReactNode {
  const pages = usePages("credential.list", { query: { attacker: id, limit: 100 } });
  return (
    <div className="section-table">
      <PagedTable
        pages={pages}
        noun={["credential", "credentials"]}
        caption="Credentials"
        columns={COLUMNS}
        rowKey={(row) => `${row.sensorId} ${row.service} ${row.principal} ${row.secretKind} ${row.secretHash}`}
        empty={
          <Empty icon="key" title="No credentials">
            This address tried to sign in nowhere, or a sensor did not say with what.
          </Empty>
        }
      />
    </div>
  );
}
