import type { Deeds } from "./audit-deeds.ts";
import type { Person } from "./audit-world.ts";

/** Rules of the pack that comes with Tyr, each used once so that no deed changes what another one set. */
async function ruleOf({ client }: Person, index: number): Promise<string> {
  const { items } = await client.call("rule.states", {});
  const rule = items[index];
  if (rule === undefined) throw new Error(`there is no rule number ${index}`);
  return rule.id;
}

/** States of rules: who may blind detection, and what it leaves behind. */
export const ruleDeeds: Deeds = {
  "rule.setState": async (world) => {
    const by = await world.person("security_manager");
    const id = await ruleOf(by, 0);
    return {
      by,
      input: { params: { id }, body: { state: "clipped", confidenceMax: 0.45, reason: "our scanner" } },
      did: "rule.state_changed",
      object: { kind: "rule", id },
      before: "enabled",
      after: "clipped to 0.45",
    };
  },
  "rule.clearState": async (world) => {
    const by = await world.admin();
    const id = await ruleOf(by, 1);
    const body = { state: "disabled", reason: "too loud" } as const;
    await by.client.call("rule.setState", { params: { id }, body });
    return {
      by,
      input: { params: { id } },
      did: "rule.state_changed",
      object: { kind: "rule", id },
      before: "disabled",
      after: "enabled",
    };
  },
};
