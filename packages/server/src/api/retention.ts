import { ok } from "@tyr/contract";
import type { Retention } from "#audit";
import type { Handlers } from "./handler.ts";

export function retentionHandlers(
  retention: Pick<Retention, "report" | "run">,
): Pick<Handlers, Extract<keyof Handlers, `retention.${string}`>> {
  return {
    "retention.report": async () => ok(await retention.report()),
    "retention.run": async ({ body }, { caller, requestId }) =>
      ok(await retention.run({ actor: caller.actor, requestId, reason: body.reason })),
  };
}
