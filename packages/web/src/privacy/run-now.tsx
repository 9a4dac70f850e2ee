import type { OutputOf } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { useAct } from "../kit/use-act.ts";
import { goesNow } from "./held-text.ts";

type Report = OutputOf<"retention.report">;

/** The dry run is on the page; this does it, after saying once more what goes. */
export function RunNow({ report }: Readonly<{ report: Report | undefined }>): ReactNode {
  const [asked, setAsked] = useState(false);
  if (report === undefined || report.items.length === 0) return null;
  return (
    <>
      <button type="button" className="button" onClick={() => setAsked(true)}>
        Run retention now
      </button>
      {asked ? <AskToRun report={report} onClose={() => setAsked(false)} /> : null}
    </>
  );
}

function AskToRun({ report, onClose }: Readonly<{ report: Report; onClose: () => void }>): ReactNode {
  const run = useAct("retention.run", {
    stale: ["retention", "audit"],
    done: ({ items }) => {
      const removed = items.reduce((sum, line) => sum + line.removed, 0);
      return { text: `Retention removed ${removed.toLocaleString("en")} records` };
    },
    after: onClose,
  });
  const going = report.items.map((line) => ({ name: line.class, count: goesNow(line) })).filter((one) => one.count > 0);
  return (
    <Dialog title="Run retention now?" onClose={onClose}>
      <Form onData={(data) => run.mutate({ body: { reason: formText(data, "reason") } })}>
        {going.length > 0 ? (
          <>
            <p>These go for good. What a hold, an open incident or a proof needs stays.</p>
            <ul className="bullets">
              {going.map(({ name, count }) => (
                <li key={name}>
                  {count.toLocaleString("en")} of {name}
                </li>
              ))}
            </ul>
          </>
        ) : (
          <p>Nothing is due now. The run is kept in the list all the same.</p>
        )}
        <Field label="Reason" hint="Stands in the audit log. Name nobody in it.">
          {(control) => <input {...control} name="reason" required maxLength={300} autoComplete="off" />}
        </Field>
        <FormEnd verb="Run retention" tone="danger" error={run.error} busy={run.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
