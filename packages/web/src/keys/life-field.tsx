import type { ReactNode } from "react";
import { Field, formText } from "../kit/field.tsx";

const LIVES = [7, 30, 90, 180, 365] as const;

/** How long a key lives: always an end, at most a year. */
export function LifeField(): ReactNode {
  return (
    <Field label="Expires after">
      {(control) => (
        <select {...control} name="life" defaultValue="90">
          {LIVES.map((days) => (
            <option key={days} value={days}>
              {days} days
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function lifeOf(form: FormData): number {
  return LIVES.find((days) => String(days) === formText(form, "life")) ?? 90;
}
