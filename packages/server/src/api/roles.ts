import { ok } from "@tyr/contract";
import type { KeyMaker, Roles } from "#identity";
import type { Call, Handlers } from "./handler.ts";

function makerOf({ caller, requestId }: Call): KeyMaker {
  return { caller, requestId };
}

export function roleHandlers(roles: Roles): Pick<Handlers, Extract<keyof Handlers, `role.${string}`>> {
  return {
    "role.list": async () => ok({ items: [...(await roles.list())] }),
    "role.create": async ({ body }, call) => await roles.create(body, makerOf(call)),
    "role.change": async ({ params: { name }, body }, call) =>
      await roles.change({ name, change: body }, makerOf(call)),
    "role.delete": async ({ params: { name } }, call) => await roles.delete(name, makerOf(call)),
  };
}
