import { ok } from "@tyr/contract";
import type { Administrator, Duties } from "#identity";
import type { Call, Handlers } from "./handler.ts";

function byOf({ caller, requestId }: Call): Administrator {
  return { actor: caller.actor, requestId };
}

export function dutyHandlers(duties: Duties): Pick<Handlers, Extract<keyof Handlers, `duty.${string}`>> {
  return {
    "duty.conflicts": async () => ok(await duties.conflicts()),
    "duty.addPair": async ({ body }, call) => await duties.addPair(body, byOf(call)),
    "duty.removePair": async ({ params: { id } }, call) => await duties.removePair(id, byOf(call)),
    "duty.except": async ({ body }, call) => await duties.except(body, byOf(call)),
    "duty.endException": async ({ params: { id } }, call) => await duties.endException(id, byOf(call)),
  };
}
