import type { ReactNode } from "react";
import { ErrorNotice } from "./notice.tsx";

type FormEndProps = Readonly<{
  verb: string;
  error: unknown;
  busy: boolean;
  onCancel: () => void;
  cancel?: string;
  tone?: "primary" | "danger";
  /** Given where the button acts by itself; without it, it sends the form around it. */
  onYes?: () => void;
  /** False while there is nothing that could be done. */
  possible?: boolean;
}>;

/** How every dialog ends: what was refused, the way out, and the button that says what it does. */
export function FormEnd(props: FormEndProps): ReactNode {
  const { verb, error, busy, onCancel, cancel = "Cancel", tone = "primary", onYes, possible = true } = props;
  return (
    <>
      {error === null || error === undefined ? null : <ErrorNotice error={error} />}
      <p className="form-foot">
        <button type="button" className="button" onClick={onCancel}>
          {cancel}
        </button>
        <button
          type={onYes === undefined ? "submit" : "button"}
          className={`button ${tone}`}
          disabled={busy || !possible}
          onClick={onYes}
        >
          {verb}
        </button>
      </p>
    </>
  );
}
