import { DELEGATION_DAYS_MAX } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { controlText, parseControl } from "../time/format.ts";
import { useZone } from "../time/use-zone.ts";

const DAY_MS = 86_400_000;
/** What most absences are. */
const USUAL_DAYS = 7;

const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

/** To whom one's own approving goes, until when and why. Whoever takes it signs with their own passkey or key. */
export function HandOver({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const zone = useZone();
  const [usual] = useState(() => controlText(inDays(USUAL_DAYS), zone).slice(0, 16));
  const [problem, setProblem] = useState<string>();
  const give = useAct("delegation.create", {
    stale: ["delegation", "action", "overview"],
    done: ({ id, to }) => ({ text: `${to.name} approves in your place`, ref: id }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const endsAt = parseControl(formText(form, "until"), zone);
    setProblem(endsAt === undefined ? "Say until when." : undefined);
    if (endsAt !== undefined)
      give.mutate({ body: { to: formText(form, "to"), endsAt, reason: formText(form, "reason") } });
  };
  return (
    <Dialog title="Hand over your approving" onClose={onClose}>
      <Form onData={submit}>
        <p>
          Until the end, another person approves and rejects where you may, in your place and under their own signature.
          You still may yourself; where one of you approved, it counts once.
        </p>
        <Field label="To" hint="The name they sign in with.">
          {(control) => (
            <input
              {...control}
              name="to"
              required
              maxLength={128}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
            />
          )}
        </Field>
        <Field
          label={`Until (${zone === "utc" ? "UTC" : "local time"})`}
          hint={`${DELEGATION_DAYS_MAX} days from now at most. It ends by itself.`}
        >
          {(control) => <input {...control} type="datetime-local" name="until" required defaultValue={usual} />}
        </Field>
        <Field label="Reason" hint="Shown with every approval given in your place, and kept in the audit log.">
          {(control) => <textarea {...control} name="reason" rows={2} required maxLength={1000} />}
        </Field>
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        <FormEnd verb="Hand it over" error={give.error} busy={give.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
