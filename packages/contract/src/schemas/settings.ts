import { Type, type Static } from "typebox";
import { Actor, NullableInstant, NullableString, StorableText } from "./basics.ts";
import { ModeName } from "./govern.ts";

const perMinute = (of: string) =>
  Type.Integer({ minimum: 1, maximum: 100_000, description: `${of} of one source in a minute; more is a detection` });
const riskOf = (mode: string) =>
  Type.Integer({ minimum: 40, maximum: 100, description: `risk from which automation proposes in ${mode} mode` });
const minutes = (minimum: number, description: string) =>
  Type.Integer({ minimum, maximum: 10_080, description: `${description}, in minutes` });

/** What can be set of how Tyr decides and detects: one record. */
const fields = {
  defaultMode: Type.Unsafe<ModeName>({ ...ModeName, description: "the mode while nobody and nothing asks for more" }),
  autoElevate: Type.Boolean({ description: "elevated mode by itself on open incidents of high severity" }),
  autoLockdown: Type.Boolean({ description: "lockdown by itself on an open incident of critical severity" }),
  elevateIncidents: Type.Integer({ minimum: 1, maximum: 100, description: "so many of them at a time are enough" }),
  escalateWindowMinutes: minutes(1, "an incident counts so long after it last changed"),
  modeHoldMinutes: minutes(1, "a mode that came by itself stays at least so long"),
  modeQuietMinutes: minutes(1, "and so long after the last incident that asks for it"),
  maxFailedLoginsPerMinute: perMinute("failed log-ins"),
  maxScanEventsPerMinute: perMinute("scan events"),
  proposeRiskNormal: riskOf("normal"),
  proposeRiskElevated: riskOf("elevated"),
  proposeRiskLockdown: riskOf("lockdown"),
  automaticActionsPerHour: Type.Integer({
    minimum: 0,
    maximum: 10_000,
    description: "actions that programs ask for in an hour; what is more waits",
  }),
  timeZone: StorableText(64, { minLength: 1, description: "IANA time zone of hours and weekdays, e.g. Europe/Berlin" }),
} as const;

export const Settings = Type.Object({
  ...fields,
  notes: NullableString,
  /** null: as shipped. */
  updatedAt: NullableInstant,
  updatedBy: Type.Union([Actor, Type.Null()]),
});
export type Settings = Static<typeof Settings>;
/** What is left out stays; null clears the notes. */
export const SettingsEdit = Type.Partial(
  Type.Object({ ...fields, notes: Type.Union([StorableText(4_000, { minLength: 1 }), Type.Null()]) }),
  { additionalProperties: false },
);
export type SettingsEdit = Static<typeof SettingsEdit>;
export const SETTING_NAMES = Object.keys({ ...fields, notes: null }) as readonly (keyof SettingsEdit)[];

export const SETTINGS_AS_SHIPPED = {
  defaultMode: "normal",
  autoElevate: false,
  autoLockdown: false,
  elevateIncidents: 1,
  escalateWindowMinutes: 60,
  modeHoldMinutes: 15,
  modeQuietMinutes: 30,
  maxFailedLoginsPerMinute: 10,
  maxScanEventsPerMinute: 20,
  proposeRiskNormal: 70,
  proposeRiskElevated: 60,
  proposeRiskLockdown: 50,
  automaticActionsPerHour: 240,
  timeZone: "UTC",
  notes: null,
} as const satisfies Omit<Settings, "updatedAt" | "updatedBy">;
