import { ok, refuse, type Result } from "@tyr/contract";
import type { Govern } from "#govern";
import { byOf } from "./actions.ts";
import type { Handlers } from "./handler.ts";

type Answered = Extract<keyof Handlers, `policy.${string}` | `policyBacktest.${string}`>;

function there<T>(found: T | undefined, id: string): Result<T> {
  if (found !== undefined) return ok(found);
  return refuse("NOT_FOUND", `there is no run ${id} since the start of the server`);
}

/** The life of policies: what is in force, what was, what would be. */
export function policyHandlers({ policies }: Pick<Govern, "policies">): Pick<Handlers, Answered> {
  return {
    "policy.get": async () => ok(await policies.inForce()),
    "policy.versions": async () => ok(await policies.versions()),
    "policy.version": async ({ params: { digest } }) => await policies.version(digest),
    "policy.validate": async ({ body }) => {
      const tested = await policies.test(body);
      if (!tested.ok) return tested;
      const { results: _, ...check } = tested.value;
      return ok(check);
    },
    "policy.test": async ({ body }) => await policies.test(body),
    "policy.diff": async ({ body: { from, to } }) =>
      await policies.diff({ to, ...(from === undefined ? {} : { from }) }),
    "policy.publish": async ({ body }, call) => await policies.publish({ ...body, by: byOf(call) }),
    "policy.rollback": async ({ body }, call) => await policies.rollback({ ...body, by: byOf(call) }),
    "policy.explain": async ({ body }) => await policies.explain(body),
    "policyBacktest.create": async ({ body }, call) => await policies.backtest(body, byOf(call)),
    "policyBacktest.list": async () => ok({ items: [...policies.backtests.list()] }),
    "policyBacktest.get": async ({ params: { id } }) => there(policies.backtests.find(id), id),
    "policyBacktest.cancel": async ({ params: { id } }) => there(await policies.backtests.cancel(id), id),
  };
}
