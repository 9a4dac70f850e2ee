import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { type Leading, type RunningLoop, startLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { forgetMessages } from "./outbox.ts";

/** How long messages are kept, read or not: a reader that did not come for so long learns how many it missed. */
export const MESSAGES_KEPT_MS = 7 * 86_400_000;
const EVERY_MS = 3_600_000;

/** Removes messages once they are a week old: they repeat what attackers typed, and readers come all the time. */
export function startKeepingMessages({
  database,
  clock,
  log,
  leading,
}: Readonly<{ database: Database; clock: Clock; log: Logger; leading?: Leading | undefined }>): RunningLoop {
  const step = async (): Promise<boolean> => {
    const before = new Date(clock.now().getTime() - MESSAGES_KEPT_MS);
    const removed = await database.bookkeep("counters", async (tx) => await forgetMessages(tx, before));
    if (removed > 0) log.info({ removed }, "messages older than a week were removed");
    return false;
  };
  return startLoop({ name: "messages", step, restMs: EVERY_MS, log, leading });
}
