import { ok } from "@tyr/contract";
import type { Govern } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";
import { answerOf, beforeIdOf } from "./page-position.ts";

const PAGE = 50;

export function delegationHandlers({
  delegations,
}: Pick<Govern, "delegations">): Pick<Handlers, Extract<keyof Handlers, `delegation.${string}`>> {
  return {
    "delegation.list": async ({ query: { after, limit = PAGE, inForce = false, mine = false } }, call) => {
      const before = beforeIdOf("delegation", after);
      if (!before.ok) return before;
      const page = await delegations.list({ by: byOf(call), inForce, mine, before: before.value, limit });
      return ok(answerOf(page, (one) => one));
    },
    "delegation.statement": async ({ body }, call) => await delegations.statement(body, byOf(call)),
    "delegation.create": async ({ body }, call) => await delegations.create(body, byOf(call)),
    "delegation.end": async ({ params: { id }, body }, call) => await delegations.end({ id, ...body, by: byOf(call) }),
  };
}
