import { ENVIRONMENTS, MODES, type Environment, type ModeName, type PolicyProblem } from "@tyr/contract";
import { decide, type DecisionInput } from "./decide.ts";
import type { Engine } from "./engine.ts";
import { askToCalm, askToReplace } from "./samples.ts";

/** Everybody there could be in a large team but whoever asks: who is missing can be added, as many as that. */
const ALL = { total: 19, approver: 19, security_manager: 19 };

type Place = Readonly<{ environment: Environment; mode: ModeName }>;

/** Why nobody gets this there, whoever agrees; undefined: they can. */
function refusedIn(engine: Engine, sample: DecisionInput, place: Place): string | undefined {
  const input: DecisionInput = { ...sample, context: { ...sample.context, ...place, approvals: ALL } };
  const { outcome, reasons } = decide(engine, input, new Date(0));
  if (outcome === "allow") return undefined;
  return `in ${place.environment}, ${place.mode} mode: ${reasons.map(({ policyId, text }) => `${policyId} (${text})`).join("; ")}`;
}

/** Another mode may rest the policies if it can be left. */
function refusedAt(engine: Engine, place: Place): string | undefined {
  const replaced = refusedIn(engine, askToReplace(), place);
  if (replaced === undefined || place.mode === "normal") return replaced;
  return refusedIn(engine, askToCalm(), place) === undefined ? undefined : replaced;
}

/**
 * A bundle under which people could not replace it, however many of them agree, would be in force for ever: the rows of the
 * database would have to be changed by hand. Asked of every environment and every mode.
 */
export function lockedOut(engine: Engine): PolicyProblem[] {
  const places = ENVIRONMENTS.flatMap((environment) => MODES.map((mode) => ({ environment, mode })));
  const why = places.map((place) => refusedAt(engine, place)).find((one) => one !== undefined);
  if (why === undefined) return [];
  return [{ kind: "lockout", where: "update_policy", message: `nobody could replace these policies again ${why}` }];
}
