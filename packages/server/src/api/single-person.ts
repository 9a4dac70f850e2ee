import { ok } from "@tyr/contract";
import type { Govern } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";

export function singlePersonHandlers(
  govern: Pick<Govern, "singlePerson" | "setSinglePerson">,
): Pick<Handlers, Extract<keyof Handlers, `singlePerson.${string}`>> {
  return {
    "singlePerson.get": async () => ok(await govern.singlePerson()),
    "singlePerson.set": async ({ body }, call) => await govern.setSinglePerson({ ...body, by: byOf(call) }),
  };
}
