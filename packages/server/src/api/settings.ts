import { ok } from "@tyr/contract";
import type { Govern } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";

export function settingsHandlers(
  govern: Pick<Govern, "settings" | "editSettings">,
): Pick<Handlers, Extract<keyof Handlers, `settings.${string}`>> {
  return {
    "settings.get": async () => ok(await govern.settings()),
    "settings.edit": async ({ body }, call) => await govern.editSettings({ edit: body, by: byOf(call) }),
  };
}
