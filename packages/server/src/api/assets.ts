import { ok } from "@tyr/contract";
import type { Inventory } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";
import { answerOf, beforeIdOf } from "./page-position.ts";

const PAGE = 50;

export function assetHandlers(assets: Inventory): Pick<Handlers, Extract<keyof Handlers, `asset.${string}`>> {
  return {
    "asset.list": async ({ query: { after, limit = PAGE, group, address } }) => {
      const before = beforeIdOf("asset", after);
      if (!before.ok) return before;
      const page = await assets.list({ before: before.value, limit, group, address });
      return page.ok ? ok(answerOf(page.value, (asset) => asset)) : page;
    },
    "asset.get": async ({ params: { id } }) => await assets.get(id),
    "asset.create": async ({ body }, call) => await assets.create(body, byOf(call)),
    "asset.edit": async ({ params: { id }, body }, call) => await assets.edit({ id, edit: body, by: byOf(call) }),
    "asset.remove": async ({ params: { id } }, call) => await assets.remove({ id, by: byOf(call) }),
    "asset.import": async ({ body }, call) => await assets.takeIn(body, byOf(call)),
  };
}
