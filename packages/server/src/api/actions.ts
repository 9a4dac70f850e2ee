import { ok, type Action, type ActionId, type Result } from "@tyr/contract";
import type { By, Govern } from "#govern";
import type { Respond } from "#respond";
import { askedPrefix } from "./asked-address.ts";
import type { Call, Handlers } from "./handler.ts";
import { answerOf, beforeIdOf } from "./page-position.ts";

type ActionDeps = Readonly<{ govern: Govern; respond: Pick<Respond, "revert"> }>;

const PAGE = 50;

export const byOf = ({ caller, requestId }: Call): By => ({
  actor: caller.actor,
  roles: caller.roles,
  permissions: caller.permissions,
  requestId,
  ...(caller.behind === undefined ? {} : { behind: caller.behind }),
});

export function actionHandlers({
  govern,
  respond,
}: ActionDeps): Pick<
  Handlers,
  Exclude<Extract<keyof Handlers, `action.${string}`>, "action.statement" | "action.breakGlass">
> {
  const revert = async (id: ActionId, reason: string, call: Call): Promise<Result<Action>> => {
    const reverted = await respond.revert({ id, reason, by: byOf(call) });
    return reverted.ok ? await govern.get(id, byOf(call)) : reverted;
  };
  return {
    "action.list": async ({ query: { after, limit = PAGE, target: asked, ...filter } }, call) => {
      const before = beforeIdOf("action", after);
      if (!before.ok) return before;
      const target = askedPrefix("target", asked);
      if (!target.ok) return target;
      const page = await govern.list({
        ...filter,
        target: target.value,
        before: before.value,
        limit,
        asker: byOf(call),
      });
      return ok(answerOf(page, (action) => action));
    },
    "action.get": async ({ params: { id } }, call) => await govern.get(id, byOf(call)),
    "action.create": async ({ body }, call) => await govern.create(body, byOf(call)),
    "action.edit": async ({ params: { id }, body }, call) => await govern.edit({ id, by: byOf(call), edit: body }),
    "action.clone": async ({ params: { id } }, call) => await govern.clone({ id, by: byOf(call) }),
    "action.dryRun": async ({ params: { id } }, call) => await govern.dryRun({ id, by: byOf(call) }),
    "action.submit": async ({ params: { id } }, call) => await govern.submit({ id, by: byOf(call) }),
    "action.approve": async ({ params: { id }, body }, call) => await govern.approve({ id, ...body, by: byOf(call) }),
    "action.reject": async ({ params: { id }, body }, call) => await govern.reject({ id, ...body, by: byOf(call) }),
    "action.withdraw": async ({ params: { id }, body }, call) => await govern.withdraw({ id, by: byOf(call), ...body }),
    "action.cancel": async ({ params: { id }, body }, call) =>
      await govern.cancel({ id, reason: body.reason, by: byOf(call) }),
    "action.revert": async ({ params: { id }, body }, call) => await revert(id, body.reason, call),
  };
}
