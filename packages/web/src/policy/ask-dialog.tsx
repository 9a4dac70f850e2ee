import type { Action } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { DecisionView } from "../approvals/decision.tsx";
import { JustificationField } from "../approvals/fields.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";

type AskProps = Readonly<{
  title: string;
  verb: string;
  children: ReactNode;
  asking: Readonly<{ data: Action | undefined; error: unknown; isPending: boolean }>;
  onAsk: (justification: string) => void;
  onClose: () => void;
}>;

/** Asks for other policies to come into force. What comes of it is an action, which others approve. */
export function AskDialog({ title, verb, children, asking, onAsk, onClose }: AskProps): ReactNode {
  const { data: asked, error, isPending } = asking;
  return (
    <Dialog title={title} onClose={onClose}>
      {asked === undefined ? (
        <Form onData={(form) => onAsk(formText(form, "justification"))}>
          {children}
          <JustificationField />
          <FormEnd verb={isPending ? "Asking…" : verb} error={error} busy={isPending} onCancel={onClose} />
        </Form>
      ) : (
        <div className="form">
          <p className="lead">
            The request is <strong>{asked.state.replaceAll("_", " ")}</strong>. Nothing is in force yet.
          </p>
          {asked.decision === null ? null : <DecisionView decision={asked.decision} />}
          <p className="form-foot">
            <button type="button" className="button" onClick={onClose}>
              Close
            </button>
            <Link to="/approvals" search={{ action: asked.id }} className="button primary">
              Follow it
            </Link>
          </p>
        </div>
      )}
    </Dialog>
  );
}
