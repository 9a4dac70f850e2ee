import type { Action } from "@tyr/contract";
import type { ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { STALE } from "./stale.ts";
import { ActionWords } from "./what.tsx";

const REASONS = {
  revert: {
    title: "Revert this block",
    hint: "The block is lifted everywhere before its end.",
    route: "action.revert",
    said: "The block is being lifted",
  },
  cancel: {
    title: "Cancel this request",
    hint: "Nothing was changed yet.",
    route: "action.cancel",
    said: "Cancelled",
  },
} as const;

type ReasonProps = Readonly<{ action: Action; what: keyof typeof REASONS; onClose: () => void }>;

/** What takes something back is done with a reason. */
export function ReasonDialog({ action, what, onClose }: ReasonProps): ReactNode {
  const words = REASONS[what];
  const send = useAct(words.route, {
    stale: STALE,
    done: (sent) => ({ text: words.said, ref: sent.id }),
    after: onClose,
  });
  return (
    <Dialog title={words.title} onClose={onClose}>
      <Form onData={(form) => send.mutate({ params: { id: action.id }, body: { reason: formText(form, "reason") } })}>
        <p>
          <ActionWords action={action} />
        </p>
        <Field label="Reason" hint={words.hint}>
          {(control) => <textarea {...control} name="reason" rows={3} required maxLength={4000} />}
        </Field>
        <FormEnd
          verb={words.title}
          cancel="Keep it"
          tone="danger"
          error={send.error}
          busy={send.isPending}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  );
}
