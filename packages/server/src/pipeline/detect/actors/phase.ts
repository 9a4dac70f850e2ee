import type { PhaseAt } from "./observation.ts";

/** The phase of the Unified Kill Chain a tactic of a domain stands for; null where nobody placed it. */
export type PhaseOf = (domain: string, tactic: string) => string | null;

/**
 * Adds a phase at a sensor to a bounded list; of more than fit, those that began first stay.
 *
 * @returns whether the list changed
 */
export function keepPhase(phases: PhaseAt[], at: PhaseAt, max: number): boolean {
  const known = phases.find((one) => one.phase === at.phase && one.sensorId === at.sensorId);
  if (known !== undefined && known.firstMs <= at.firstMs && known.lastMs >= at.lastMs) return false;
  if (known === undefined) phases.push({ ...at });
  else {
    known.firstMs = Math.min(known.firstMs, at.firstMs);
    known.lastMs = Math.max(known.lastMs, at.lastMs);
  }
  phases.sort((a, b) => a.firstMs - b.firstMs || (placeOf(a) < placeOf(b) ? -1 : 1));
  const [dropped] = phases.splice(max);
  return dropped === undefined || placeOf(dropped) !== placeOf(at);
}

function placeOf({ phase, sensorId }: PhaseAt): string {
  return `${phase} ${sensorId}`;
}
