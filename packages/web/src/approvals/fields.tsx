import type { ReactNode } from "react";
import { DURATIONS, durationLabel, Field } from "../kit/field.tsx";

/** What a request is made of, typed for the first time or changed. The names are those the forms read. */
export function AddressField({ target }: Readonly<{ target: string }>): ReactNode {
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
}

export const UNTIL_CHANGED = "none";

type DurationProps = Readonly<{
  /** Null: until it is changed. */
  seconds: number | null;
  hint: string;
  /** Whether it may have no end of its own. */
  endless?: boolean;
}>;

export function DurationField({ seconds, hint, endless = false }: DurationProps): ReactNode {
  const listed = seconds === null || DURATIONS.some(([one]) => one === seconds);
  return (
    <Field label="For how long" hint={hint}>
      {(control) => (
        <select {...control} name="ttl" defaultValue={seconds ?? UNTIL_CHANGED}>
          {endless ? <option value={UNTIL_CHANGED}>until it is changed</option> : null}
          {listed ? null : <option value={seconds}>{durationLabel(seconds)}</option>}
          {DURATIONS.map(([one, words]) => (
            <option key={one} value={one}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function JustificationField({ text }: Readonly<{ text?: string }>): ReactNode {
  return (
    <Field label="Justification" hint="Read by whoever approves, and kept in the audit log.">
      {(control) => (
        <textarea {...control} name="justification" rows={3} required maxLength={4000} defaultValue={text} />
      )}
    </Field>
  );
}
