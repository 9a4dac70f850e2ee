import type { CommandSpec } from "./command-spec.ts";

export const INTEL_COMMANDS: readonly CommandSpec[] = [
  {
    path: "intel status",
    about: "Lists in force, and who is asked about attackers' addresses",
    needs: "detection:read",
    load: async () => (await import("../commands/intel.ts")).status,
  },
  {
    path: "intel show",
    values: "<address>",
    about: "What providers said of an address; asks nobody",
    needs: "detection:read",
    examples: ["tyr intel show 203.0.113.7"],
    load: async () => (await import("../commands/intel.ts")).show,
  },
  {
    path: "intel load",
    values: "<list> <file>",
    about: "Load a list (feodo, threatfox, malwarebazaar, fingerprints) in place of the one before",
    needs: "intel:load",
    examples: ["tyr intel load feodo ipblocklist.json", "tyr intel load malwarebazaar full.csv"],
    load: async () => (await import("../commands/intel.ts")).load,
  },
];
