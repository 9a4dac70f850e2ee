import type { CommandSpec } from "./command-spec.ts";
import { PASSPHRASE_FILE } from "../signing/passphrase.ts";

export const APPROVAL_KEY_COMMANDS: readonly CommandSpec[] = [
  {
    path: "approval-key create",
    values: "<name>",
    about: "Make a key on this machine that signs your decisions, and register its public half",
    needs: "session:own",
    options: [
      { flags: "--days <n>", about: "so long it counts (default and most: 365)" },
      { flags: "--no-passphrase", about: "keep it unsealed: whoever reads the file signs as you" },
      PASSPHRASE_FILE,
    ],
    examples: ["tyr approval-key create laptop"],
    load: async () => (await import("../commands/approval-key.ts")).create,
  },
  {
    path: "approval-key list",
    about: "Your keys that sign decisions, and which of them are on this machine",
    needs: "session:own",
    load: async () => (await import("../commands/approval-key.ts")).list,
  },
  {
    path: "approval-key revoke",
    values: "<key>",
    about: "End a key; what it approved and has not run counts no more",
    needs: "session:own",
    load: async () => (await import("../commands/approval-key.ts")).revoke,
  },
];
