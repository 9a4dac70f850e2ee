import type { ApiKey } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { ageColumn, sinceColumn } from "../kit/columns.tsx";
import { AskFirst } from "../kit/confirm.tsx";
import type { Column } from "../kit/data-table.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Time } from "../time/time.tsx";
import { RotateKey } from "./rotate-key.tsx";

type May = Readonly<{ revoke: boolean; rotate: (key: ApiKey) => boolean }>;

/** Where and when a key was used last: to the minute, from an address or an IPv6 /64. */
function used(row: ApiKey): ReactNode {
  return (
    <>
      <Time at={row.lastUsedAt} show="age" never="never" />
      {row.lastUsedFrom === null ? null : <span className="muted small mono"> {row.lastUsedFrom}</span>}
    </>
  );
}

const networks = ({ networks: all }: ApiKey): ReactNode =>
  all.length === 0 ? <span className="muted">anywhere</span> : <span className="mono">{all.join(", ")}</span>;

export function keyColumns(may: May): readonly Column<ApiKey>[] {
  return [
    { id: "name", header: "Key", className: "strong", sortBy: (row) => row.name, cell: (row) => row.name },
    { id: "owner", header: "Acts as", sortBy: (row) => row.owner.name, cell: (row) => row.owner.name },
    { id: "state", header: "State", className: "nowrap", cell: (row) => <StateBadge state={row.state} /> },
    { id: "scopes", header: "May", cell: (row) => row.scopes.join(", ") },
    { id: "networks", header: "From", cell: networks },
    { ...ageColumn<ApiKey>({ id: "used", header: "Last used" }, (row) => row.lastUsedAt), cell: used },
    {
      id: "expires",
      header: "Expires",
      className: "nowrap",
      sortBy: (row) => row.expiresAt,
      cell: (row) => <Time at={row.expiresAt} />,
    },
    sinceColumn("Made"),
    { id: "act", header: "Change", className: "nowrap", cell: (row) => <Changes row={row} may={may} /> },
  ];
}

function Changes({ row, may }: Readonly<{ row: ApiKey; may: May }>): ReactNode {
  const [rotating, setRotating] = useState(false);
  if (row.state === "revoked") return null;
  return (
    <>
      {may.rotate(row) ? (
        <button type="button" className="link-button" onClick={() => setRotating(true)}>
          Rotate<span className="sr-only"> {row.name}</span>
        </button>
      ) : null}{" "}
      {may.revoke ? (
        <AskFirst
          word="Revoke"
          of={row.name}
          title={`Revoke ${row.name}?`}
          verb="Revoke the key"
          route="key.revoke"
          input={{ params: { id: row.id } }}
          stale={["key"]}
          done={(key) => ({ text: `${key.name} is revoked`, ref: key.id })}
        >
          The next request with it is refused. A revoked key never counts again.
        </AskFirst>
      ) : null}
      {rotating ? <RotateKey of={row} onClose={() => setRotating(false)} /> : null}
    </>
  );
}
