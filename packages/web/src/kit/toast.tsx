import { useSyncExternalStore, type ReactNode } from "react";
import { Icon } from "./icon.tsx";

type Toast = Readonly<{ id: number; text: string; ref?: string }>;
const SHOWN_MS = 8000;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** Says that something was done; `ref` is the id of the thing it was done to. */
export function say(text: string, ref?: string): void {
  lastId += 1;
  const id = lastId;
  set([...toasts.slice(-3), ref === undefined ? { id, text } : { id, text, ref }]);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts(): ReactNode {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className="toast">
          <Icon name="check" />
          <span>
            {toast.text}
            {toast.ref === undefined ? null : <span className="mono toast-ref">{toast.ref}</span>}
          </span>
          <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
