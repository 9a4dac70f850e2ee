import type { Action, IncidentId } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { DecisionView } from "./decision.tsx";
import { DryRunView } from "./dry-run.tsx";
import { AddressField, DurationField, JustificationField } from "./fields.tsx";
import { STALE } from "./stale.ts";

type RequestProps = Readonly<{ target: string; incidentId?: IncidentId; onClose: () => void }>;

/** Ask for a block: first the dry run, so that the requester sees what would change, then the request itself. */
export function RequestBlock({ target, incidentId, onClose }: RequestProps): ReactNode {
  const [draft, setDraft] = useState<Action>();
  return (
    <Dialog title="Request a block" onClose={onClose} wide>
      {draft === undefined ? (
        <DraftForm target={target} incidentId={incidentId} onDraft={setDraft} onClose={onClose} />
      ) : (
        <DraftReview draft={draft} onClose={onClose} />
      )}
    </Dialog>
  );
}

type DraftProps = Readonly<{
  target: string;
  incidentId: IncidentId | undefined;
  onDraft: (action: Action) => void;
  onClose: () => void;
}>;

function DraftForm({ target, incidentId, onDraft, onClose }: DraftProps): ReactNode {
  const create = useAct("action.create", {
    stale: STALE,
    done: (action) => ({ text: "Dry run finished", ref: action.id }),
    after: onDraft,
  });
  const submit = (form: FormData): void => {
    create.mutate({
      body: {
        type: "block_ip",
        target: formText(form, "target"),
        justification: formText(form, "justification"),
        ttlSeconds: Number(formText(form, "ttl")),
        submit: false,
        ...(incidentId === undefined ? {} : { incidentId }),
      },
    });
  };
  return (
    <Form onData={submit}>
      <AddressField target={target} />
      <DurationField seconds={86_400} hint="The block ends by itself." />
      <JustificationField />
      <FormEnd
        verb={create.isPending ? "Running dry…" : "Run dry first"}
        error={create.error}
        busy={create.isPending}
        onCancel={onClose}
      />
    </Form>
  );
}

function DraftReview({ draft, onClose }: Readonly<{ draft: Action; onClose: () => void }>): ReactNode {
  const submit = useAct("action.submit", {
    stale: STALE,
    done: (action) => ({
      text: action.state === "pending" ? "Waiting for approval" : `The request is ${action.state}`,
      ref: action.id,
    }),
  });
  const sent = submit.data;
  if (sent !== undefined) {
    return (
      <div className="form">
        <p className="lead">
          The request is <strong>{sent.state.replaceAll("_", " ")}</strong>.
        </p>
        {sent.decision === null ? null : <DecisionView decision={sent.decision} />}
        <p className="form-foot">
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          <Link to="/approvals" search={{ action: sent.id }} className="button primary">
            Follow it
          </Link>
        </p>
      </div>
    );
  }
  return (
    <div className="form">
      {draft.decision === null ? null : <DecisionView decision={draft.decision} />}
      {draft.dryRun === null ? (
        <p>No dry run came back.</p>
      ) : (
        <DryRunView dryRun={draft.dryRun} target={draft.target} />
      )}
      <FormEnd
        verb="Ask for approval"
        cancel="Leave it as a draft"
        error={submit.error}
        busy={submit.isPending}
        possible={draft.dryRun?.ok === true}
        onYes={() => submit.mutate({ params: { id: draft.id } })}
        onCancel={onClose}
      />
    </div>
  );
}
