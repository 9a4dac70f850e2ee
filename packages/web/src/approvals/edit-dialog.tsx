import { ACTION_TYPE_FACTS, MODES, type Action, type ActionEdit } from "@tyr/contract";
import type { ReactNode } from "react";
import { useSession } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { MODE_WORDS } from "../kit/mode.tsx";
import { useAct } from "../kit/use-act.ts";
import { AddressField, DurationField, JustificationField, UNTIL_CHANGED } from "./fields.tsx";
import { STALE } from "./stale.ts";

type EditProps = Readonly<{ action: Action; onClose: () => void }>;

/** Another scope, duration or justification: a new revision, and whoever makes it does not approve it. */
export function EditDialog({ action, onClose }: EditProps): ReactNode {
  const { user } = useSession();
  const edit = useAct("action.edit", {
    stale: STALE,
    done: (edited) => ({ text: saidOf(edited), ref: edited.id }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    edit.mutate({
      params: { id: action.id },
      body: { requestDigest: action.requestDigest, ...changesOf(action, form) },
    });
  };
  return (
    <Dialog title="Change the request" onClose={onClose}>
      <Form onData={submit}>
        <TargetField action={action} />
        <LastingField action={action} />
        <JustificationField text={action.justification} />
        <p className="warning">
          <span>
            Policy and dry run look at it again.{" "}
            {action.approvals.length > 0 ? "The approvals it has count no more. " : ""}
            {action.requester.id === user.id
              ? "It then waits for others, as before."
              : "You then cannot approve it: somebody else has to."}
          </span>
        </p>
        <FormEnd
          verb={edit.isPending ? "Running dry…" : "Change it"}
          error={edit.error}
          busy={edit.isPending}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  );
}

function saidOf({ state, revision }: Action): string {
  const now = `It is revision ${revision} now`;
  return state === "pending" ? `${now}, and waits for approval` : `${now}: ${state.replaceAll("_", " ")}`;
}

/** Only what differs, so that somebody else's change is not undone by an old page. */
function changesOf(action: Action, form: FormData): Omit<ActionEdit, "requestDigest"> {
  const target = formText(form, "target");
  const justification = formText(form, "justification");
  const ttl = formText(form, "ttl");
  const ttlSeconds = ttl === UNTIL_CHANGED ? null : Number(ttl);
  return {
    ...(target === action.target || target === "" ? {} : { target }),
    ...(justification === action.justification ? {} : { justification }),
    ...(ttl === "" || ttlSeconds === action.ttlSeconds ? {} : { ttlSeconds }),
  };
}

function TargetField({ action: { type, target } }: Readonly<{ action: Action }>): ReactNode {
  if (type === "block_ip") return <AddressField target={target} />;
  if (type !== "set_mode") return null;
  return (
    <Field label="Mode">
      {(control) => (
        <select {...control} name="target" defaultValue={target}>
          {MODES.map((mode) => (
            <option key={mode} value={mode}>
              {MODE_WORDS[mode]}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function LastingField({ action: { type, ttlSeconds } }: Readonly<{ action: Action }>): ReactNode {
  if (type !== "block_ip" && type !== "set_mode") return null;
  const endless = ACTION_TYPE_FACTS[type].ttl === "optional";
  return <DurationField seconds={ttlSeconds} endless={endless} hint="Counted from when it runs." />;
}
