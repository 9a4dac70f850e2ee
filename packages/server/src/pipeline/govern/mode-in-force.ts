import type { ModeName } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { listModeChanges, type ModeChange, type ModeRow } from "./mode-store.ts";
import { heldNow, modeOf, stateAtRest, type ModeState } from "./mode-state.ts";
import { SYSTEM } from "./room.ts";

/** The mode in force, the change that made it (undefined while it never changed), and what holds it there. */
export type ModeInForce = Readonly<{ mode: ModeName; change: ModeChange | undefined; state: ModeState }>;

/** What was stored before the state was: somebody's choice, and normal mode is nobody's. */
function stateOf({ state, mode, until }: ModeRow): ModeState {
  if (state !== null) return state;
  const held = mode === "normal" ? null : { mode, until: until?.toISOString() ?? null };
  return { ...stateAtRest("normal"), held };
}

const toChange = (row: ModeRow): ModeChange => ({ ...row, by: row.actor });

/** A choice ends by the clock, whether or not the sweep has passed: what the mode became then, and why. */
function ended(row: ModeRow, now: Date): ModeChange | undefined {
  const { held } = stateOf(row);
  if (held?.until === null || held?.until === undefined) return undefined;
  const at = new Date(held.until);
  if (at > now) return undefined;
  const after = heldNow(stateOf(row), now)?.until ?? null;
  const until = after === null ? null : new Date(after);
  const mode = modeOf(stateOf(row), now);
  return { mode, reason: `the time of ${held.mode} mode was over`, by: SYSTEM.actor, at, until, incidents: [] };
}

/** What policies are asked with at this moment. `base` is the default mode while the mode never changed. */
export async function modeInForce(
  db: ReadDatabase,
  { now, base }: Readonly<{ now: Date; base: ModeName }>,
): Promise<ModeInForce> {
  const [row] = await listModeChanges(db, 1);
  if (row === undefined) return { mode: base, change: undefined, state: stateAtRest(base) };
  const state = stateOf(row);
  return { mode: modeOf(state, now), change: ended(row, now) ?? toChange(row), state };
}
