import { ok, type IncidentId, type ModeName } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { holdMode, tellMode, writeMode } from "./change-mode.ts";
import { demandOf } from "./mode-demand.ts";
import { modeInForce } from "./mode-in-force.ts";
import { advance, modeOf, type Demand, type Hysteresis, type ModeState } from "./mode-state.ts";
import type { ModeChange } from "./mode-store.ts";
import { settle, SYSTEM, type Room } from "./room.ts";
import { readSettings, type InForce } from "./settings/settings.ts";

const MINUTE_MS = 60_000;

export function hysteresisOf({ modeHoldMinutes, modeQuietMinutes }: InForce): Hysteresis {
  return { holdMs: modeHoldMinutes * MINUTE_MS, quietMs: modeQuietMinutes * MINUTE_MS };
}

type Asked = Readonly<{ settings: InForce; state: ModeState; now: Date }>;

/** What incidents ask for. Those that say nothing any more are not read: their window and the quiet after it are over. */
export async function demandNow(
  { ports, db }: Pick<Room, "ports" | "db">,
  { settings, state, now }: Asked,
  read: ReadDatabase = db.read,
): Promise<Demand> {
  const { autoElevate, autoLockdown, escalateWindowMinutes, modeQuietMinutes } = settings;
  const since = new Date(now.getTime() - (escalateWindowMinutes + modeQuietMinutes) * MINUTE_MS);
  const incidents = autoElevate || autoLockdown ? await ports.askingIncidents(read, since) : [];
  return demandOf(incidents, { settings, ignoreBefore: state.ignoreBefore, now });
}

function reasonOf(before: ModeState, after: ModeState, demand: Demand): string {
  const [from, to] = [before.automatic?.mode ?? "normal", after.automatic?.mode ?? "normal"];
  if (demand.mode === to && demand.incidents.length > 0) return `open incidents ask for ${to} mode`;
  return `nothing asked for ${from} mode for long enough: a step down`;
}

/**
 * Lets incidents raise the mode, and lets it return a step at a time when they are quiet. Asks without a transaction
 * first: nearly always there is nothing to do.
 */
export async function followMode(room: Room): Promise<void> {
  const now = room.clock.now();
  const settings = await readSettings(room.db.read);
  const rules = hysteresisOf(settings);
  const { state: seen } = await modeInForce(room.db.read, { now, base: settings.defaultMode });
  const demand = await demandNow(room, { settings, state: seen, now });
  if (advance(seen, { demand, rules, now }).automatic === seen.automatic) return;
  const moved = await settle<ModeChange | undefined>(room.db, async (tx) => {
    const held = await holdMode(tx, now);
    const asked = await demandNow(room, { settings, state: held.state, now }, tx);
    const state = advance(held.state, { demand: asked, rules, now });
    if (state.automatic === held.state.automatic) return { answer: ok(undefined), facts: [] };
    const change = {
      mode: modeOf(state, now),
      reason: reasonOf(held.state, state, asked),
      by: SYSTEM.actor,
      at: now,
      until: held.change?.until ?? null,
      incidents: asked.incidents as readonly IncidentId[],
    };
    const before: ModeName = held.mode;
    return {
      answer: ok(change),
      facts: [await writeMode(tx, { before, next: { change, state }, said: { by: SYSTEM } })],
    };
  });
  if (moved.ok && moved.value !== undefined) tellMode(room.bus, moved.value);
}
