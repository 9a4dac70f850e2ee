import { SETTING_NAMES, SETTINGS_AS_SHIPPED, type ModeName, type Settings, type SettingsEdit } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { readRow } from "./store.ts";

/** What decides and detects: no notes, nobody's name. */
export type InForce = Omit<Settings, "notes" | "updatedAt" | "updatedBy">;

/** What was set, and as shipped what was not; what an older version stored under a name nobody knows is nothing. */
export function settingsOf(changed: SettingsEdit): Omit<Settings, "updatedAt" | "updatedBy"> {
  const known = SETTING_NAMES.filter((name) => changed[name] !== undefined).map((name) => [name, changed[name]]);
  return { ...SETTINGS_AS_SHIPPED, ...(Object.fromEntries(known) as SettingsEdit) };
}

export async function readSettings(db: ReadDatabase): Promise<Settings> {
  const row = await readRow(db);
  return {
    ...settingsOf(row?.changed ?? {}),
    updatedAt: row?.updated_at.toISOString() ?? null,
    updatedBy: row?.updated_by ?? null,
  };
}

/** Risk from which automation proposes. */
export function proposeRiskIn(settings: InForce, mode: ModeName): number {
  const { proposeRiskNormal, proposeRiskElevated, proposeRiskLockdown } = settings;
  return { normal: proposeRiskNormal, elevated: proposeRiskElevated, lockdown: proposeRiskLockdown }[mode];
}

/** What detections go by, in a minute and from one source. */
export type Limits = Readonly<{ maxFailedLoginsPerMinute: number; maxScanEventsPerMinute: number }>;
const SHARE: Readonly<Record<ModeName, number>> = { normal: 1, elevated: 0.5, lockdown: 0.25 };
/** Two of anything are no pattern yet. */
const LEAST = 2;

/** In elevated mode half of what is set is too much already, in lockdown a quarter. */
export function limitsIn(settings: InForce, mode: ModeName): Limits {
  const lowered = (set: number): number => (mode === "normal" ? set : Math.max(LEAST, Math.floor(set * SHARE[mode])));
  return {
    maxFailedLoginsPerMinute: lowered(settings.maxFailedLoginsPerMinute),
    maxScanEventsPerMinute: lowered(settings.maxScanEventsPerMinute),
  };
}
