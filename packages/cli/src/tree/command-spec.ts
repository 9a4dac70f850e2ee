import type { Permission } from "@tyr/contract";
import type { Run } from "../context.ts";

export type OptionSpec = Readonly<{
  flags: string;
  about: string;
  choices?: readonly string[];
  /** May be given several times. */
  repeat?: boolean;
}>;

/** One command. The tree is data: help, completion and the README's table are made from it, none is written twice. */
export type CommandSpec = Readonly<{
  /** Words after `tyr`, e.g. `incident list`. */
  path: string;
  /** Positional arguments in commander's notation, e.g. `<id> [file...]`. */
  values?: string;
  about: string;
  /** Permission the server asks for; "public" without signing in; "offline" when no server is needed at all. */
  needs: Permission | "public" | "offline";
  options?: readonly OptionSpec[];
  examples?: readonly string[];
  /** What the group's own name alone does. */
  isDefault?: boolean;
  /** Hands options it does not know to what it starts. */
  passesOptionsOn?: boolean;
  load: () => Promise<Run>;
}>;

export const LIST_OPTIONS: readonly OptionSpec[] = [
  { flags: "--limit <n>", about: "at most so many rows (default 50)" },
  { flags: "--after <cursor>", about: "continue behind this cursor" },
];
export const REASON: OptionSpec = { flags: "--reason <text>", about: "why, for the audit log (required)" };
export const YES: OptionSpec = { flags: "-y, --yes", about: "do not ask" };
