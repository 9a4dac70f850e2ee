import type { ReadDatabase } from "#platform/database";
import { modeInForce } from "./mode-in-force.ts";
import { limitsIn, readSettings, type Limits } from "./settings/settings.ts";

/** What detections go by, as it is set and in the mode in force. */
export async function limitsNow(db: ReadDatabase, now: Date): Promise<Limits> {
  const settings = await readSettings(db);
  const { mode } = await modeInForce(db, { now, base: settings.defaultMode });
  return limitsIn(settings, mode);
}
