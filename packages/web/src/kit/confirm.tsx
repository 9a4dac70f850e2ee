import type { ReactNode } from "react";
import { Dialog } from "./dialog.tsx";
import { ErrorNotice } from "./notice.tsx";

type ConfirmProps = Readonly<{
  title: string;
  verb: string;
  children: ReactNode;
  error: unknown;
  busy: boolean;
  onYes: () => void;
  onClose: () => void;
}>;

/** For what cannot be undone: says what will happen, and the button repeats it. */
export function Confirm({ title, verb, children, error, busy, onYes, onClose }: ConfirmProps): ReactNode {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="form">
        <div>{children}</div>
        {error === null || error === undefined ? null : <ErrorNotice error={error} />}
        <p className="form-foot">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className="button danger" disabled={busy} onClick={onYes}>
            {verb}
          </button>
        </p>
      </div>
    </Dialog>
  );
}
