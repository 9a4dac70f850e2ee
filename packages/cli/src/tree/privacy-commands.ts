import { REASON, YES, type CommandSpec } from "./command-spec.ts";

export const PRIVACY_COMMANDS: readonly CommandSpec[] = [
  {
    path: "privacy erase",
    values: "<subject>",
    about: "Remove every personal value of a user, or of an address; all proofs still verify",
    needs: "privacy:erase",
    options: [REASON, YES],
    examples: ['tyr privacy erase usr_… --reason "request 2026-12" --yes', "tyr privacy erase 203.0.113.7 --reason …"],
    load: async () => (await import("../commands/privacy-erase.ts")).erase,
  },
  {
    path: "privacy hold",
    values: "<subject>",
    about: "Place a legal hold: nothing of the subject is erased until it is lifted",
    needs: "privacy:hold",
    options: [REASON],
    load: async () => (await import("../commands/privacy-erase.ts")).hold,
  },
  {
    path: "privacy release",
    values: "<hold>",
    about: "Lift a legal hold",
    needs: "privacy:hold",
    options: [REASON],
    load: async () => (await import("../commands/privacy-erase.ts")).release,
  },
  {
    path: "privacy holds",
    about: "Legal holds in force",
    needs: "privacy:hold",
    load: async () => (await import("../commands/privacy-erase.ts")).holds,
  },
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
