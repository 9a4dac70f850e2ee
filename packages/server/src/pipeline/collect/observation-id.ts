import type { ObservationId } from "@tyr/contract";
import { derivedId } from "#platform/ids";

/**
 * The id of a source address as an attacker: anybody can compute it, nothing has to be looked up.
 *
 * @param address canonical (`canonicalAddress`)
 */
export function observationIdOf(address: string): ObservationId {
  return derivedId("observation", [address]);
}
