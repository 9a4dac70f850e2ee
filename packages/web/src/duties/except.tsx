import { EXCEPTION_DAYS_MAX, type DutyPairView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";

const DAY_MS = 86_400_000;
const DAYS = 90;

type ExceptProps = Readonly<{
  pairs: readonly DutyPairView[];
  /** Whom and what it is about, where the question came from a conflict. */
  about?: Readonly<{ subject: string; pair: string }>;
  onClose: () => void;
}>;

/** Who may hold both sides of which pair, why and until when. The server refuses it to whoever it is about. */
export function Except({ pairs, about, onClose }: ExceptProps): ReactNode {
  const people = useQuery(ask("user.list", {})).data?.items.filter(({ active }) => active) ?? [];
  const [problem, setProblem] = useState<string>();
  const grant = useAct("duty.except", {
    stale: ["duty"],
    done: ({ subject, pair }) => ({ text: `${subject.name} is excepted from ${pair}`, ref: subject.id }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const who = people.find(({ id }) => id === formText(form, "subject"));
    setProblem(who === undefined ? "Choose whom it is about." : undefined);
    if (who === undefined) return;
    const until = new Date(Date.now() + Number(formText(form, "days")) * DAY_MS).toISOString();
    const body = { subjectId: who.id, pair: formText(form, "pair"), reason: formText(form, "reason"), until };
    grant.mutate({ body });
  };
  return (
    <Dialog title="Grant an exception" onClose={onClose}>
      <Form onData={submit}>
        <p>One person may hold both sides of a pair until the day given. Nobody grants it to themselves.</p>
        <Field label="Who">
          {(control) => (
            // Keyed so that who was asked about is chosen once the people are known.
            <select {...control} key={people.length} name="subject" defaultValue={about?.subject}>
              {people.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Pair">
          {(control) => (
            <select {...control} name="pair" defaultValue={about?.pair}>
              {pairs.map(({ id, sides }) => (
                <option key={id} value={id}>
                  {sides.join(" and ")}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Reason" hint="Kept in the log, and shown with every conflict it allows.">
          {(control) => <input {...control} name="reason" required maxLength={300} autoComplete="off" />}
        </Field>
        <Field label="For days" hint={`${EXCEPTION_DAYS_MAX} at most; whoever still wants it then says why again.`}>
          {(control) => (
            <input
              {...control}
              name="days"
              type="number"
              min={1}
              max={EXCEPTION_DAYS_MAX}
              defaultValue={DAYS}
              required
            />
          )}
        </Field>
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        <FormEnd verb="Grant" error={grant.error} busy={grant.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
