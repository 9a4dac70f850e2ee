import { ok } from "@tyr/contract";
import type { Govern } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";

export function modeHandlers(
  govern: Pick<Govern, "viewMode" | "setMode">,
): Pick<Handlers, Extract<keyof Handlers, `mode.${string}`>> {
  return {
    "mode.get": async () => ok(await govern.viewMode()),
    "mode.set": async ({ body }, call) => await govern.setMode({ ...body, by: byOf(call) }),
  };
}
