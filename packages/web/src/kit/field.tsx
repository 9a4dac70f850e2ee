import { useId, type ReactElement, type ReactNode } from "react";

type Control = Readonly<{ id: string; "aria-describedby": string | undefined }>;
type FieldProps = Readonly<{ label: string; hint?: string; children: (control: Control) => ReactElement }>;

/** A label above its control, and a hint that is read with it. */
export function Field({ label, hint, children }: FieldProps): ReactNode {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": hint === undefined ? undefined : hintId })}
      {hint === undefined ? null : (
        <p id={hintId} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** Text of one control of a submitted form; a missing or file value counts as empty. */
export function formText(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

export const DURATIONS: readonly (readonly [seconds: number, label: string])[] = [
  [3600, "1 hour"],
  [14_400, "4 hours"],
  [86_400, "1 day"],
  [604_800, "7 days"],
  [2_592_000, "30 days"],
];

/** `86400` as `1 day`; anything else in its largest whole unit. */
export function durationLabel(seconds: number): string {
  const listed = DURATIONS.find(([value]) => value === seconds);
  if (listed !== undefined) return listed[1];
  if (seconds % 86_400 === 0) return `${seconds / 86_400} days`;
  if (seconds % 3600 === 0) return `${seconds / 3600} hours`;
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
}
