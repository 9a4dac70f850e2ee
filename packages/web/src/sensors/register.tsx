import { SENSOR_KINDS } from "@tyr/contract";
import type { ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { SensorKey } from "./sensor-key.tsx";

export function RegisterSensor({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const create = useAct("sensor.create", {
    stale: ["sensor", "overview"],
    done: ({ sensor }) => ({ text: `${sensor.name} is registered`, ref: sensor.id }),
  });
  if (create.data !== undefined)
    return <SensorKey name={create.data.sensor.name} secret={create.data.key} onClose={onClose} />;
  const submit = (form: FormData): void => {
    const kind = SENSOR_KINDS.find((known) => known === formText(form, "kind")) ?? "custom";
    const location = formText(form, "location");
    create.mutate({ body: { name: formText(form, "name"), kind, ...(location === "" ? {} : { location }) } });
  };
  return (
    <Dialog title="Register a sensor" onClose={onClose}>
      <Form onData={submit}>
        <Field label="Name" hint="How you will recognise it, for example the host it runs on.">
          {(control) => <input {...control} name="name" required maxLength={80} autoComplete="off" />}
        </Field>
        <Field label="Kind">
          {(control) => (
            <select {...control} name="kind">
              {SENSOR_KINDS.map((kind) => (
                <option key={kind}>{kind}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Location" hint="Optional, for example a site or a network.">
          {(control) => <input {...control} name="location" maxLength={80} autoComplete="off" />}
        </Field>
        <FormEnd verb="Register" error={create.error} busy={create.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
