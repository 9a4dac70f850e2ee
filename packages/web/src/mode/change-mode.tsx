import { MODES, type ModeName, type ModeView } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { MODE_WORDS } from "../kit/mode.tsx";
import { useAct } from "../kit/use-act.ts";
import { parseControl } from "../time/format.ts";
import { useZone } from "../time/use-zone.ts";
import { Effects } from "./effects.tsx";

type ChangeModeProps = Readonly<{ view: ModeView; onClose: () => void }>;

/** Another mode, why, and perhaps until when; normal mode has no end, for it is what the others end in. */
export function ChangeMode({ view, onClose }: ChangeModeProps): ReactNode {
  const [mode, setMode] = useState<ModeName>(MODES.find((one) => one !== view.mode) ?? "normal");
  const zone = useZone();
  const set = useAct("mode.set", {
    stale: ["mode", "overview", "action"],
    done: (changed) => ({ text: `The mode is ${MODE_WORDS[changed.mode].toLowerCase()}` }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const until = mode === "normal" ? undefined : parseControl(formText(form, "until"), zone);
    set.mutate({ body: { mode, reason: formText(form, "reason"), ...(until === undefined ? {} : { until }) } });
  };
  return (
    <Dialog title="Change the mode" onClose={onClose}>
      <Form onData={submit}>
        <fieldset className="roles">
          <legend>Mode</legend>
          {view.modes.map((one) => (
            <label key={one.mode} className="role">
              <input
                type="radio"
                name="mode"
                value={one.mode}
                checked={mode === one.mode}
                onChange={() => setMode(one.mode)}
              />
              <span>
                <strong>{MODE_WORDS[one.mode]}</strong>
                <Effects effects={one.effects} />
              </span>
            </label>
          ))}
        </fieldset>
        <Field label="Reason" hint="Everybody sees it here; it joins the audit log.">
          {(control) => <textarea {...control} name="reason" rows={2} required maxLength={4000} />}
        </Field>
        {mode === "normal" ? null : (
          <Field
            label={`Until (${zone === "utc" ? "UTC" : "local time"})`}
            hint="Optional: then it returns to normal by itself. Without it the mode stays until somebody changes it."
          >
            {(control) => <input {...control} type="datetime-local" name="until" />}
          </Field>
        )}
        <p className="muted small">
          It counts from now on, also for blocks that were approved before and have not run.
        </p>
        <FormEnd verb="Change the mode" error={set.error} busy={set.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
