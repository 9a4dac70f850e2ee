import type { RuleDetail, RuleStateName, RuleStateSet } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { controlText, parseControl } from "../time/format.ts";
import { useZone } from "../time/use-zone.ts";
import { RULE_STATES, STATE_WORDS } from "./words.ts";

type Props = Readonly<{ rule: RuleDetail; onClose: () => void }>;

/** Another state, why, and until when; it is in force within a second, and ends by itself. */
export function SetState({ rule, onClose }: Props): ReactNode {
  const zone = useZone();
  const [state, setState] = useState<RuleStateName>(rule.state === "enabled" ? "muted" : rule.state);
  const set = useAct("rule.setState", {
    stale: ["rule", "ttp", "audit"],
    done: ({ title, state: now }) => ({ text: `“${title}” is ${now}` }),
    after: onClose,
  });
  const submit = (form: FormData): void =>
    set.mutate({ params: { id: rule.id }, body: bodyOf(state, form, parseControl(formText(form, "until"), zone)) });
  return (
    <Dialog title="State of the rule" onClose={onClose}>
      <Form onData={submit}>
        <fieldset className="roles">
          <legend>State</legend>
          {RULE_STATES.map((one) => (
            <label key={one} className="role">
              <input type="radio" name="state" value={one} checked={state === one} onChange={() => setState(one)} />
              <span>
                <strong>{one}</strong>
                <span className="muted small">{STATE_WORDS[one]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {state === "clipped" ? (
          <Field label="Ceiling" hint="No tag of the rule is surer than this, from 0 to 1.">
            {(control) => (
              <input
                {...control}
                name="ceiling"
                type="number"
                min={0}
                max={1}
                step={0.05}
                defaultValue={rule.confidenceMax ?? 0.5}
                required
              />
            )}
          </Field>
        ) : null}
        {state === "enabled" ? null : (
          <Field
            label={`Until (${zone === "utc" ? "UTC" : "local time"})`}
            hint={
              state === "muted"
                ? "Then it is enabled again by itself: at most a year."
                : "Optional: then it is enabled again by itself. Without it the state stays until somebody changes it."
            }
          >
            {(control) => (
              <input
                {...control}
                type="datetime-local"
                name="until"
                required={state === "muted"}
                defaultValue={controlText(rule.expiresAt ?? undefined, zone)}
              />
            )}
          </Field>
        )}
        <Field label="Reason" hint="Everybody sees it here; it joins the audit log.">
          {(control) => <input {...control} name="reason" required maxLength={300} autoComplete="off" />}
        </Field>
        <FormEnd verb={`Set to ${state}`} error={set.error} busy={set.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

function bodyOf(state: RuleStateName, form: FormData, expiresAt: string | undefined): RuleStateSet {
  const reason = formText(form, "reason");
  const end = expiresAt === undefined ? {} : { expiresAt };
  if (state === "enabled") return { state, reason };
  if (state === "disabled") return { state, reason, ...end };
  if (state === "clipped") return { state, reason, confidenceMax: Number(formText(form, "ceiling")), ...end };
  // The control is required; a time nobody can read is refused by the server, with its reason.
  return { state, reason, expiresAt: expiresAt ?? "" };
}
