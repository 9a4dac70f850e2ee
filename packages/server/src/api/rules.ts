import { ok, refuse, type Result, type RuleDetail, type RuleState, type RuleWithState } from "@tyr/contract";
import { hitsByRule, suppressedByRule, type PackRule, type RulePack, type RuleStates, type SetState } from "#detect";
import type { Database } from "#platform/database";
import type { Call, Handlers } from "./handler.ts";
import { toRule } from "./rule-view.ts";

export type RuleDeps = Readonly<{
  database: Pick<Database, "read">;
  /** The pack in force at the moment of asking. */
  rules: () => RulePack;
  states: RuleStates;
}>;

type Id = "rule.states" | "rule.get" | "rule.setState" | "rule.clearState";

export function ruleHandlers(deps: RuleDeps): Pick<Handlers, Id> {
  const { rules, states } = deps;
  return {
    "rule.states": async () => {
      const pack = rules();
      const viewed = await viewing(deps);
      return ok({ packDigest: pack.digest, items: [...pack.rules.values()].map(viewed) });
    },
    "rule.get": async ({ params: { id } }) => await detail(deps, id),
    "rule.setState": async ({ params: { id }, body }, call) => {
      const set = await states.set({ ruleId: id, change: body, by: byOf(call) });
      return set.ok ? await detail(deps, id) : set;
    },
    "rule.clearState": async ({ params: { id } }, call) => await states.clear({ ruleId: id, by: byOf(call) }),
  };
}

function byOf({ caller, requestId }: Call): Parameters<RuleStates["set"]>[0]["by"] {
  return { actor: caller.actor, requestId };
}

/** Reads once what the views of all rules are made of. */
async function viewing({ database: { read }, states }: RuleDeps): Promise<(rule: PackRule) => RuleWithState> {
  // At once: each waits for its turn at the embedded engine.
  const [hits, set, suppressed] = await Promise.all([hitsByRule(read), states.all(), suppressedByRule(read)]);
  return (rule) => ({
    ...toRule(rule, hits.get(rule.id)),
    version: rule.version,
    ...toState(set.get(rule.id)),
    suppressed: suppressed.get(rule.id)?.detections ?? 0,
    lastSuppressedAt: suppressed.get(rule.id)?.lastAt.toISOString() ?? null,
  });
}

const UNSET: RuleState = {
  state: "enabled",
  confidenceMax: null,
  expiresAt: null,
  reason: null,
  setBy: null,
  setAt: null,
};

function toState(set: SetState | undefined): RuleState {
  if (set === undefined) return UNSET;
  const { state, confidenceMax, expiresAt, reason, setBy, setAt } = set;
  return {
    state,
    confidenceMax,
    expiresAt: expiresAt?.toISOString() ?? null,
    reason,
    setBy,
    setAt: setAt.toISOString(),
  };
}

async function detail(deps: RuleDeps, id: string): Promise<Result<RuleDetail>> {
  const pack = deps.rules();
  const rule = [...pack.rules.values()].find((one) => one.id === id);
  if (rule === undefined) return refuse("NOT_FOUND", `there is no rule ${id} in force`);
  const { sigma, text } = rule;
  const viewed = await viewing(deps);
  return ok({
    ...viewed(rule),
    yaml: text,
    author: sigma.author ?? null,
    references: [...sigma.references],
    falsePositives: [...sigma.falsepositives],
    refersTo: referencesOf(rule).flatMap((key) => pack.rules.get(key)?.id ?? []),
    referredBy: [...pack.rules.values()].filter((one) => referencesOf(one).includes(sigma.key)).map((one) => one.id),
  });
}

function referencesOf({ sigma }: PackRule): readonly string[] {
  return sigma.kind === "correlation" ? sigma.correlation.rules : [];
}
