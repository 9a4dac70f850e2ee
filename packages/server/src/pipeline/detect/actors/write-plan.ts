import type { WriteTransaction } from "#platform/database";
import { absorb, advanceVersion, deleteLinks, formIdentities, moveIdentities, putLinks } from "./ladder-store.ts";
import type { Observation } from "./observation.ts";
import type { Plan } from "./plan.ts";

/**
 * Writes what was planned, if nobody changed the ladder since it was planned.
 *
 * @returns false when somebody did: nothing was written, to be planned again
 */
export async function writePlan(
  tx: WriteTransaction,
  plan: Plan,
  forming: readonly Observation[] = [],
): Promise<boolean> {
  if (!(await advanceVersion(tx, plan.version))) return false;
  await formIdentities(tx, forming);
  await deleteLinks(tx, plan.rung, plan.gone);
  await putLinks(tx, plan.rung, plan.put);
  await absorb(tx, plan.rung, plan.absorbed);
  await moveIdentities(tx, plan.rung, plan.moves);
  return true;
}
