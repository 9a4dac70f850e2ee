import { isCustomRole, PERMISSIONS, ROLE_PERMISSIONS, type CustomRole, type RoleView } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { useCan } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";

type Custom = RoleView & Readonly<{ name: CustomRole }>;
type EditRoleProps = Readonly<{ role?: Custom; onClose: () => void }>;

/** Makes a role, or changes the one given. */
export function EditRole({ role, onClose }: EditRoleProps): ReactNode {
  const [problem, setProblem] = useState<string>();
  const options = {
    stale: ["role", "session"],
    done: (one: RoleView) => ({ text: `${one.name} is saved` }),
    after: onClose,
  };
  const create = useAct("role.create", options);
  const change = useAct("role.change", options);
  const used = role === undefined ? create : change;
  const submit = (form: FormData): void => {
    const permissions = ROLE_PERMISSIONS.filter((one) => form.getAll("permissions").includes(one));
    const about = formText(form, "about");
    const name = `custom_${formText(form, "name")}`;
    setProblem(permissions.length === 0 ? "Choose at least one permission." : undefined);
    if (permissions.length === 0) return;
    if (role !== undefined) change.mutate({ params: { name: role.name }, body: { about, permissions } });
    else if (isCustomRole(name)) create.mutate({ body: { name, about, permissions } });
  };
  return (
    <Dialog title={role === undefined ? "Make a role" : `Change ${role.name}`} onClose={onClose} wide>
      <Form onData={submit}>
        {role === undefined ? (
          <Field label="Name" hint="Behind custom_: small letters, digits and _.">
            {(control) => <input {...control} name="name" required pattern="[a-z][a-z0-9_]{1,40}" autoComplete="off" />}
          </Field>
        ) : null}
        <Field label="For" hint="What people with this role do.">
          {(control) => (
            <input {...control} name="about" maxLength={200} defaultValue={role?.about} autoComplete="off" />
          )}
        </Field>
        <PermissionBoxes chosen={role?.permissions ?? []} />
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        <FormEnd verb="Save" error={used.error} busy={used.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

/** What somebody may give: what they hold. What the role has already can stay or go. */
function PermissionBoxes({ chosen }: Readonly<{ chosen: RoleView["permissions"] }>): ReactNode {
  const can = useCan();
  return (
    <fieldset className="roles">
      <legend>What it may do</legend>
      {ROLE_PERMISSIONS.filter((one) => can(one) || chosen.includes(one)).map((one) => (
        <label key={one} className="role">
          <input type="checkbox" name="permissions" value={one} defaultChecked={chosen.includes(one)} />
          <span>
            <strong>{one}</strong>
            <span className="muted small">{PERMISSIONS[one]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
