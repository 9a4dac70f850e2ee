import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { Bundle } from "./bundle.ts";
import { PolicyBundleInvalid } from "./errors.ts";

/** Of one policy under one schema: the actions it can say anything about. */
type Reach = ReadonlySet<string>;
const EVERY: Reach = new Set();

/**
 * Reaches by the text of schema and policy, of the last schemas only: trying many variants of one bundle asks for the same
 * ones again and again, and each asking parses the schema.
 */
const SCHEMAS_KEPT = 2;
const known = new Map<string, Map<string, Reach>>();

function reachesUnder(schema: string): Map<string, Reach> {
  const found = known.get(schema);
  if (found !== undefined) return found;
  const oldest = known.keys().next();
  if (known.size >= SCHEMAS_KEPT && oldest.done === false) known.delete(oldest.value);
  const made = new Map<string, Reach>();
  known.set(schema, made);
  return made;
}

/** A name as Cedar writes entities: `Action::"block_ip.execute"`. */
const ACTION = /^Action::"([^"\\]+)"$/;

function readReach(schema: string, text: string): Reach {
  const answer = cedar.getValidRequestEnvsPolicy(text, schema);
  if (answer.type === "failure") throw new PolicyBundleInvalid("policy", answer.error);
  const names = answer.actions.map((written) => ACTION.exec(written)?.[1]);
  // A name that cannot be read here: such a policy is asked about everything.
  return names.includes(undefined) ? EVERY : new Set(names.filter((name) => name !== undefined));
}

function reachOf(schema: string, text: string): Reach {
  const under = reachesUnder(schema);
  const found = under.get(text);
  if (found !== undefined) return found;
  const read = readReach(schema, text);
  if (under.size > 2_000) under.clear();
  under.set(text, read);
  return read;
}

/**
 * The policies that can say anything about an action, by id. Cedar copies the whole set for each question, some 7 µs a
 * policy: what cannot apply is left out beforehand.
 */
export function sliceOf({ schema, policies }: Pick<Bundle, "schema" | "policies">, action: string): cedar.PolicySet {
  const applying = [...policies].filter(([, { text }]) => {
    const reach = reachOf(schema, text);
    return reach === EVERY || reach.has(action);
  });
  return { staticPolicies: Object.fromEntries(applying.map(([id, { text }]) => [id, text])) };
}
