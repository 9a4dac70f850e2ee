import type { LegalHold } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Loaded } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { SubjectField, subjectOf } from "./subject-field.tsx";

const COLUMNS: readonly Column<LegalHold>[] = [
  {
    id: "subject",
    header: "Whom it holds",
    className: "mono",
    cell: (row) => <Hostile text={row.subject} limit={80} />,
  },
  { id: "reason", header: "Why", cell: (row) => <Hostile text={row.reason} limit={300} /> },
  { id: "by", header: "Placed by", className: "mono", cell: (row) => <Hostile text={row.placedBy} limit={80} /> },
  { id: "at", header: "Since", className: "nowrap", cell: (row) => <Time at={row.placedAt} /> },
  { id: "act", header: "Change", className: "nowrap", cell: (row) => <Lift hold={row} /> },
];

/** What may not be erased, whatever its age. */
export function Holds(): ReactNode {
  const query = useQuery(ask("privacy.holds", {}));
  const [placing, setPlacing] = useState(false);
  return (
    <section aria-labelledby="holds-title" className="section-table">
      <div className="section-head">
        <h2 id="holds-title">Legal holds</h2>
        <button type="button" className="button" onClick={() => setPlacing(true)}>
          Place a hold
        </button>
      </div>
      <p className="muted">While one is in force, nothing of whom it names is erased or removed by age.</p>
      <Loaded query={query} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p>No legal hold is in force.</p>
          ) : (
            <DataTable caption="Holds in force" columns={COLUMNS} rows={items} rowKey={(row) => row.id} />
          )
        }
      </Loaded>
      {placing ? <PlaceHold onClose={() => setPlacing(false)} /> : null}
    </section>
  );
}

const STALE = ["privacy", "retention", "audit"];

function PlaceHold({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const hold = useAct("privacy.hold", {
    stale: STALE,
    done: () => ({ text: "The hold is in force" }),
    after: onClose,
  });
  return (
    <Dialog title="Place a legal hold" onClose={onClose}>
      <Form
        onData={(data) =>
          hold.mutate({ body: { subject: subjectOf(formText(data, "subject")), reason: formText(data, "reason") } })
        }
      >
        <SubjectField />
        <Field label="Reason" hint="Stands in the audit log. Name nobody in it.">
          {(control) => <input {...control} name="reason" required maxLength={300} autoComplete="off" />}
        </Field>
        <FormEnd verb="Place the hold" error={hold.error} busy={hold.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

function Lift({ hold }: Readonly<{ hold: LegalHold }>): ReactNode {
  const [asked, setAsked] = useState(false);
  const lift = useAct("privacy.release", {
    stale: STALE,
    done: () => ({ text: "The hold is lifted" }),
    after: () => setAsked(false),
  });
  return (
    <>
      <button type="button" className="link-button" onClick={() => setAsked(true)}>
        Lift<span className="sr-only"> the hold on {hold.subject}</span>
      </button>
      {asked ? (
        <Dialog title="Lift this hold?" onClose={() => setAsked(false)}>
          <Form onData={(data) => lift.mutate({ params: { id: hold.id }, body: { reason: formText(data, "reason") } })}>
            <p>
              What is old enough of <Hostile text={hold.subject} limit={80} mono /> goes at the next run, and it can be
              erased again.
            </p>
            <Field label="Reason" hint="Stands in the audit log. Name nobody in it.">
              {(control) => <input {...control} name="reason" required maxLength={300} autoComplete="off" />}
            </Field>
            <FormEnd
              verb="Lift the hold"
              tone="danger"
              error={lift.error}
              busy={lift.isPending}
              onCancel={() => setAsked(false)}
            />
          </Form>
        </Dialog>
      ) : null}
    </>
  );
}
