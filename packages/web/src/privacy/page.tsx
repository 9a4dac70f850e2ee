import type { OutputOf, RetentionLine } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Loaded } from "../kit/notice.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Time } from "../time/time.tsx";
import { EraseSubject } from "./erase-subject.tsx";
import { goesNow, heldText } from "./held-text.ts";
import { Holds } from "./holds.tsx";
import { RunNow } from "./run-now.tsx";
import { Runs } from "./runs.tsx";

type Report = OutputOf<"retention.report">;
type Kept = Report["classes"][number] & Readonly<{ line: RetentionLine | undefined }>;

const COLUMNS: readonly Column<Kept>[] = [
  { id: "class", header: "Records", className: "strong nowrap", cell: (row) => row.class },
  { id: "about", header: "What they are", cell: (row) => <span className="small">{row.about}</span> },
  {
    id: "days",
    header: "Kept",
    className: "nowrap",
    cell: (row) => (row.keepDays === null ? "for ever" : `${row.keepDays.toLocaleString("en")} days`),
  },
  {
    id: "due",
    header: "Goes at the next run",
    align: "end",
    cell: (row) => (row.line === undefined ? "nothing" : goesNow(row.line).toLocaleString("en")),
  },
  {
    id: "held",
    header: "Old enough, and stays",
    cell: (row) => (row.line === undefined || row.line.held.length === 0 ? "nothing" : heldText(row.line.held)),
  },
];

export function PrivacyPage(): ReactNode {
  return (
    <Guarded needs="retention:run">
      <Privacy />
    </Guarded>
  );
}

function Privacy(): ReactNode {
  const can = useCan();
  const [erasing, setErasing] = useState(false);
  const query = useQuery(ask("retention.report", {}));
  return (
    <div className="page">
      <PageHead
        title="Privacy and retention"
        about="How long each kind of record is kept, what keeps it longer, and how somebody's personal values are removed."
      >
        <RunNow report={query.data} />
        {can("privacy:erase") ? (
          <button type="button" className="button" onClick={() => setErasing(true)}>
            Erase somebody…
          </button>
        ) : null}
      </PageHead>
      <Loaded query={query}>{(report) => <WhatIsKept report={report} />}</Loaded>
      {can("privacy:hold") ? <Holds /> : null}
      <Runs />
      {erasing ? <EraseSubject onClose={() => setErasing(false)} /> : null}
    </div>
  );
}

function WhatIsKept({ report }: Readonly<{ report: Report }>): ReactNode {
  const rows = report.classes.map((one) => ({ ...one, line: report.items.find((line) => line.class === one.class) }));
  return (
    <section aria-labelledby="kept-title" className="section-table">
      <div className="section-head">
        <h2 id="kept-title">What is kept, and how long</h2>
      </div>
      <p className="muted">
        Periods are set where the server is started (<code>TYR_RETENTION</code>).{" "}
        {report.nextRunAt === null ? (
          "No kind of record has one, so nothing is ever removed by itself."
        ) : (
          <>
            The next run by itself is due <Time at={report.nextRunAt} />.
          </>
        )}
      </p>
      <DataTable caption="Kinds of records" columns={COLUMNS} rows={rows} rowKey={(row) => row.class} />
    </section>
  );
}
