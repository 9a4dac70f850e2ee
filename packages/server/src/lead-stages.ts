import type { Clock } from "#platform/clock";
import { holdEpoch, LeadLost, takeEpoch, type Database, type Lead } from "#platform/database";
import { startLoop, type Leading } from "#platform/lifecycle";
import type { Logger } from "#platform/log";

export type LeadParts = Readonly<{
  database: Pick<Database, "lead" | "bookkeep">;
  clock: Clock;
  log: Logger;
  lookMs?: number;
}>;
/** This process among those that share the database. */
type Role = Readonly<{ leads: boolean; since: Date }>;
export type StageLead = AsyncDisposable & Leading & Readonly<{ role: () => Role }>;

/** Which number stands for the process whose stages run. Any constant does. */
const STAGES_LEAD = 8_970_087;
/** How soon another process takes over, and how soon this one knows that it lost its connection. */
const LOOK_MS = 1_000;

/**
 * Of all processes that share a database one runs the stages; the others take in events, answer and wait. Two that believe they
 * lead, for a moment in which a connection broke, spoil nothing: cursors move from the place a stage read, or not at all, and a
 * stage begins only under the number of whoever took the lead last.
 */
export async function leadStages({ database, clock, log, lookMs = LOOK_MS }: LeadParts): Promise<StageLead> {
  const listeners = new Set<() => void>();
  let lead: Lead | undefined;
  let epoch = 0;
  let since = clock.now();
  const become = (next: Lead | undefined): void => {
    lead = next;
    since = clock.now();
    log.info(next === undefined ? "another process leads: stages stand by" : "this process leads: its stages run");
    for (const listener of listeners) listener();
  };
  const counted = async (taken: Lead): Promise<Lead> => {
    try {
      epoch = await database.bookkeep("lead", takeEpoch);
      return taken;
    } catch (error) {
      await taken[Symbol.asyncDispose]();
      throw error;
    }
  };
  const look = async (): Promise<boolean> => {
    const held = lead;
    if (held !== undefined) {
      if (await held.isHeld()) return false;
      become(undefined);
      await held[Symbol.asyncDispose]();
    }
    const taken = await database.lead(STAGES_LEAD);
    if (taken !== undefined) become(await counted(taken));
    return false;
  };
  await look();
  if (lead === undefined) log.info("another process leads: stages stand by");
  const loop = startLoop({ name: "lead", step: look, restMs: lookMs, log });
  return {
    isLeading: () => lead !== undefined,
    async hold(tx) {
      if (lead === undefined) throw new LeadLost("this process does not lead");
      await holdEpoch(tx, epoch);
    },
    role: () => ({ leads: lead !== undefined, since }),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      await loop.stop();
      const held = lead;
      lead = undefined;
      await held?.[Symbol.asyncDispose]();
    },
  };
}
