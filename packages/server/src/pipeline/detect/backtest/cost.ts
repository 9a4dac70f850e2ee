import { regexStatesOf } from "@tyr/sigma";
import type { StreamEvent } from "#collect";
import type { RulePack } from "../rule-pack.ts";

/**
 * Regular expressions look at each character with each of their states, at about five nanoseconds: this is a quarter of a
 * second that nothing else runs in. An expression over a long line cannot be broken off once it runs, so it is told before.
 */
const STEPS_MAX = 50_000_000;

type Judged = Pick<StreamEvent, "raw" | "fields" | "ecs">;

/** Whether an event would keep these rules busy for longer than the rest of the server can wait. */
export function createCostCheck({ ruleSet }: Pick<RulePack, "ruleSet">): (event: Judged) => boolean {
  const states = ruleSet.rules.reduce((sum, rule) => sum + regexStatesOf(rule), 0);
  return (event) => states > 0 && states * charactersOf(event) > STEPS_MAX;
}

/** Of all a rule may ask for: each expression is about one field, or about all of them. */
function charactersOf({ raw, fields, ecs }: Judged): number {
  let characters = raw.length;
  const open: unknown[] = [fields, ecs];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === "string") characters += next.length;
    else if (typeof next === "object" && next !== null) {
      open.push(...Object.values(next));
    }
  }
  return characters;
}
