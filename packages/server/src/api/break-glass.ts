import { ok } from "@tyr/contract";
import type { Govern } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";
import { answerOf, beforeIdOf } from "./page-position.ts";

const PAGE = 50;

export function breakGlassHandlers(
  govern: Pick<Govern, "breakGlass" | "listBreakGlass" | "reviewBreakGlass">,
): Pick<Handlers, "action.breakGlass" | "breakGlass.list" | "breakGlass.review"> {
  return {
    "action.breakGlass": async ({ params: { id }, body }, call) =>
      await govern.breakGlass({ id, ...body, by: byOf(call) }),
    "breakGlass.list": async ({ query: { after, limit = PAGE, owed = false } }) => {
      const before = beforeIdOf("breakGlass", after);
      if (!before.ok) return before;
      return ok(answerOf(await govern.listBreakGlass({ owed, before: before.value, limit }), (use) => use));
    },
    "breakGlass.review": async ({ params: { id }, body }, call) =>
      await govern.reviewBreakGlass({ id, ...body, by: byOf(call) }),
  };
}
