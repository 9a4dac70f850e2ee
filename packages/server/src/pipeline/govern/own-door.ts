import { refuse, type ActionType, type Refused } from "@tyr/contract";

/** What is asked for where its checks are: asked for, aimed elsewhere or repeated as a mere action, it would pass them by. */
const OWN_DOORS: Readonly<Partial<Record<ActionType, string>>> = {
  update_policy:
    "a bundle is asked for by publishing it or rolling back to it: tyr policy publish, tyr policy rollback",
};

/** Refusal `VALIDATION_FAILED` where an action of this type begins at another door. */
export function refusedHere(type: ActionType, where = "body/type"): Refused | undefined {
  const door = OWN_DOORS[type];
  return door === undefined
    ? undefined
    : refuse("VALIDATION_FAILED", `${where}: ${type} is no action to ask for here: ${door}`);
}
