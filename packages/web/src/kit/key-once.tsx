import type { ReactNode } from "react";
import { CopyButton } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";

type KeyOnceProps = Readonly<{
  title: string;
  secret: string;
  about: string;
  snippet: string;
  snippetWhat: string;
  onClose: () => void;
}>;

/** A key that is shown this one time. Escape does not close it: the only way out says that it was kept. */
export function KeyOnce({ title, secret, about, snippet, snippetWhat, onClose }: KeyOnceProps): ReactNode {
  return (
    <Dialog title={title} onClose={onClose} wide locked>
      <div className="form">
        <p>{about}</p>
        <div className="secret">
          <code className="mono">{secret}</code>
          <CopyButton text={secret} what="key" label="Copy key" />
        </div>
        <h3>{snippetWhat}</h3>
        <div className="snippet">
          <pre tabIndex={0}>{snippet}</pre>
          <CopyButton text={snippet} what={snippetWhat.toLowerCase()} />
        </div>
        <p className="form-foot">
          <button type="button" className="button primary" onClick={onClose}>
            I have kept the key
          </button>
        </p>
      </div>
    </Dialog>
  );
}
