import { ok, refuse, SETTING_NAMES, type Result, type Settings, type SettingsEdit } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { holdMode, tellMode, writeMode } from "../change-mode.ts";
import { modeOf, rebased } from "../mode-state.ts";
import type { ModeChange } from "../mode-store.ts";
import { settle, type By, type Room } from "../room.ts";
import { readSettings, settingsOf } from "./settings.ts";
import { lockSettings, putRow, readRow } from "./store.ts";
import { isTimeZone } from "./local-time.ts";

/** Only these fields, as canonical text for the log. */
function textOf(settings: SettingsEdit, names: readonly (keyof SettingsEdit)[]): string {
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, settings[name]])));
}

type Edited = Readonly<{ settings: Settings; changed: readonly string[]; change: ModeChange | undefined }>;

/** Another default mode is a change of the mode too, where it raises it; it never lowers it (mode-state.ts). */
async function rebase(
  room: Room,
  tx: WriteTransaction,
  { edit, by }: Readonly<{ edit: SettingsEdit; by: By }>,
): Promise<{ facts: readonly Fact[]; change: ModeChange | undefined }> {
  if (edit.defaultMode === undefined) return { facts: [], change: undefined };
  const at = room.clock.now();
  // Held before the new default is stored, so this is what was in force.
  const held = await holdMode(tx, at);
  const state = rebased(held.state, edit.defaultMode, at);
  if (state === held.state) return { facts: [], change: undefined };
  const reason = `the default mode became ${edit.defaultMode}`;
  const mode = modeOf(state, at);
  const change = { mode, reason, by: by.actor, at, until: held.change?.until ?? null, incidents: [] };
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
  const { facts, change } = await rebase(room, tx, { edit, by });
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
