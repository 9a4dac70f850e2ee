import type { ReadDatabase } from "#platform/database";
import { brokenFault, type Disbelieved } from "../believe-approvals.ts";
import { NO_APPROVALS } from "../policy/decide.ts";
import type { Room } from "../room.ts";
import type { ActionRow } from "../store.ts";
import { weigh, type Weighed } from "../weigh.ts";
import { findBroken } from "./store.ts";

/** What policy says when this person takes it on themselves: asked for the person, whoever asked for the action. */
export async function weighBroken(
  room: Room,
  db: ReadDatabase,
  { action, brokenBy }: Readonly<{ action: ActionRow; brokenBy: string }>,
): Promise<Weighed> {
  return await weigh(room, db, { action, approvals: NO_APPROVALS, brokenBy });
}

/**
 * What policy says about an action that somebody broke the glass for, with them as they are now; `weighed` is undefined
 * when nobody did for exactly this request and dry run, whoever did may no longer, or what they signed does not hold up.
 */
export async function weighIfBroken(
  room: Room,
  db: ReadDatabase,
  action: ActionRow,
): Promise<Readonly<{ weighed: Weighed | undefined; disbelieved: readonly Disbelieved[] }>> {
  const broken = await findBroken(db, action);
  if (broken === undefined) return { weighed: undefined, disbelieved: [] };
  const { subject_id: brokenBy } = broken;
  const held = await room.ports.permissionsOf(db, brokenBy);
  if (!held.has("action:break_glass")) return { weighed: undefined, disbelieved: [] };
  const why = await brokenFault(room, db, { row: action, broken });
  if (why !== undefined) return { weighed: undefined, disbelieved: [{ given: broken, why }] };
  return { weighed: await weighBroken(room, db, { action, brokenBy }), disbelieved: [] };
}
