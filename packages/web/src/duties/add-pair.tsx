import { PERMISSION_NAMES, ROLE_NAMES, type DutyPairAdd, type DutySide } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";

/** Two permissions or roles that no one person may hold together here. */
export function AddPair({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const custom = useQuery(ask("role.list", {})).data?.items.filter(({ builtIn }) => !builtIn) ?? [];
  const sides: readonly DutySide[] = [...PERMISSION_NAMES, ...ROLE_NAMES, ...custom.map(({ name }) => name)];
  const [problem, setProblem] = useState<string>();
  const add = useAct("duty.addPair", {
    stale: ["duty"],
    done: (pair) => ({ text: `${pair.sides.join(" and ")} is a pair now` }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const chosen = ["one", "other"].flatMap((name) => sides.filter((side) => side === formText(form, name)));
    const differ = new Set(chosen).size === 2;
    setProblem(differ ? undefined : "Choose two that differ.");
    if (!differ) return;
    const control = formText(form, "control");
    const body: DutyPairAdd = {
      sides: chosen,
      reason: formText(form, "reason"),
      ...(control === "" ? {} : { control }),
    };
    add.mutate({ body });
  };
  return (
    <Dialog title="Keep two things apart" onClose={onClose}>
      <Form onData={submit}>
        <p>Whoever holds both already is shown as an open conflict; nobody loses anything by this.</p>
        <SideField label="Nobody holds" name="one" sides={sides} />
        <SideField label="Together with" name="other" sides={sides} />
        <Field label="Reason" hint="Said to whoever is refused.">
          {(control) => <input {...control} name="reason" required maxLength={300} autoComplete="off" />}
        </Field>
        <Field label="Control" hint="Which rule asks for it, such as PCI DSS 7.2.4; may stay empty.">
          {(control) => <input {...control} name="control" maxLength={80} autoComplete="off" />}
        </Field>
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        <FormEnd verb="Add the pair" error={add.error} busy={add.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

type SideFieldProps = Readonly<{ label: string; name: string; sides: readonly DutySide[] }>;
function SideField({ label, name, sides }: SideFieldProps): ReactNode {
  return (
    <Field label={label}>
      {(control) => (
        <select {...control} name={name} required defaultValue="">
          <option value="" disabled>
            Choose…
          </option>
          {sides.map((side) => (
            <option key={side} value={side}>
              {side}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
