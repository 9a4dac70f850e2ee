import { LIST_OPTIONS, REASON, type CommandSpec } from "./command-spec.ts";

export const ACTOR_COMMANDS: readonly CommandSpec[] = [
  {
    path: "attacker list",
    about: "Source addresses, last seen first",
    needs: "actor:read",
    options: [
      {
        flags: "--sort <order>",
        about: "what comes first (default last_seen)",
        choices: ["last_seen", "risk", "events"],
      },
      { flags: "--ip <prefix>", about: "of this address or prefix" },
      { flags: "--service <name>", about: "that used this service, e.g. ssh" },
      { flags: "--identity <id>", about: "of this identity" },
      { flags: "--campaign <id>", about: "of this campaign" },
      { flags: "--min-risk <points>", about: "with at least this risk, 0 to 100" },
      ...LIST_OPTIONS,
    ],
    examples: ["tyr attacker list --sort risk --min-risk 70"],
    load: async () => (await import("../commands/attacker.ts")).list,
  },
  {
    path: "attacker show",
    values: "<attacker>",
    about: "One source address, by its id or the address itself: risk, traces, phases, sessions",
    needs: "actor:read",
    examples: ["tyr attacker show 203.0.113.7"],
    load: async () => (await import("../commands/attacker.ts")).show,
  },
  {
    path: "identity show",
    values: "<identity>",
    about: "The addresses of an identity, and why they are one",
    needs: "actor:read",
    load: async () => (await import("../commands/identity.ts")).show,
  },
  {
    path: "identity merge",
    values: "<identity> <other>",
    about: "Say that two identities are the same hands",
    needs: "actor:write",
    options: [REASON],
    load: async () => (await import("../commands/identity.ts")).merge,
  },
  {
    path: "identity unmerge",
    values: "<identity>",
    about: "Take a merged identity out again, for good",
    needs: "actor:write",
    options: [REASON],
    examples: ["tyr identity unmerge idn_… --reason 'another tool, another time of day'"],
    load: async () => (await import("../commands/identity.ts")).unmerge,
  },
];
