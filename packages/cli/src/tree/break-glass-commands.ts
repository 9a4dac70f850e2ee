import type { BREAK_GLASS_VERDICTS } from "@tyr/contract";
import { PASSPHRASE_FILE } from "../signing/passphrase.ts";
import { LIST_OPTIONS, REASON, YES, type CommandSpec } from "./command-spec.ts";

/** As the contract has them: loading it takes longer than showing help. */
const VERDICTS: typeof BREAK_GLASS_VERDICTS = ["justified", "not_justified"];

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
    options: [{ flags: "--verdict <verdict>", about: "what you found", choices: VERDICTS }, REASON],
    load: async () => (await import("../commands/break-glass.ts")).review,
  },
  {
    path: "single-person show",
    about: "Whether one's own approval counts, later, where nobody else can approve",
    needs: "overview:read",
    load: async () => (await import("../commands/single-person.ts")).show,
  },
  {
    path: "single-person on",
    about: "Let one's own approval count after a delay, for gates that ask for one person",
    needs: "single_person:write",
    options: [REASON, { flags: "--delay <duration>", about: "from 10m to 2h (default 30m)" }, YES],
    load: async () => (await import("../commands/single-person.ts")).turnOn,
  },
  {
    path: "single-person off",
    about: "Let nobody's own approval count any more",
    needs: "single_person:write",
    options: [REASON],
    load: async () => (await import("../commands/single-person.ts")).turnOff,
  },
];
