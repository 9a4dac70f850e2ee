import { isId, ok, refuse } from "@tyr/contract";
import type { Retention } from "#audit";
import type { Handlers } from "./handler.ts";

export function retentionHandlers(
  retention: Pick<Retention, "report" | "run" | "runs">,
): Pick<Handlers, Extract<keyof Handlers, `retention.${string}`>> {
  return {
    "retention.report": async () => ok(await retention.report()),
    "retention.runs": async ({ query }) => {
      const { after, limit = 50 } = query;
      if (after !== undefined && !isId("retentionRun", after))
        return refuse("VALIDATION_FAILED", "query/after is not a run of retention");
      const { rows, next } = await retention.runs({ before: after, limit });
      return ok({ items: [...rows], next });
    },
    "retention.run": async ({ body }, { caller, requestId }) =>
      ok(await retention.run({ actor: caller.actor, requestId, reason: body.reason })),
  };
}
