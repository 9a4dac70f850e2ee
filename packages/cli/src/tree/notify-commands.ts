import { YES, type CommandSpec } from "./command-spec.ts";

export const NOTIFY_COMMANDS: readonly CommandSpec[] = [
  {
    path: "notify status",
    about: "Whether people are told outside of Tyr, and which messages went out or did not",
    needs: "notification:read",
    isDefault: true,
    load: async () => (await import("../commands/notify.ts")).status,
  },
  {
    path: "notify test",
    about: "Send a test message, and wait until it arrived or did not",
    needs: "notification:write",
    examples: ["tyr notify test"],
    load: async () => (await import("../commands/notify.ts")).test,
  },
  {
    path: "notify retry",
    values: "<id>",
    about: "Send a message again that was given up",
    needs: "notification:write",
    options: [YES],
    load: async () => (await import("../commands/notify.ts")).retry,
  },
];
