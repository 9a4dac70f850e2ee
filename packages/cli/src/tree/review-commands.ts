import { YES, type CommandSpec } from "./command-spec.ts";

export const REVIEW_COMMANDS: readonly CommandSpec[] = [
  {
    path: "access-review list",
    about: "Access reviews, newest first, with their progress",
    needs: "review:read",
    load: async () => (await import("../commands/review.ts")).list,
  },
  {
    path: "access-review create",
    values: "<name>",
    about: "Begin an access review: who holds what now is written down for its reviewers",
    needs: "review:write",
    options: [
      { flags: "--scope <scope>", about: "what it is about (default people)", choices: ["people", "role", "programs"] },
      { flags: "--role <role>", about: "only the holders of this role" },
      { flags: "--reviewer <user>", about: "who decides; may be repeated (required)", repeat: true },
      { flags: "--due-days <n>", about: "days until it is due (default 14)" },
      { flags: "--every-days <n>", about: "say when the next one is due" },
      {
        flags: "--undecided <rule>",
        about: "what closing does after the due date to what nobody decided (default leave)",
        choices: ["leave", "revoke"],
      },
    ],
    examples: ["tyr access-review create 'Q4 approvers' --role approver --reviewer freya --every-days 90"],
    load: async () => (await import("../commands/review.ts")).create,
  },
  {
    path: "access-review show",
    values: "<review>",
    about: "Every item: what is held, when it was last used, what was decided",
    needs: "review:read",
    load: async () => (await import("../commands/review.ts")).show,
  },
  {
    path: "access-review decide",
    values: "<review> [item...]",
    about: "Decide about items, named by id or name, as they are shown now",
    needs: "review:decide",
    options: [
      { flags: "--decision <decision>", about: "what (required)", choices: ["keep", "revoke", "change"] },
      { flags: "--role <role>", about: "of change: a role that stays; may be repeated", repeat: true },
      { flags: "--reason <text>", about: "why (required)" },
      { flags: "--all", about: "every item that is not decided yet, and not your own" },
    ],
    load: async () => (await import("../commands/review.ts")).decide,
  },
  {
    path: "access-review close",
    values: "<review>",
    about: "Close an access review: what was revoked ends now, all of it or nothing",
    needs: "review:write",
    options: [YES],
    load: async () => (await import("../commands/review.ts")).close,
  },
  {
    path: "access-review report",
    values: "<review>",
    about: "The evidence, with the places in the audit log; -o csv for spreadsheets",
    needs: "review:read",
    load: async () => (await import("../commands/review.ts")).report,
  },
];
