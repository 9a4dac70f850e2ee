import type { TokenFamily } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { ageColumn, sinceColumn } from "../kit/columns.tsx";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { counted } from "../text/counted.ts";
import { Time } from "../time/time.tsx";

/** When it ends, or why it did. */
function end({ state, expiresAt, endedAt, endedWhy }: TokenFamily): ReactNode {
  if (state !== "ended") return <Time at={expiresAt} />;
  return (
    <>
      <Time at={endedAt} /> <span className="muted small">{endedWhy}</span>
    </>
  );
}

function refreshed({ renewable, refreshes }: TokenFamily): ReactNode {
  if (!renewable) return <span className="muted">cannot be</span>;
  return refreshes === 0 ? "not yet" : counted(refreshes, ["time", "times"]);
}

function End({ row }: Readonly<{ row: TokenFamily }>): ReactNode {
  if (row.state !== "active") return null;
  return (
    <AskFirst
      word="End"
      of={`tokens of ${row.keyName}`}
      title={`End these tokens of ${row.keyName}?`}
      verb="End the tokens"
      route="token.revoke"
      input={{ params: { id: row.id } }}
      stale={["token"]}
      done={(one) => ({ text: `tokens of ${one.keyName} are ended`, ref: one.id })}
    >
      The next request with one of them is refused. The key itself goes on counting, and can get new ones.
    </AskFirst>
  );
}

function columnsFor(may: boolean): readonly Column<TokenFamily>[] {
  return [
    { id: "key", header: "Of the key", className: "strong", cell: (row) => row.keyName },
    { id: "owner", header: "Acts as", cell: (row) => row.owner.name },
    { id: "state", header: "State", className: "nowrap", cell: (row) => <StateBadge state={row.state} /> },
    { id: "scopes", header: "May", cell: (row) => row.scopes.join(", ") },
    { id: "refreshes", header: "Refreshed", className: "nowrap", cell: refreshed },
    unsorted(ageColumn<TokenFamily>({ id: "refreshed", header: "Last" }, (row) => row.refreshedAt)),
    unsorted(sinceColumn<TokenFamily>("Since")),
    { id: "end", header: "Ends", cell: end },
    { id: "act", header: "Change", className: "nowrap", cell: (row) => (may ? <End row={row} /> : null) },
  ];
}

/** The order in the address is that of the keys above. */
function unsorted<T>({ id, header, className = "", cell }: Column<T>): Column<T> {
  return { id, header, className, cell };
}

type FamiliesProps = Readonly<{ items: readonly TokenFamily[]; mine: boolean }>;

function Families({ items, mine }: FamiliesProps): ReactNode {
  const can = useCan();
  if (items.length === 0) return null;
  return (
    <section aria-labelledby="tokens-title" className="section-table token-families">
      <div className="section-head">
        <h2 id="tokens-title">Tokens</h2>
      </div>
      <p className="muted">
        What these keys were exchanged for: access tokens that count ten minutes at most, and refresh tokens for new
        ones. A refresh token shown twice ends all that came from its grant.
      </p>
      <DataTable
        caption="Tokens of these keys"
        columns={columnsFor(mine || can("key:write"))}
        rows={items}
        rowKey={(row) => row.id}
      />
    </section>
  );
}

export function OwnTokens(): ReactNode {
  const query = useQuery(ask("token.list", {}));
  return <Loaded query={query}>{({ items }) => <Families items={items} mine />}</Loaded>;
}

export function AllTokens(): ReactNode {
  const query = useQuery(ask("token.listAll", {}));
  return <Loaded query={query}>{({ items }) => <Families items={items} mine={false} />}</Loaded>;
}
