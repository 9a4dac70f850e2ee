import type { ReactNode } from "react";
import { Field } from "../kit/field.tsx";

/** What people write is an id or an address; the API calls an address a value that belongs to nobody known. */
export function subjectOf(written: string): string {
  return written.startsWith("usr_") || written.startsWith("value:") ? written : `value:${written}`;
}

/** Whose values: names are not taken, because two people may have had one. */
export function SubjectField({ onValue }: Readonly<{ onValue?: (value: string) => void }>): ReactNode {
  return (
    <Field label="Whom" hint="The id of a user (usr_…, on the page Users), or an address that belongs to nobody known.">
      {(control) => (
        <input
          {...control}
          name="subject"
          required
          maxLength={80}
          className="mono"
          autoComplete="off"
          spellCheck={false}
          pattern="usr_[0-9a-f\-]{36}|(value:)?[0-9A-Fa-f.:\/]{2,64}"
          title="usr_ and its id, or an address"
          onChange={(event) => onValue?.(event.target.value.trim())}
        />
      )}
    </Field>
  );
}
