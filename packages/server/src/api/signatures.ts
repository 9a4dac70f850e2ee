import { ok } from "@tyr/contract";
import type { Govern } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";

/** Texts to sign about actions, and the keys people sign them with where no browser is. */
export function signatureHandlers(
  govern: Pick<Govern, "statement" | "approvalKeys">,
): Pick<Handlers, "action.statement" | Extract<keyof Handlers, `approvalKey.${string}`>> {
  const { approvalKeys } = govern;
  return {
    "action.statement": async ({ params: { id }, body }, call) =>
      await govern.statement({ id, by: byOf(call), wish: body }),
    "approvalKey.list": async (_input, call) => ok({ items: [...(await approvalKeys.list(byOf(call)))] }),
    "approvalKey.add": async ({ body }, call) => await approvalKeys.add(body, byOf(call)),
    "approvalKey.revoke": async ({ params: { id } }, call) => await approvalKeys.revoke(id, byOf(call)),
  };
}
