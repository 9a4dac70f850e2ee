import { YES, type CommandSpec, type OptionSpec } from "./command-spec.ts";

const REASON: OptionSpec = { flags: "--reason <text>", about: "why; it is shown wherever this is (required)" };

export const DUTY_COMMANDS: readonly CommandSpec[] = [
  {
    path: "role conflicts",
    about: "Who holds what nobody should hold together, and the exceptions in force; exits 6 while one is open",
    needs: "user:read",
    load: async () => (await import("../commands/duty.ts")).conflicts,
  },
  {
    path: "role pairs",
    about: "Permissions and roles that one person must not hold together, and why",
    needs: "user:read",
    load: async () => (await import("../commands/duty.ts")).pairs,
  },
  {
    path: "role forbid",
    values: "<one> <other>",
    about: "Name two permissions or roles that one person must not hold together",
    needs: "duty:write",
    options: [REASON, { flags: "--control <text>", about: 'which control asks for it, e.g. "PCI DSS 7.2.4"' }],
    examples: ['tyr role forbid executor incident:write --reason "whoever runs it does not close it"'],
    load: async () => (await import("../commands/duty.ts")).forbid,
  },
  {
    path: "role permit",
    values: "<pair>",
    about: "Take an own pair away, with its exceptions",
    needs: "duty:write",
    options: [YES],
    load: async () => (await import("../commands/duty.ts")).permit,
  },
  {
    path: "role except",
    values: "<user> <pair>",
    about: "Let somebody else hold both sides of a pair for some days",
    needs: "duty:write",
    options: [REASON, { flags: "--days <n>", about: "for so many days, at most 366 (required)" }],
    examples: ['tyr role except freya request-approve --days 30 --reason "there are two of us"'],
    load: async () => (await import("../commands/duty.ts")).except,
  },
  {
    path: "role end-exception",
    values: "<exception>",
    about: "End an exception; what is held stays, and is an open conflict",
    needs: "duty:write",
    load: async () => (await import("../commands/duty.ts")).endException,
  },
];
