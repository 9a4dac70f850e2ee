import { ok, type SubjectId } from "@tyr/contract";
import type { KeyMaker, Keys } from "#identity";
import type { Call, Handlers } from "./handler.ts";

function makerOf({ caller, requestId }: Call): KeyMaker {
  return { caller, requestId };
}

type KeyRoutes = Extract<keyof Handlers, `key.${string}` | `serviceAccount.${string}`>;

export function keyHandlers(keys: Keys): Pick<Handlers, KeyRoutes> {
  return {
    "key.list": async (_input, { caller }) => ok({ items: [...(await keys.list(caller.actor.id as SubjectId))] }),
    "key.listAll": async () => ok({ items: [...(await keys.list("everybody"))] }),
    "key.create": async ({ body }, call) => await keys.create(body, makerOf(call)),
    "key.rotate": async ({ params: { id }, body }, call) => await keys.rotate({ id, body }, makerOf(call)),
    "key.revoke": async ({ params: { id } }, call) => await keys.revoke(id, makerOf(call)),
    "serviceAccount.list": async () => ok({ items: [...(await keys.listServices())] }),
    "serviceAccount.create": async ({ body }, call) => await keys.createService(body, makerOf(call)),
    "serviceAccount.change": async ({ params: { id }, body }, call) =>
      await keys.changeService({ id, change: body }, makerOf(call)),
    "serviceAccount.createKey": async ({ params: { id }, body }, call) =>
      await keys.createFor({ id, body }, makerOf(call)),
  };
}
