import { ACTION_TYPE_FACTS, MODES, type Action, type ActionEdit } from "@tyr/contract";
import type { ReactNode } from "react";
import { useSession } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { DURATIONS, durationLabel, Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { MODE_WORDS } from "../kit/mode.tsx";
import { useAct } from "../kit/use-act.ts";
import { STALE } from "./stale.ts";

const UNTIL_CHANGED = "none";

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
        <DurationField action={action} />
        <Field label="Justification" hint="Read by whoever approves, and kept in the audit log.">
          {(control) => (
            <textarea
              {...control}
              name="justification"
              rows={3}
              required
              maxLength={4000}
              defaultValue={action.justification}
            />
          )}
        </Field>
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
  if (type === "block_ip")
    return (
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
    );
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

function DurationField({ action: { type, ttlSeconds } }: Readonly<{ action: Action }>): ReactNode {
  if (type !== "block_ip" && type !== "set_mode") return null;
  const known = DURATIONS.some(([seconds]) => seconds === ttlSeconds) || ttlSeconds === null;
  return (
    <Field label="For how long" hint="Counted from when it runs.">
      {(control) => (
        <select {...control} name="ttl" defaultValue={ttlSeconds ?? UNTIL_CHANGED}>
          {ACTION_TYPE_FACTS[type].ttl === "optional" ? (
            <option value={UNTIL_CHANGED}>until it is changed</option>
          ) : null}
          {known || ttlSeconds === null ? null : <option value={ttlSeconds}>{durationLabel(ttlSeconds)}</option>}
          {DURATIONS.map(([seconds, words]) => (
            <option key={seconds} value={seconds}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
