import { ok, refuse, type Result } from "@tyr/contract";
import type { Replays } from "#detect";
import type { Handlers } from "./handler.ts";

type Answered = `backtest.${"create" | "list" | "get" | "cancel"}` | `backfill.${"create" | "list" | "get" | "cancel"}`;

/** Trying rules on stored events, and letting them find in those. */
export function replayHandlers({ backtests, backfills }: Replays): Pick<Handlers, Answered> {
  return {
    "backtest.create": async ({ body }, { caller, requestId }) =>
      await backtests.begin(body, { actor: caller.actor, requestId }),
    "backtest.list": async () => ok({ items: [...backtests.list()] }),
    "backtest.get": async ({ params: { id } }) => there(backtests.find(id), id),
    "backtest.cancel": async ({ params: { id } }) => there(await backtests.cancel(id), id),
    "backfill.create": async ({ body }, { caller, requestId }) =>
      await backfills.begin(body, { actor: caller.actor, requestId }),
    "backfill.list": async () => ok({ items: [...backfills.list()] }),
    "backfill.get": async ({ params: { id } }) => there(backfills.find(id), id),
    "backfill.cancel": async ({ params: { id } }, { caller, requestId }) =>
      there(await backfills.cancel(id, { actor: caller.actor, requestId }), id),
  };
}

function there<T>(found: T | undefined, id: string): Result<T> {
  if (found !== undefined) return ok(found);
  return refuse("NOT_FOUND", `there is no run ${id} since the start of the server`);
}
