import { ok } from "@tyr/contract";
import type { Notify } from "#notify";
import type { Handlers } from "./handler.ts";

export function notificationHandlers(
  notify: Pick<Notify, "view" | "test" | "retry">,
): Pick<Handlers, Extract<keyof Handlers, `notification.${string}`>> {
  return {
    "notification.get": async () => ok(await notify.view()),
    "notification.test": async (_input, { caller, requestId }) => await notify.test({ actor: caller.actor, requestId }),
    "notification.retry": async ({ params }, { caller, requestId }) =>
      await notify.retry(params.id, { actor: caller.actor, requestId }),
  };
}
