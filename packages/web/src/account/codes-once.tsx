import type { ReactNode } from "react";
import { CopyButton } from "../kit/copy.tsx";
import { Dialog } from "../kit/dialog.tsx";

/** Recovery codes, this one time. Escape does not close it: the only way out says that they were kept. */
export function CodesOnce({ codes, onClose }: Readonly<{ codes: readonly string[]; onClose: () => void }>): ReactNode {
  return (
    <Dialog title="Recovery codes" onClose={onClose} locked>
      <div className="form">
        <p>Each opens your account once when the authenticator is lost. They are shown now and never again.</p>
        <div className="snippet">
          <pre tabIndex={0}>{codes.join("\n")}</pre>
          <CopyButton text={codes.join("\n")} what="recovery codes" />
        </div>
        <p className="form-foot">
          <button type="button" className="button primary" onClick={onClose}>
            I have kept the codes
          </button>
        </p>
      </div>
    </Dialog>
  );
}
