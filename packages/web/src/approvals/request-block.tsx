import type { Action, IncidentId } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { DURATIONS, Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { DecisionView } from "./decision.tsx";
import { DryRunView } from "./dry-run.tsx";

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
    stale: ["action", "incident", "overview"],
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
      <Field label="Address or prefix" hint="IPv4 or IPv6. A prefix takes every address in it.">
        {(control) => (
          <input
            {...control}
            name="target"
            className="mono"
            required
            maxLength={64}
            defaultValue={target}
            spellCheck={false}
          />
        )}
      </Field>
      <Field label="For how long" hint="The block ends by itself.">
        {(control) => (
          <select {...control} name="ttl" defaultValue="86400">
            {DURATIONS.map(([seconds, words]) => (
              <option key={seconds} value={seconds}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Justification" hint="Read by whoever approves, and kept in the audit log.">
        {(control) => <textarea {...control} name="justification" rows={3} required maxLength={4000} />}
      </Field>
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
    stale: ["action", "incident", "overview"],
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
