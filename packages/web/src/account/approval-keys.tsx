import type { UsedApprovalKey } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { ageColumn, sinceColumn } from "../kit/columns.tsx";
import { AskFirst } from "../kit/confirm.tsx";
import { Code, CopyButton } from "../kit/copy.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const COMMAND = "tyr approval-key create NAME";

const COLUMNS: readonly Column<UsedApprovalKey>[] = [
  {
    id: "name",
    header: "Name",
    className: "clip wide",
    cell: (row) => (
      <span className="strong">
        <Hostile text={row.name} limit={80} />
      </span>
    ),
  },
  {
    id: "fingerprint",
    header: "Fingerprint",
    className: "nowrap",
    cell: (row) => <Code text={row.fingerprint} what={`fingerprint of ${row.name}`} short />,
  },
  { id: "state", header: "State", className: "nowrap", cell: (row) => <StateBadge state={row.state} /> },
  sinceColumn("Made"),
  ageColumn({ id: "used", header: "Last approval" }, (row) => row.lastApprovedAt),
  {
    id: "end",
    header: "Ends",
    className: "nowrap",
    cell: (row) => <Time at={row.revokedAt ?? row.expiresAt} />,
  },
  { id: "change", header: "Change", className: "nowrap", cell: (row) => <Revoke row={row} /> },
];

function Revoke({ row }: Readonly<{ row: UsedApprovalKey }>): ReactNode {
  if (row.state !== "active") return null;
  return (
    <AskFirst
      word="Revoke"
      of={`the approval key ${row.name}`}
      title="Revoke the approval key"
      verb="Revoke it"
      route="approvalKey.revoke"
      input={{ params: { id: row.id } }}
      stale={["approvalKey", "action", "overview"]}
      done={(key) => ({ text: `${key.name} signs nothing more`, ref: key.id })}
    >
      It signs nothing more, and what it approved and has not run counts no more. Its file stays on your machine until
      you delete it there.
    </AskFirst>
  );
}

/** Keys somebody signs decisions with where no browser is. They are made where they stay: in a terminal. */
export function ApprovalKeys(): ReactNode {
  const query = useQuery(ask("approvalKey.list", {}));
  return (
    <section aria-labelledby="approval-keys-title" className="section-table passkeys">
      <div className="section-head">
        <h2 id="approval-keys-title">Approval keys</h2>
      </div>
      <Loaded query={query} lines={2}>
        {({ items }) => (
          <>
            <p className="muted">
              {items.length === 0 ? "None. " : ""}With a key of your own you sign decisions in a terminal, as with a
              passkey here. Make one where you use it: <code>{COMMAND}</code>{" "}
              <CopyButton text={COMMAND} what="the command" />
            </p>
            {items.length === 0 ? null : (
              <DataTable caption="Your approval keys" columns={COLUMNS} rows={items} rowKey={(row) => row.id} />
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}
