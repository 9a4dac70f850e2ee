import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Loaded } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { SubjectField, subjectOf } from "./subject-field.tsx";

type Step = Readonly<{ subject: string; reason: string }>;

/** First whom and why, then what will be lost, then the same words once more: nothing brings it back. */
export function EraseSubject({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const [step, setStep] = useState<Step>();
  return (
    <Dialog title="Erase somebody" onClose={onClose}>
      {step === undefined ? (
        <Form
          onData={(data) =>
            setStep({ subject: subjectOf(formText(data, "subject")), reason: formText(data, "reason") })
          }
        >
          <SubjectField />
          <Field label="Reason" hint="Stands in the audit log. Name nobody in it.">
            {(control) => <input {...control} name="reason" required maxLength={300} autoComplete="off" />}
          </Field>
          <FormEnd verb="Show what will be lost" error={null} busy={false} onCancel={onClose} />
        </Form>
      ) : (
        <Preview {...step} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Preview({ subject, reason, onClose }: Step & Readonly<{ onClose: () => void }>): ReactNode {
  const query = useQuery({ ...ask("privacy.preview", { query: { subject } }), staleTime: 0, gcTime: 0 });
  return (
    <Loaded query={query} lines={3}>
      {(found) =>
        found.changed ? (
          <ConfirmErasure {...{ subject, reason, found, onClose }} />
        ) : (
          <div className="form">
            <p>
              Nothing is kept of <Hostile text={subject} limit={80} mono />: there is nothing left to erase.
            </p>
            <p className="form-foot">
              <button type="button" className="button" onClick={onClose}>
                Close
              </button>
            </p>
          </div>
        )
      }
    </Loaded>
  );
}

type Confirming = Step & Readonly<{ found: Readonly<{ values: number; rows: number }>; onClose: () => void }>;

function ConfirmErasure({ subject, reason, found, onClose }: Confirming): ReactNode {
  const [typed, setTyped] = useState("");
  const erase = useAct("privacy.erase", {
    stale: ["privacy", "audit", "user"],
    done: ({ values, rows }) => ({ text: `Erased ${values} values of the log and ${rows} other rows` }),
    after: onClose,
  });
  const written = subject.replace(/^value:/, "");
  return (
    <Form onData={() => erase.mutate({ body: { subject, reason } })}>
      <p>
        Of <Hostile text={written} limit={80} mono /> this is lost for good:
      </p>
      <ul className="bullets">
        <li>
          {found.values.toLocaleString("en")} personal values of the audit log, with the salts and the key that open
          them
        </li>
        <li>the name, sign-in and places in {found.rows.toLocaleString("en")} other rows</li>
      </ul>
      <p>
        Entries, hashes and commitments stay, so every proof still verifies; they no longer say who it was. Backups and
        archives made before still hold what they hold.
      </p>
      <Field label="Write it once more to confirm">
        {(control) => (
          <input
            {...control}
            className="mono"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value.trim())}
          />
        )}
      </Field>
      <FormEnd
        verb="Erase for good"
        tone="danger"
        possible={typed === written}
        error={erase.error}
        busy={erase.isPending}
        onCancel={onClose}
      />
    </Form>
  );
}
