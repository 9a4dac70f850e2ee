import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { By, Execution } from "#govern";
import type { BlockRow } from "./block-store.ts";

/** What every part of this room works with. */
export type Room = Readonly<{ db: Database; clock: Clock; bus: Bus; execution: Execution }>;

export const SYSTEM: By = { actor: { kind: "system", id: "system", name: "Tyr" }, roles: [], requestId: null };

/** Tells live views, after the commit. */
export function announceBlock(bus: Bus, { id, state, value }: BlockRow): void {
  bus.publish("block.changed", { id, state, value });
}
