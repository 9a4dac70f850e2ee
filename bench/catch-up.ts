import { setTimeout as sleep } from "node:timers/promises";
import type { clientOf } from "../packages/server/test/server-process.ts";

/** It looks where senders fall silent: how long that takes is a decision, not work. */
const WAITING_FOR_SILENCE = "actors.look";

/** How long after the last batch each consumer had done all of it, by name: detection first, what only people wait for last. */
export async function catchUp(client: ReturnType<typeof clientOf>): Promise<Readonly<Record<string, number>>> {
  const began = performance.now();
  const done = new Map<string, number>();
  for (;;) {
    const { pipeline } = await client.call("status.get", {});
    const working = pipeline.filter(({ consumer }) => consumer !== WAITING_FOR_SILENCE);
    for (const { consumer, lag } of working)
      if (lag > 0) done.delete(consumer);
      else if (!done.has(consumer)) done.set(consumer, Math.round(performance.now() - began));
    if (working.every(({ lag }) => lag === 0)) return Object.fromEntries([...done].toSorted(([, a], [, b]) => a - b));
    await sleep(20);
  }
}
