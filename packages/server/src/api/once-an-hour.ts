import type { Clock } from "#platform/clock";

const HOUR_MS = 3_600_000;
/** Beyond, whoever was noted longest ago is forgotten, and noted again. */
const KEPT_MAX = 1_000;

/**
 * Lets a note through once an hour for each name: somebody who reads on page after page leaves one entry, not one a page.
 * A note that fails was not made, and the next reading tries again.
 */
export function onceAnHour(clock: Clock): (name: string, note: () => Promise<void>) => Promise<void> {
  const noted = new Map<string, number>();
  return async (name, note) => {
    const nowMs = clock.now().getTime();
    if (nowMs - (noted.get(name) ?? -HOUR_MS) < HOUR_MS) return;
    noted.delete(name);
    noted.set(name, nowMs);
    const [oldest] = noted.keys();
    if (noted.size > KEPT_MAX && oldest !== undefined) noted.delete(oldest);
    try {
      await note();
    } catch (error) {
      noted.delete(name);
      throw error;
    }
  };
}
