import { REASON, type CommandSpec } from "./command-spec.ts";

const SOME_DIGEST = "3f".repeat(32);

/** Policies, from a folder of text to the bundle in force. */
export const POLICY_COMMANDS: readonly CommandSpec[] = [
  {
    path: "policy show",
    values: "[policy]",
    about: "The policies in force, or the text of one",
    needs: "policy:read",
    examples: ["tyr policy show", "tyr policy show production-needs-approval"],
    load: async () => (await import("../commands/policy.ts")).show,
  },
  {
    path: "policy versions",
    about: "Bundles that were ever stored, and when each came into force",
    needs: "policy:read",
    load: async () => (await import("../commands/policy.ts")).versions,
  },
  {
    path: "policy validate",
    values: "[folder]",
    about: "Check a folder of policies as a publication would (default: policies/), without the server",
    needs: "offline",
    examples: ["tyr policy validate", "tyr policy validate ours --json"],
    load: async () => (await import("../commands/policy-check.ts")).validate,
  },
  {
    path: "policy test",
    values: "[folder]",
    about: "Run the examples in tests/*.yml of a folder of policies, without the server",
    needs: "offline",
    options: [{ flags: "--all", about: "show examples that get their decision too" }],
    load: async () => (await import("../commands/policy-check.ts")).test,
  },
  {
    path: "policy diff",
    values: "[folder-or-digest]",
    about: "What differs from the bundle in force, policy by policy, and whether it loosens anything",
    needs: "policy:write",
    options: [
      { flags: "--from <folder-or-digest>", about: "compare with this instead of what is in force" },
      { flags: "--text", about: "show the text of what differs" },
    ],
    load: async () => (await import("../commands/policy.ts")).diff,
  },
  {
    path: "policy backtest",
    values: "[folder-or-digest]",
    about: "Ask a bundle about what was decided before; nothing is stored",
    needs: "policy:write",
    options: [
      { flags: "--days <n>", about: "decisions of so many days (default 30)" },
      { flags: "--cancel <id>", about: "end a backtest instead" },
    ],
    examples: ["tyr policy backtest ours --days 90"],
    load: async () => (await import("../commands/policy-backtest.ts")).backtest,
  },
  {
    path: "policy publish",
    values: "[folder]",
    about: "Store a folder of policies whose checks are green, and ask for it to come into force",
    needs: "policy:write",
    options: [REASON],
    examples: ['tyr policy publish ours --reason "resolvers are never blocked"'],
    load: async () => (await import("../commands/policy.ts")).publish,
  },
  {
    path: "policy rollback",
    values: "<digest>",
    about: "Ask for a bundle that was in force before to come into force again",
    needs: "policy:write",
    options: [REASON],
    examples: [`tyr policy rollback ${SOME_DIGEST} --reason "too strict at night"`],
    load: async () => (await import("../commands/policy.ts")).rollback,
  },
  {
    path: "policy explain",
    values: "<action-or-decision>",
    about: "Why an action was decided as it was, policy by policy",
    needs: "policy:read",
    options: [
      { flags: "--under <digest>", about: "under another bundle than the one that decided" },
      { flags: "--all", about: "also policies about other things" },
    ],
    load: async () => (await import("../commands/policy.ts")).explain,
  },
];
