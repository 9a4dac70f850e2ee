import type { Settings } from "@tyr/contract";

type Name = Exclude<keyof Settings, "updatedAt" | "updatedBy" | "notes">;
type Kind = "mode" | "switch" | "number" | "text";
export type Setting = Readonly<{ name: Name; label: string; kind: Kind; unit?: string; min?: number; max?: number }>;

const MINUTES = { kind: "number", unit: "minutes", min: 1, max: 10_080 } as const;
const PER_MINUTE = { kind: "number", unit: "a minute", min: 1, max: 100_000 } as const;
const RISK = { kind: "number", unit: "of 100", min: 40, max: 100 } as const;

/** Every setting in the order one thinks of them; bounds as the contract has them. */
export const SETTING_GROUPS: readonly (readonly [title: string, settings: readonly Setting[]])[] = [
  [
    "Modes by themselves",
    [
      { name: "defaultMode", label: "While nothing asks for more", kind: "mode" },
      { name: "autoElevate", label: "Elevated on incidents of high severity", kind: "switch" },
      { name: "autoLockdown", label: "Lockdown on an incident of critical severity", kind: "switch" },
      {
        name: "elevateIncidents",
        label: "Incidents that are enough",
        kind: "number",
        unit: "at a time",
        min: 1,
        max: 100,
      },
      { name: "escalateWindowMinutes", label: "An incident counts after its last change for", ...MINUTES },
      { name: "modeHoldMinutes", label: "A mode that came stays at least", ...MINUTES },
      { name: "modeQuietMinutes", label: "It goes down after quiet of", ...MINUTES },
    ],
  ],
  [
    "Limits of one source",
    [
      { name: "maxFailedLoginsPerMinute", label: "Failed log-ins", ...PER_MINUTE },
      { name: "maxScanEventsPerMinute", label: "Scan events", ...PER_MINUTE },
    ],
  ],
  [
    "Automation",
    [
      { name: "proposeRiskNormal", label: "Proposes from risk, in normal mode", ...RISK },
      { name: "proposeRiskElevated", label: "In elevated mode", ...RISK },
      { name: "proposeRiskLockdown", label: "In lockdown", ...RISK },
      {
        name: "automaticActionsPerHour",
        label: "Asks for at most",
        kind: "number",
        unit: "an hour",
        min: 0,
        max: 10_000,
      },
    ],
  ],
  ["Time", [{ name: "timeZone", label: "Hours and weekdays are those of", kind: "text" }]],
];
