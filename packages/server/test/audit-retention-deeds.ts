import type { Deeds } from "./audit-deeds.ts";

/** A run with nothing to remove leaves its report, and one entry about it; what removals leave is tried with the stores. */
export const retentionDeeds: Deeds = {
  "retention.run": async (world) => ({
    by: await world.person("compliance_officer"),
    input: { body: { reason: "quarterly" } },
    did: "retention.ran",
    object: { kind: "retention-run", id: "*" },
    before: null,
    after: "ended",
  }),
};
