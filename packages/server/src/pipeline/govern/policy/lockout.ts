import type { PolicyProblem } from "@tyr/contract";
import { decide, type DecisionInput } from "./decide.ts";
import type { Engine } from "./engine.ts";
import { askToReplace } from "./samples.ts";

/** Everybody there could be approves. */
const ALL = { total: 99, approver: 99, security_manager: 99 };

/**
 * A bundle under which people could not replace it, however many of them agree, would be in force for ever: the rows of the
 * database would have to be changed by hand. In normal mode, which every mode can be left for.
 */
export function lockedOut(engine: Engine): PolicyProblem[] {
  const sample = askToReplace();
  const input: DecisionInput = { ...sample, context: { ...sample.context, approvals: ALL } };
  const { outcome, reasons } = decide(engine, input, new Date(0));
  if (outcome === "allow") return [];
  const why = reasons.map(({ policyId, text }) => `${policyId} (${text})`).join("; ");
  return [{ kind: "lockout", where: "update_policy", message: `nobody could replace these policies again: ${why}` }];
}
