import type { Actor, ModeName } from "@tyr/contract";
import type { Bus } from "#platform/bus";
import type { Fact, WriteTransaction } from "#platform/database";
import { modeInForce, type ModeInForce } from "./mode-in-force.ts";
import { choose, modeOf, settled, type ModeState } from "./mode-state.ts";
import { insertModeChange, lockMode, type ModeChange } from "./mode-store.ts";
import { SYSTEM, type By } from "./room.ts";
import { readSettings } from "./settings/settings.ts";

function changedFact(before: ModeName, change: ModeChange, { by, details = {} }: Said): Fact {
  const { mode, reason, until, incidents } = change;
  return {
    type: "mode.changed",
    actor: by.actor,
    object: { kind: "mode", id: "mode" },
    before,
    after: mode,
    requestId: by.requestId,
    details: {
      reason,
      until: until?.toISOString() ?? null,
      ...(incidents.length === 0 ? {} : { incidents: [...incidents] }),
      ...details,
    },
  };
}

/** By whom, and what else the log says of it. */
export type Said = Readonly<{ by: By; details?: Fact["details"] & object }>;

export function tellMode(bus: Bus, { mode, until }: Pick<ModeChange, "mode" | "until">): void {
  bus.publish("mode.changed", { mode, until: until?.toISOString() ?? null });
}

/** The mode, held until the transaction ends. */
export async function holdMode(tx: WriteTransaction, now: Date): Promise<ModeInForce> {
  await lockMode(tx);
  const { defaultMode } = await readSettings(tx);
  return await modeInForce(tx, { now, base: defaultMode });
}

type Next = Readonly<{ change: ModeChange; state: ModeState }>;

/** Writes a change down, in the table and for the log. */
export async function writeMode(
  tx: WriteTransaction,
  { before, next, said }: Readonly<{ before: ModeName; next: Next; said: Said }>,
): Promise<Fact> {
  await insertModeChange(tx, next.change, next.state);
  return changedFact(before, next.change, said);
}

/** Of a held mode: writes down that the time of a choice was over, once. @returns what is in force since */
export async function settleMode(
  tx: WriteTransaction,
  held: ModeInForce,
  now: Date,
): Promise<Readonly<{ held: ModeInForce; facts: readonly Fact[] }>> {
  const state = settled(held.state, now);
  if (state === held.state || held.change === undefined || held.state.held === null) return { held, facts: [] };
  const until = new Date(held.state.held.until ?? now);
  const before = modeOf(held.state, new Date(until.getTime() - 1));
  const fact = await writeMode(tx, { before, next: { change: held.change, state }, said: { by: SYSTEM } });
  return { held: { ...held, state }, facts: [fact] };
}

/** `chosenBy`: whose choice it is, where somebody or something else carries it out. */
export type Wanted = Readonly<{ mode: ModeName; reason: string; until: Date | null; chosenBy?: Actor }>;
export type ModeChanged = Readonly<{ facts: readonly Fact[]; change: ModeChange | undefined }>;

/** Puts somebody's choice in force, in the caller's transaction. Choosing the default at rest is no change. */
export async function chooseMode(
  tx: WriteTransaction,
  { wanted, at, said }: Readonly<{ wanted: Wanted; at: Date; said: Said }>,
): Promise<ModeChanged> {
  const { held, facts } = await settleMode(tx, await holdMode(tx, at), at);
  const { mode, reason, until, chosenBy = said.by.actor } = wanted;
  const state = choose(held.state, { mode, until, now: at });
  const isAtRest = (one: ModeState): boolean => one.held === null && one.automatic === null;
  if (isAtRest(state) && isAtRest(held.state)) return { facts, change: facts.length > 0 ? held.change : undefined };
  const change = { mode: modeOf(state, at), reason, by: chosenBy, at, until, incidents: [] };
  const fact = await writeMode(tx, { before: held.mode, next: { change, state }, said });
  return { facts: [...facts, fact], change };
}
