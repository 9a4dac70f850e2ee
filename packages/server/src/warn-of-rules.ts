import { visibleText, type RulePack } from "#detect";
import type { Logger } from "#platform/log";
import type { Terminal } from "./terminal.ts";

export type RuleWarnings = Readonly<{ log: Logger; terminal: Terminal; rulesDir: string; rules: RulePack }>;

/** One line of the log each; beyond this a folder is not one of rules. */
const REJECTED_LOGGED_MAX = 50;
const SHOWN_CHARS_MAX = 300;

/** What whoever starts Tyr must be told of the rules it starts with. */
export function warnOfRules(about: RuleWarnings): void {
  warnOfNoRules(about);
  warnOfRejected(about);
  warnOfPipelines(about);
}

/** A rule folder without a rule in it starts, since rules may come later; but nobody shall think it watches. */
function warnOfNoRules({ rulesDir, log, rules, terminal }: RuleWarnings): void {
  if (rules.rules.size > 0) return;
  const rejected = rules.rejected.length === 0 ? "" : ` (${rules.rejected.length} rejected: see tyr rule validate)`;
  terminal.say(`WARNING: no rule is in force, so nothing will be detected: ${rulesDir} holds none${rejected}.`);
  log.warn({ rulesDir, rejected: rules.rejected.length }, "no rule is in force: nothing is detected");
}

/** A bad rule, or a file nobody may read, never stops the others; but whoever starts Tyr is told that it finds nothing. */
function warnOfRejected({ log, rules: { rejected }, terminal }: RuleWarnings): void {
  const [first] = rejected;
  if (first === undefined) return;
  const { path, line, column, message } = first;
  const where = visibleText(`${path}:${line}:${column}: ${message}`, SHOWN_CHARS_MAX);
  const more = rejected.length === 1 ? "" : `, and ${rejected.length - 1} more (see tyr rule list)`;
  terminal.say(`WARNING: a rule was rejected and finds nothing: ${where}${more}.`);
  for (const one of rejected.slice(0, REJECTED_LOGGED_MAX)) log.warn(one, "a rule was rejected: it finds nothing");
}

/** What somebody wrote into a pipeline and nothing came of. */
function warnOfPipelines({ log, rules }: RuleWarnings): void {
  for (const { path, warnings } of rules.pipelines.inForce)
    for (const warning of warnings) log.warn({ path, warning }, "part of a pipeline is ignored");
}
