import type { Action, ActionId } from "@tyr/contract";
import { useEffect, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { usePreferences } from "../shell/preferences.ts";

/** Keys of the card: each presses the button that carries it, so that a key can never do more than the button. */
export const CARD_KEYS = { approve: "a", reject: "r", edit: "e" } as const;

const WALK = [
  ["j", "the next request"],
  ["k", "the one before"],
] as const;
const DECIDE = [
  ["a", "approve it"],
  ["r", "reject it, with a reason"],
  ["e", "change its scope, duration or reason"],
  ["?", "this list"],
] as const;

type Keys = Readonly<{
  actions: readonly Action[];
  selected: string | undefined;
  select: (id: ActionId) => void;
  busy: boolean;
  onHelp: () => void;
}>;

/** Only outside of fields and dialogs, and only when single keys are switched on (WCAG 2.1.4). */
export function useInboxKeys(keys: Keys): void {
  const { singleKeys } = usePreferences();
  useEffect(() => {
    if (!singleKeys) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (keys.busy || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const index = keys.actions.findIndex((action) => action.id === keys.selected);
      const next =
        event.key === "j" ? keys.actions[index + 1] : event.key === "k" ? keys.actions[index - 1] : undefined;
      if (next !== undefined) keys.select(next.id);
      else if (event.key === "?") keys.onHelp();
      else if (!pressed(event.key)) return;
      // Or the letter would be typed into the field of the dialog it opened.
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [keys, singleKeys]);
}

const isTyping = (target: EventTarget | null): boolean =>
  document.querySelector("dialog[open]") !== null ||
  (target instanceof Element && target.closest("input, textarea, select, [role=menu]") !== null);

/** The key does what the button on the card does, and nothing when the button is not there or not enabled. */
function pressed(key: string): boolean {
  if (!Object.values<string>(CARD_KEYS).includes(key)) return false;
  const button = document.querySelector<HTMLButtonElement>(
    `.action-buttons button[aria-keyshortcuts="${key}"]:enabled`,
  );
  button?.click();
  return button !== null;
}

type HelpProps = Readonly<{
  /** Whether there is a list to walk. */
  list: boolean;
  onClose: () => void;
}>;

export function KeysHelp({ list, onClose }: HelpProps): ReactNode {
  return (
    <Dialog title="Keys of this page" onClose={onClose}>
      <dl className="key-list">
        {[...(list ? WALK : []), ...DECIDE].map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p className="muted small">Single keys are switched off and on in the menu under your name.</p>
    </Dialog>
  );
}
