import { createBus, startRelay, type Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Logger } from "#platform/log";

export type BusParts = Readonly<{
  database: Pick<Database, "notices">;
  clock: Clock;
  log: Logger;
  stack: AsyncDisposableStack;
}>;

/** The bus of this process; processes that share a database hear each other. */
export function openBus({ database: { notices }, clock, log, stack }: BusParts): Bus {
  const bus = createBus(clock);
  if (notices === undefined) return bus;
  const relay = startRelay({ notices, bus, log });
  stack.defer(async () => await relay.stop());
  return bus;
}
