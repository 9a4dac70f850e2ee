import { BREAK_GLASS_VERDICTS, type BreakGlassUse, type BreakGlassVerdict } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useCan, useSession } from "../api/session.ts";
import { usePages } from "../api/use-pages.ts";
import type { Column } from "../kit/data-table.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Empty } from "../kit/notice.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { verdictWords } from "./break-glass.tsx";

const COLUMNS: readonly Column<BreakGlassUse>[] = [
  { id: "at", header: "When", className: "nowrap", cell: (row) => <Time at={row.at} /> },
  { id: "by", header: "By", className: "nowrap", cell: (row) => <Hostile text={row.by.name} limit={60} /> },
  {
    id: "action",
    header: "What ran",
    className: "nowrap",
    cell: (row) => (
      <Link to="/approvals" search={{ tab: "history", action: row.actionId }}>
        <Hostile text={row.action.target} limit={64} mono />
      </Link>
    ),
  },
  { id: "reason", header: "Why", className: "clip wide", cell: (row) => <Hostile text={row.reason} limit={300} /> },
  { id: "review", header: "Review", className: "clip wide", cell: (row) => <Review row={row} /> },
];

function Review({ row }: Readonly<{ row: BreakGlassUse }>): ReactNode {
  const can = useCan();
  const { user } = useSession();
  const [open, setOpen] = useState(false);
  if (row.review !== null)
    return (
      <>
        {verdictWords(row.review.verdict)}, {row.review.by.name}: <Hostile text={row.review.text} limit={200} />
      </>
    );
  return (
    <>
      <StateBadge state="owed" /> {row.by.id === user.id ? <span className="muted small">by somebody else</span> : null}
      {row.by.id !== user.id && can("action:approve") ? (
        <button type="button" className="link-button" onClick={() => setOpen(true)}>
          Review<span className="sr-only"> what {row.by.name} did</span>
        </button>
      ) : null}
      {open ? <ReviewDialog row={row} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function ReviewDialog({ row, onClose }: Readonly<{ row: BreakGlassUse; onClose: () => void }>): ReactNode {
  const review = useAct("breakGlass.review", {
    stale: ["breakGlass", "action"],
    done: ({ id }) => ({ text: "The review is closed", ref: id }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const verdict = BREAK_GLASS_VERDICTS.find((one) => one === formText(form, "verdict"));
    if (verdict !== undefined)
      review.mutate({ params: { id: row.id }, body: { verdict, text: formText(form, "text") } });
  };
  return (
    <Dialog title="Review a use of break-glass" onClose={onClose}>
      <Form onData={submit}>
        <p>
          <Hostile text={row.by.name} limit={80} /> let <Hostile text={row.action.target} mono /> run without approvals{" "}
          <Time at={row.at} show="age" />: “<Hostile text={row.reason} limit={1000} />”
        </p>
        <fieldset className="roles">
          <legend>Was it justified?</legend>
          {BREAK_GLASS_VERDICTS.map((verdict) => (
            <Choice key={verdict} verdict={verdict} />
          ))}
        </fieldset>
        <Field label="Why" hint="It can be said once. The audit log keeps it.">
          {(control) => <textarea {...control} name="text" rows={3} required maxLength={1000} />}
        </Field>
        <FormEnd verb="Close the review" error={review.error} busy={review.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

function Choice({ verdict }: Readonly<{ verdict: BreakGlassVerdict }>): ReactNode {
  return (
    <label className="role">
      <input type="radio" name="verdict" value={verdict} required />
      <span>
        <strong>{verdictWords(verdict).replace(/^./, (first) => first.toUpperCase())}</strong>
      </span>
    </label>
  );
}

/** Every time something ran without its approvals, those that are owed a review among them. */
export function BreakGlassList(): ReactNode {
  const pages = usePages("breakGlass.list", { query: { limit: 100 } });
  return (
    <PagedTable
      pages={pages}
      caption="Uses of break-glass"
      noun={["use", "uses"]}
      columns={COLUMNS}
      rowKey={(row) => row.id}
      empty={
        <Empty icon="alert" title="Nobody ever broke the glass">
          In an emergency somebody with the permission action:break_glass lets a request run without its approvals, for
          an hour at most. Each time is listed here until somebody else reviewed it, and stays.
        </Empty>
      }
    />
  );
}
