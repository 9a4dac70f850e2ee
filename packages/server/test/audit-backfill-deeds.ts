import type { Deeds } from "./audit-deeds.ts";

/** Of a rule in force over a time without events: the entries of batches that found something are tried with the stage. */
export const backfillDeeds: Deeds = {
  "backfill.create": async (world) => {
    const by = await world.person("security_manager");
    const { rules } = await by.client.call("rule.list", {});
    // Rules that only feed correlations are none of their own and weigh little.
    const rule = rules.find(({ kind, level }) => kind === "detection" && level === "high");
    if (rule === undefined) throw new Error("no rule is in force");
    const period = { from: "2001-01-01T00:00:00Z", to: "2001-01-02T00:00:00Z" };
    return {
      by,
      input: { body: { ...period, ruleId: rule.id, reason: "a new rule" } },
      did: "rule.backfill_started",
      object: { kind: "rule", id: rule.id },
      before: null,
      after: "running",
    };
  },
};
