import { BREAK_GLASS_VERDICTS } from "@tyr/contract";
import { PASSPHRASE_FILE } from "../signing/passphrase.ts";
import { LIST_OPTIONS, REASON, YES, type CommandSpec } from "./command-spec.ts";

export const BREAK_GLASS_COMMANDS: readonly CommandSpec[] = [
  {
    path: "action break-glass",
    values: "<action>",
    about: "Let an action run at once without approvals, for an hour at most; a review is owed",
    needs: "action:break_glass",
    options: [REASON, YES, PASSPHRASE_FILE],
    load: async () => (await import("../commands/break-glass.ts")).breakGlass,
  },
  {
    path: "break-glass list",
    about: "Every use of break-glass with its review, newest first",
    needs: "action:read",
    options: [{ flags: "--owed", about: "only those without a review" }, ...LIST_OPTIONS],
    load: async () => (await import("../commands/break-glass.ts")).list,
  },
  {
    path: "break-glass review",
    values: "<use>",
    about: "Say whether somebody else's use of break-glass was justified",
    needs: "action:approve",
    options: [{ flags: "--verdict <verdict>", about: "what you found", choices: [...BREAK_GLASS_VERDICTS] }, REASON],
    load: async () => (await import("../commands/break-glass.ts")).review,
  },
];
