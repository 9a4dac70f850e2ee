import { PASSPHRASE_FILE } from "../signing/passphrase.ts";
import { LIST_OPTIONS, REASON, YES, type CommandSpec } from "./command-spec.ts";

export const DELEGATION_COMMANDS: readonly CommandSpec[] = [
  {
    path: "delegation list",
    about: "Who approves in whose place now",
    needs: "action:read",
    options: [
      { flags: "--all", about: "those that ended, or do not hold, too" },
      { flags: "--mine", about: "only those from or to you" },
      ...LIST_OPTIONS,
    ],
    load: async () => (await import("../commands/delegation.ts")).list,
  },
  {
    path: "delegation create",
    values: "<account>",
    about: "Hand your approving to somebody else for 30 days at most, signed with a key of yours",
    needs: "action:approve",
    options: [{ flags: "--for <duration>", about: "how long, e.g. 7d" }, REASON, YES, PASSPHRASE_FILE],
    examples: ['tyr delegation create ana --for 7d --reason "on leave"'],
    load: async () => (await import("../commands/delegation.ts")).create,
  },
  {
    path: "delegation end",
    values: "<delegation>",
    about: "End a delegation; what was approved under it and has not run counts no more",
    needs: "action:read",
    options: [{ flags: "--reason <text>", about: "why, for the audit log" }],
    load: async () => (await import("../commands/delegation.ts")).end,
  },
];
