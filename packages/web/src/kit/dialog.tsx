import { useEffect, useId, useRef, type ReactNode } from "react";
import { Icon } from "./icon.tsx";

type DialogProps = Readonly<{
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
  locked?: boolean;
}>;

/**
 * The browser's own modal dialog: focus, Escape and the inert page behind it come with it.
 * `locked` keeps Escape from closing it, for text that is shown once.
 */
export function Dialog({ title, onClose, children, wide = false, locked = false }: DialogProps): ReactNode {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog !== null && !dialog.open) {
      dialog.showModal();
      // The first thing to fill in or press, not the cross in the corner.
      dialog.querySelector<HTMLElement>(".dialog-body :is(input, textarea, select, button)")?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={wide ? "dialog wide" : "dialog"}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (!locked) onClose();
      }}
    >
      <header className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        {locked ? null : (
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        )}
      </header>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
