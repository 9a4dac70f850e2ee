import { ok } from "@tyr/contract";
import type { KeyRotation } from "#platform/secrets";
import type { Handlers } from "./handler.ts";

export function secretHandlers(
  keys: Pick<KeyRotation, "rotate" | "status">,
): Pick<Handlers, Extract<keyof Handlers, `secret.${string}`>> {
  return {
    "secret.keys": async () => {
      const items = (await keys.status()).map((key) => ({ ...key, createdAt: key.createdAt.toISOString() }));
      return ok({ items });
    },
    "secret.rotate": async ({ body }, { caller, requestId }) =>
      ok({ name: await keys.rotate({ actor: caller.actor, requestId, reason: body.reason }) }),
  };
}
