import type { ApiKey } from "@tyr/contract";
import type { ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { LifeField, lifeOf } from "./life-field.tsx";
import { NewKey } from "./new-key.tsx";

const OVERLAPS: readonly (readonly [seconds: number, label: string])[] = [
  [0, "no longer: it ends now"],
  [3_600, "1 hour"],
  [86_400, "1 day"],
  [604_800, "7 days"],
];

/** A new secret for the same key, with time to change over. */
export function RotateKey({ of, onClose }: Readonly<{ of: ApiKey; onClose: () => void }>): ReactNode {
  const rotate = useAct("key.rotate", {
    stale: ["key"],
    done: ({ key }) => ({ text: `${key.name} has a new secret`, ref: key.id }),
  });
  if (rotate.data !== undefined) return <NewKey made={rotate.data} onClose={onClose} />;
  const submit = (form: FormData): void => {
    const overlapSeconds = Number(formText(form, "overlap"));
    rotate.mutate({ params: { id: of.id }, body: { overlapSeconds, lifeDays: lifeOf(form) } });
  };
  return (
    <Dialog title={`A new secret for ${of.name}`} onClose={onClose}>
      <Form onData={submit}>
        <Field label="The secret of now counts for" hint="Both count in that time, so that nothing has to stop.">
          {(control) => (
            <select {...control} name="overlap" defaultValue="86400">
              {OVERLAPS.map(([seconds, label]) => (
                <option key={seconds} value={seconds}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <LifeField />
        <FormEnd verb="Rotate" error={rotate.error} busy={rotate.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
