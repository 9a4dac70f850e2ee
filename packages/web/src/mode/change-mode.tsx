import { MODES, type ModeName, type ModeView } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
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

/** Another mode, why, and perhaps until when. Policy may want another person's word for it first. */
export function ChangeMode({ view, onClose }: ChangeModeProps): ReactNode {
  const set = useAct("mode.set", {
    stale: ["mode", "overview", "action"],
    done: ({ mode, asked }) =>
      asked === null
        ? { text: `The mode is ${MODE_WORDS[mode].toLowerCase()}` }
        : { text: "It waits for another person", ref: asked },
    after: ({ asked }) => {
      if (asked === null) onClose();
    },
  });
  const asked = set.data?.asked ?? null;
  return (
    <Dialog title="Change the mode" onClose={onClose}>
      {asked === null ? (
        <Wish
          view={view}
          error={set.error}
          busy={set.isPending}
          onWish={(body) => set.mutate({ body })}
          onClose={onClose}
        />
      ) : (
        <div className="form">
          <p className="lead">
            It waits for another person. The mode is {MODE_WORDS[view.mode].toLowerCase()} as before.
          </p>
          <p>Policy asks for an approval of this change: less caution than now is not one person’s to decide.</p>
          <p className="form-foot">
            <button type="button" className="button" onClick={onClose}>
              Close
            </button>
            <Link to="/approvals" search={{ action: asked }} className="button primary">
              Follow it
            </Link>
          </p>
        </div>
      )}
    </Dialog>
  );
}

type Wished = Readonly<{ mode: ModeName; reason: string; until?: string }>;
type WishProps = ChangeModeProps & Readonly<{ error: unknown; busy: boolean; onWish: (wished: Wished) => void }>;

function Wish({ view, error, busy, onWish, onClose }: WishProps): ReactNode {
  const [mode, setMode] = useState<ModeName>(MODES.find((one) => one !== view.mode) ?? "normal");
  const zone = useZone();
  const mayEnd = mode !== view.defaultMode;
  const submit = (form: FormData): void => {
    const until = mayEnd ? parseControl(formText(form, "until"), zone) : undefined;
    onWish({ mode, reason: formText(form, "reason"), ...(until === undefined ? {} : { until }) });
  };
  return (
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
      {mayEnd ? (
        <Field
          label={`Until (${zone === "utc" ? "UTC" : "local time"})`}
          hint="Optional: then it goes back by itself. Without it the mode stays until somebody changes it."
        >
          {(control) => <input {...control} type="datetime-local" name="until" />}
        </Field>
      ) : null}
      <p className="muted small">It counts from now on, also for blocks that were approved before and have not run.</p>
      <FormEnd verb="Change the mode" error={error} busy={busy} onCancel={onClose} />
    </Form>
  );
}
