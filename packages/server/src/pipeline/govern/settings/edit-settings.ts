import { ok, refuse, SETTING_NAMES, type Result, type Settings, type SettingsEdit } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { holdMode, tellMode, writeMode } from "../change-mode.ts";
import { heldFast, heldNow, modeOf, rebased } from "../mode-state.ts";
import type { ModeChange } from "../mode-store.ts";
import { settle, type By, type Room } from "../room.ts";
import { readSettings, settingsOf, type InForce } from "./settings.ts";
import { lockSettings, putRow, readRow } from "./store.ts";
import { isTimeZone } from "./local-time.ts";

/** Only these fields, as canonical text for the log. */
function textOf(settings: SettingsEdit, names: readonly (keyof SettingsEdit)[]): string {
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, settings[name]])));
}

type Edited = Readonly<{ settings: Settings; changed: readonly string[]; change: ModeChange | undefined }>;

/** Whether the mode that comes by itself would come later, or go sooner, than by the settings before. */
function loosens(before: InForce, edit: SettingsEdit): boolean {
  const after = { ...before, ...edit };
  return (
    (before.autoElevate && !after.autoElevate) ||
    (before.autoLockdown && !after.autoLockdown) ||
    after.elevateIncidents > before.elevateIncidents ||
    after.escalateWindowMinutes < before.escalateWindowMinutes ||
    after.modeHoldMinutes < before.modeHoldMinutes ||
    after.modeQuietMinutes < before.modeQuietMinutes
  );
}

type Editing = Readonly<{ before: InForce; edit: SettingsEdit; by: By }>;

/**
 * Settings never lower the mode that is in force, nor what it goes back to: that is a choice of its own, and policy is
 * asked about it. Another default raises it where it is higher. What came by itself is held once its rules are loosened.
 */
async function keepMode(
  room: Room,
  tx: WriteTransaction,
  { before, edit, by }: Editing,
): Promise<{ facts: readonly Fact[]; change: ModeChange | undefined }> {
  const isLoosened = loosens(before, edit);
  if (edit.defaultMode === undefined && !isLoosened) return { facts: [], change: undefined };
  const at = room.clock.now();
  // Held before the new default is stored, so this is what was in force.
  const held = await holdMode(tx, at);
  const base = edit.defaultMode ?? before.defaultMode;
  const kept = isLoosened ? heldFast(held.state, at) : held.state;
  const state = rebased(kept, base, at);
  if (state === held.state) return { facts: [], change: undefined };
  const reason = isLoosened
    ? "the rules by which it came by itself were loosened: it stays until somebody lowers it"
    : `the default mode became ${base}`;
  const mode = modeOf(state, at);
  const end = heldNow(state, at)?.until ?? null;
  const change = { mode, reason, by: by.actor, at, until: end === null ? null : new Date(end), incidents: [] };
  return { facts: [await writeMode(tx, { before: held.mode, next: { change, state }, said: { by } })], change };
}

async function editIn(
  room: Room,
  tx: WriteTransaction,
  { edit, by }: Readonly<{ edit: SettingsEdit; by: By }>,
): Promise<Readonly<{ edited: Edited; facts: readonly Fact[] }>> {
  await lockSettings(tx);
  const row = await readRow(tx);
  const before = settingsOf(row?.changed ?? {});
  const names = SETTING_NAMES.filter((name) => edit[name] !== undefined && edit[name] !== before[name]);
  if (names.length === 0)
    return { edited: { settings: await readSettings(tx), changed: [], change: undefined }, facts: [] };
  const { facts, change } = await keepMode(room, tx, { before, edit, by });
  const changed = { ...row?.changed, ...Object.fromEntries(names.map((name) => [name, edit[name]])) };
  await putRow(tx, { changed, at: room.clock.now(), by: by.actor });
  const fact: Fact = {
    type: "settings.changed",
    actor: by.actor,
    object: { kind: "settings", id: "settings" },
    before: textOf(before, names),
    after: textOf(edit, names),
    requestId: by.requestId,
    details: { changed: [...names] },
  };
  return { edited: { settings: await readSettings(tx), changed: names, change }, facts: [fact, ...facts] };
}

/** Changes what is named; null clears the notes. Refusal `VALIDATION_FAILED`: a time zone nobody knows. */
export async function editSettings(
  room: Room,
  { edit, by }: Readonly<{ edit: SettingsEdit; by: By }>,
): Promise<Result<Settings>> {
  if (edit.timeZone !== undefined && !isTimeZone(edit.timeZone))
    return refuse("VALIDATION_FAILED", `body/timeZone: "${edit.timeZone}" is no IANA time zone, such as Europe/Berlin`);
  const done = await settle<Edited>(room.db, async (tx) => {
    const { edited, facts } = await editIn(room, tx, { edit, by });
    return { answer: ok(edited), facts };
  });
  if (!done.ok) return done;
  if (done.value.change !== undefined) tellMode(room.bus, done.value.change);
  const changed = [...done.value.changed];
  if (changed.length > 0) room.bus.publish("settings.changed", { changed });
  return ok(done.value.settings);
}
