import { REASON, YES, type CommandSpec } from "./command-spec.ts";

export const SECRET_COMMANDS: readonly CommandSpec[] = [
  {
    path: "secrets status",
    about: "Key-encryption keys, and how many secrets each holds",
    needs: "secret:read",
    load: async () => (await import("../commands/secrets.ts")).status,
  },
  {
    path: "secrets rotate",
    about: "Put another key-encryption key in force; secrets follow in the background",
    needs: "secret:rotate",
    options: [REASON, YES],
    examples: ['tyr secrets rotate --reason "yearly" --yes'],
    load: async () => (await import("../commands/secrets.ts")).rotate,
  },
];
