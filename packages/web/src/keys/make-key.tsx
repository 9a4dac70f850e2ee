import { KEY_SCOPES, PERMISSIONS, type KeyCreate, type ServiceAccount } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { useCan } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { LifeField, lifeOf } from "./life-field.tsx";
import { NewKey } from "./new-key.tsx";

type MakeKeyProps = Readonly<{ service?: ServiceAccount; onClose: () => void }>;

function wishOf(form: FormData): KeyCreate {
  const networks = formText(form, "networks").split(/[\s,]+/);
  return {
    name: formText(form, "name"),
    scopes: KEY_SCOPES.filter((scope) => form.getAll("scopes").includes(scope)),
    networks: [...new Set(networks)].filter((one) => one !== ""),
    lifeDays: lifeOf(form),
  };
}

/** Makes a key that acts as whoever asks, or as the service account given. */
export function MakeKey({ service, onClose }: MakeKeyProps): ReactNode {
  const [problem, setProblem] = useState<string>();
  const options = { stale: ["key"], done: () => ({ text: "The key is made" }) };
  const own = useAct("key.create", options);
  const forService = useAct("serviceAccount.createKey", options);
  const used = service === undefined ? own : forService;
  if (used.data !== undefined) return <NewKey made={used.data} onClose={onClose} />;
  const submit = (form: FormData): void => {
    const body = wishOf(form);
    setProblem(body.scopes.length === 0 ? "Choose at least one thing the key may do." : undefined);
    if (body.scopes.length === 0) return;
    if (service === undefined) own.mutate({ body });
    else forService.mutate({ params: { id: service.id }, body });
  };
  return (
    <Dialog title={service === undefined ? "Make an API key" : `Make a key for ${service.name}`} onClose={onClose} wide>
      <Form onData={submit}>
        <Field label="Name" hint="What will use it, for example the host and the program.">
          {(control) => <input {...control} name="name" required maxLength={80} autoComplete="off" />}
        </Field>
        <Field label="Networks" hint="Where it counts, for example 192.0.2.0/24; several with spaces. Empty: anywhere.">
          {(control) => <input {...control} name="networks" autoComplete="off" spellCheck={false} />}
        </Field>
        <LifeField />
        <ScopeBoxes />
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        <FormEnd verb="Make the key" error={used.error} busy={used.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

/** Only what whoever asks may do themselves: nobody gives away more. */
function ScopeBoxes(): ReactNode {
  const can = useCan();
  return (
    <fieldset className="roles">
      <legend>What it may do</legend>
      {KEY_SCOPES.filter((scope) => can(scope)).map((scope) => (
        <label key={scope} className="role">
          <input type="checkbox" name="scopes" value={scope} />
          <span>
            <strong>{scope}</strong>
            <span className="muted small">{PERMISSIONS[scope]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
