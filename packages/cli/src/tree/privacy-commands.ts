import { REASON, type CommandSpec } from "./command-spec.ts";

export const PRIVACY_COMMANDS: readonly CommandSpec[] = [
  {
    path: "privacy disclose",
    values: "<entry...>",
    about: "What opens the personal values of audit entries, as JSON, to go with an export",
    needs: "personal:read",
    options: [REASON],
    examples: ['tyr privacy disclose aud_… --reason "court order 12/26" > disclosed.json'],
    load: async () => (await import("../commands/privacy.ts")).disclose,
  },
  {
    path: "privacy check",
    values: "<file> <export>",
    about: "Check disclosed values against an export of the log, without a server",
    needs: "offline",
    examples: ["tyr privacy check disclosed.json export-2026"],
    options: [{ flags: "--vkey <key>", about: "the log's verifier key, or a file with it" }],
    load: async () => (await import("../commands/privacy.ts")).check,
  },
];
