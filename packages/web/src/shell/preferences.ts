import { useSyncExternalStore } from "react";

/** What belongs to this browser and not to a link: looks and keys. Everything else is in the address. */
export type Theme = "system" | "light" | "dark";
type Preferences = Readonly<{ theme: Theme; singleKeys: boolean }>;

const STORED_UNDER = "tyr.preferences";
const THEMES: readonly Theme[] = ["system", "light", "dark"];
const listeners = new Set<() => void>();
let preferences = read();

function read(): Preferences {
  try {
    const raw = JSON.parse(globalThis.localStorage.getItem(STORED_UNDER) ?? "{}") as Partial<Preferences>;
    return {
      theme: THEMES.find((theme) => theme === raw.theme) ?? "system",
      singleKeys: raw.singleKeys !== false,
    };
  } catch {
    // Storage may be blocked or hold something else; looks are not worth an error.
    return { theme: "system", singleKeys: true };
  }
}

export function applyTheme(): void {
  const root = document.documentElement;
  if (preferences.theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = preferences.theme;
}

export function setPreferences(change: Partial<Preferences>): void {
  preferences = { ...preferences, ...change };
  try {
    globalThis.localStorage.setItem(STORED_UNDER, JSON.stringify(preferences));
  } catch {
    // Then it lasts until the page is closed.
  }
  applyTheme();
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => preferences,
  );
}
