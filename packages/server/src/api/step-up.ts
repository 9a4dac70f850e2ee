import { refuse, STEP_UP_SECONDS, type Refusal, type RouteDefinition, type StepUpClass } from "@tyr/contract";
import type { Caller } from "#identity";

function byFirstPassword({ beforeOwnPassword }: RouteDefinition, { mustChangePassword }: Caller) {
  if (mustChangePassword !== true || beforeOwnPassword === true) return undefined;
  return refuse("PASSWORD_CHANGE_REQUIRED", "somebody else chose your password: choose one of your own first").refusal;
}

function withoutSecondFactor({ beforeSecondFactor }: RouteDefinition, { lacksSecondFactor }: Caller) {
  if (lacksSecondFactor !== true || beforeSecondFactor === true) return undefined;
  return refuse("SECOND_FACTOR_REQUIRED", "a password alone is not enough here: add a second factor to your account")
    .refusal;
}

function notByPasskey(stepUp: StepUpClass, { passkeyMissingFor = [] }: Caller): Refusal | undefined {
  if (!passkeyMissingFor.includes(stepUp)) return undefined;
  const withinSeconds = STEP_UP_SECONDS[stepUp];
  const detail = `this needs a proof by passkey that is at most ${withinSeconds / 60} minutes old; add one under Account if you have none`;
  return refuse("STEP_UP_NEEDED", detail, { withinSeconds, stepUp, by: "passkey" }).refusal;
}

/**
 * Refuses what asks for a recent proof of who calls when there is none, or a weaker one than the installation wants: the
 * session's owner may have left, or somebody may have its token. Keys and other programs prove nothing, so they are refused
 * as well, but where a route takes their scope for it.
 */
export function staleProof(route: RouteDefinition, caller: Caller, now: Date): Refusal | undefined {
  const lacking = byFirstPassword(route, caller) ?? withoutSecondFactor(route, caller);
  const { stepUp } = route;
  if (lacking !== undefined || stepUp === undefined) return lacking;
  if (route.programsUnproved === true && caller.sessionId === undefined) return undefined;
  const weak = notByPasskey(stepUp, caller);
  if (weak !== undefined) return weak;
  const { provedAt } = caller;
  const withinSeconds = STEP_UP_SECONDS[stepUp];
  if (provedAt !== undefined && now.getTime() - provedAt.getTime() <= withinSeconds * 1_000) return undefined;
  const detail = `this needs a proof of who you are that is at most ${withinSeconds / 60} minutes old`;
  return refuse("STEP_UP_NEEDED", detail, { withinSeconds, stepUp }).refusal;
}
