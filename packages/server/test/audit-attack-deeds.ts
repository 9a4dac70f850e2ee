import type { Deeds } from "./audit-deeds.ts";

const uuid = (last: number): string => `00000000-0000-4000-8000-${String(last).padStart(12, "0")}`;
const named = (id: string) => [{ source_name: "mitre-mobile-attack", external_id: id }];

/** The smallest release there can be, of a domain no rule names, so that no other deed notices. */
const BUNDLE = {
  type: "bundle",
  objects: [
    { type: "x-mitre-collection", id: `x-mitre-collection--${uuid(1)}`, x_mitre_version: "19.1" },
    { type: "marking-definition", definition: { statement: "Copyright, an example" } },
    {
      type: "x-mitre-matrix",
      id: `x-mitre-matrix--${uuid(2)}`,
      name: "Mobile ATT&CK",
      external_references: named("mobile-attack"),
      tactic_refs: [`x-mitre-tactic--${uuid(3)}`],
    },
    {
      type: "x-mitre-tactic",
      id: `x-mitre-tactic--${uuid(3)}`,
      name: "Impact",
      x_mitre_shortname: "impact",
      external_references: named("TA0034"),
    },
    {
      type: "attack-pattern",
      id: `attack-pattern--${uuid(4)}`,
      name: "Generate Traffic",
      created: "2020-01-01T00:00:00.000Z",
      modified: "2020-01-01T00:00:00.000Z",
      external_references: named("T1643"),
      kill_chain_phases: [{ kill_chain_name: "mitre-mobile-attack", phase_name: "impact" }],
    },
  ],
};

export const attackDeeds: Deeds = {
  "attack.load": async (world) => ({
    by: await world.person("security_manager"),
    input: { query: {}, body: Buffer.from(JSON.stringify(BUNDLE)) },
    did: "attack.loaded",
    object: { kind: "attack-release", id: "mobile-attack" },
    before: null,
    after: "19.1",
  }),
  "attack.unload": async (world) => {
    const by = await world.person("security_manager");
    await by.client.call("attack.load", { query: {}, body: Buffer.from(JSON.stringify(BUNDLE)) });
    return {
      by,
      input: { params: { domain: "mobile-attack" }, query: {} },
      did: "attack.unloaded",
      object: { kind: "attack-release", id: "mobile-attack" },
      before: "19.1",
      after: null,
    };
  },
};
