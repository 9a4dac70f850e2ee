import { ok } from "@tyr/contract";
import type { Govern } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";

export function modeHandlers(
  govern: Pick<Govern, "viewMode" | "setMode" | "singlePerson">,
): Pick<Handlers, Extract<keyof Handlers, `mode.${string}`>> {
  return {
    "mode.get": async () => ok({ ...(await govern.viewMode()), singlePerson: await govern.singlePerson() }),
    "mode.set": async ({ body }, call) => {
      const answer = await govern.setMode({ ...body, by: byOf(call) });
      if (answer.ok && answer.value.asked !== null) call.setStatus(202);
      return answer;
    },
  };
}
