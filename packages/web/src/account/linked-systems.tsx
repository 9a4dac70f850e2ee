import type { IdentityLink } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { ageColumn } from "../kit/columns.tsx";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const COLUMNS: readonly Column<IdentityLink>[] = [
  {
    id: "system",
    header: "System",
    className: "clip",
    cell: (row) => <span className="strong">{row.provider === "" ? "no longer used here" : row.provider}</span>,
  },
  {
    id: "as",
    header: "You are there",
    className: "clip wide",
    cell: (row) => <Hostile text={row.subject} limit={80} />,
  },
  { id: "since", header: "Linked", className: "nowrap", cell: (row) => <Time at={row.linkedAt} /> },
  ageColumn({ id: "used", header: "Last used" }, (row) => row.lastUsedAt),
  {
    id: "end",
    header: "Link",
    className: "nowrap",
    cell: (row) => (row.provider === "" ? null : <Unlink row={row} />),
  },
];

function Unlink({ row: { provider } }: Readonly<{ row: IdentityLink }>): ReactNode {
  return (
    <AskFirst
      word="Unlink"
      of={provider}
      title={`Unlink ${provider}`}
      verb="Unlink it"
      route="sso.unlinkOwn"
      input={{ params: { provider } }}
      stale={["sso", "session"]}
      done={() => ({ text: `${provider} signs you in no more; your other sessions have ended` })}
    >
      It signs you in no more, and all your other sessions end. If it is your only way in, prove first with a password
      or a passkey that you have another.
    </AskFirst>
  );
}

/** Other systems that sign this person in; nothing where there is none, which is the rule. */
export function LinkedSystems(): ReactNode {
  const query = useQuery(ask("sso.ownLinks", {}));
  if (query.data?.items.length === 0) return null;
  return (
    <section aria-labelledby="linked-title" className="passkeys">
      <div className="section-head">
        <h2 id="linked-title">Other systems</h2>
      </div>
      <Loaded query={query} lines={2}>
        {({ items }) => (
          <DataTable
            caption="Other systems that sign you in"
            columns={COLUMNS}
            rows={items}
            rowKey={(row) => `${row.issuer} ${row.subject}`}
          />
        )}
      </Loaded>
    </section>
  );
}
