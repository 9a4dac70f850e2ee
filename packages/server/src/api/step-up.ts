import { refuse, STEP_UP_SECONDS, type Refusal, type RouteDefinition } from "@tyr/contract";
import type { Caller } from "#identity";

/**
 * Refuses what asks for a recent proof of who calls when there is none: the session's owner may have left, or somebody
 * may have its token. Keys and other programs prove nothing, so they are refused as well.
 */
export function staleProof({ stepUp }: RouteDefinition, { provedAt }: Caller, now: Date): Refusal | undefined {
  if (stepUp === undefined) return undefined;
  const withinSeconds = STEP_UP_SECONDS[stepUp];
  if (provedAt !== undefined && now.getTime() - provedAt.getTime() <= withinSeconds * 1_000) return undefined;
  const detail = `this needs a proof of who you are that is at most ${withinSeconds / 60} minutes old`;
  return refuse("STEP_UP_NEEDED", detail, { withinSeconds, stepUp }).refusal;
}
