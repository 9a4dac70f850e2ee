import { useEffect, type ReactNode } from "react";
import { Icon } from "./icon.tsx";

type SidePanelProps = Readonly<{ title: string; onClose: () => void; children: ReactNode }>;

/** Detail beside the table, which stays usable; Escape closes it unless a dialog or menu has the key. */
export function SidePanel({ title, onClose, children }: SidePanelProps): ReactNode {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (document.querySelector("dialog[open], [role=menu]") !== null) return;
      onClose();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onClose]);
  return (
    <aside className="side-panel" aria-label={title}>
      <header className="side-head">
        <h2>{title}</h2>
        <button type="button" className="icon-button" aria-label="Close panel" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="side-body" tabIndex={0} role="region" aria-label={`${title}, details`}>
        {children}
      </div>
    </aside>
  );
}
