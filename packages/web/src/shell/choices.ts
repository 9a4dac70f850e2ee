import { useNavigate } from "@tanstack/react-router";
import type { IconName } from "../kit/icon.tsx";
import type { Zone } from "../time/format.ts";
import { useZone } from "../time/use-zone.ts";
import type { Theme } from "./preferences.ts";

/** What one chooses for the whole application: switches of the header, and items of the menu where it is narrow. */
export const ZONES = [
  { value: "local", word: "Local", item: "Times of this computer" },
  { value: "utc", word: "UTC", item: "Times in UTC" },
] as const satisfies readonly { value: Zone; word: string; item: string }[];
export const THEMES = [
  { value: "system", icon: "system", item: "Theme of the system" },
  { value: "light", icon: "sun", item: "Light theme" },
  { value: "dark", icon: "moon", item: "Dark theme" },
] as const satisfies readonly { value: Theme; icon: IconName; item: string }[];

export function useChosenZone(): Readonly<{ zone: Zone; choose: (tz: Zone) => void }> {
  const zone = useZone();
  const navigate = useNavigate();
  const choose = (tz: Zone): void => {
    void navigate({ to: ".", search: (previous) => ({ ...previous, tz }), replace: true });
  };
  return { zone, choose };
}
