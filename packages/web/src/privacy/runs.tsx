import type { RetentionRun } from "@tyr/contract";
import type { ReactNode } from "react";
import { usePages } from "../api/use-pages.ts";
import type { Column } from "../kit/data-table.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { heldText } from "./held-text.ts";

function removedText({ items }: RetentionRun): string {
  const gone = items.filter((line) => line.removed > 0);
  return gone.length === 0
    ? "nothing"
    : gone.map((line) => `${line.removed.toLocaleString("en")} of ${line.class}`).join(", ");
}

const COLUMNS: readonly Column<RetentionRun>[] = [
  { id: "at", header: "Ended", className: "nowrap", cell: (row) => <Time at={row.endedAt} /> },
  {
    id: "state",
    header: "Outcome",
    className: "nowrap",
    cell: (row) => <StateBadge state={row.failed === null ? "success" : "failure"} />,
  },
  {
    id: "by",
    header: "By",
    cell: (row) => (row.by.kind === "system" ? "by itself" : <Hostile text={row.by.id} limit={60} mono />),
  },
  { id: "removed", header: "Removed", cell: removedText },
  {
    id: "held",
    header: "Old enough, and stayed",
    cell: (row) => heldText(row.items.flatMap((line) => line.held)) || "nothing",
  },
  {
    id: "reason",
    header: "Why",
    cell: (row) => (
      <>
        <Hostile text={row.reason} limit={200} />
        {row.failed === null ? null : (
          <span className="why">
            {" "}
            Ended early: <Hostile text={row.failed} limit={300} />
          </span>
        )}
      </>
    ),
  },
];

/** What runs did: kept for good, and in the audit log too. */
export function Runs(): ReactNode {
  const pages = usePages("retention.runs", {});
  return (
    <section aria-labelledby="runs-title" className="section-table">
      <div className="section-head">
        <h2 id="runs-title">Runs</h2>
      </div>
      <PagedTable
        caption="Runs of retention"
        noun={["run", "runs"]}
        columns={COLUMNS}
        rowKey={(row) => row.id}
        pages={pages}
        empty={<p>Retention has not run yet.</p>}
      />
    </section>
  );
}
