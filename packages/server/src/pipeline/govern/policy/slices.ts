import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { Bundle } from "./bundle.ts";
import type { SchemaShape } from "./schema-shape.ts";

type Scope = Pick<cedar.PolicyJson, "principal" | "action" | "resource" | "conditions">;
const ANYTHING: Scope = { principal: { op: "All" }, action: { op: "All" }, resource: { op: "All" }, conditions: [] };

/** Scopes by text: trying many variants of one bundle reads the same policies again and again. */
const KEPT_MAX = 2_000;
const known = new Map<string, Scope>();

/** What cannot be read can be about anything: it is never left out. */
function scopeOf(text: string): Scope {
  const found = known.get(text);
  if (found !== undefined) return found;
  const answer = cedar.policyToJson(text);
  const scope = answer.type === "failure" ? ANYTHING : answer.json;
  if (known.size >= KEPT_MAX) known.clear();
  known.set(text, scope);
  return scope;
}

type Entity = Readonly<{ type: string; id: string }>;

function entityOf(written: cedar.EntityUidJson): Entity {
  return "__entity" in written ? written.__entity : written;
}

/** Groups are within a type or beyond it: only `is` and `==` say which type it must be. */
function canBe(constraint: Scope["principal"] | Scope["resource"], types: readonly string[]): boolean {
  if (constraint.op === "is") return types.includes(constraint.entity_type);
  if (constraint.op === "==" && "entity" in constraint) return types.includes(entityOf(constraint.entity).type);
  return true;
}

function meets({ action: constraint }: Scope, names: ReadonlySet<string>, action: string): boolean {
  if (constraint.op === "All") return true;
  if (constraint.op === "==" && "entity" in constraint) return entityOf(constraint.entity).id === action;
  if (constraint.op !== "in") return true;
  const entities = "entities" in constraint ? constraint.entities : [constraint.entity];
  return entities.some((entity) => names.has(entityOf(entity).id));
}

/**
 * The policies that can say anything about an action, by id. Cedar copies the whole set for each question, some 7 µs a
 * policy: what cannot apply, by its scope, is left out beforehand.
 */
export function sliceOf({ policies }: Pick<Bundle, "policies">, shape: SchemaShape, action: string): cedar.PolicySet {
  const { names, principals, resources } = shape.appliesTo(action);
  const applying = [...policies].filter(([, { text }]) => {
    const scope = scopeOf(text);
    return meets(scope, names, action) && canBe(scope.principal, principals) && canBe(scope.resource, resources);
  });
  return { staticPolicies: Object.fromEntries(applying.map(([id, { text }]) => [id, text])) };
}

/** Whether a constraint holds whatever of these types is there. */
function isAny(constraint: Scope["principal"] | Scope["resource"], types: readonly string[]): boolean {
  if (constraint.op === "All") return true;
  return constraint.op === "is" && !("in" in constraint) && types.every((type) => type === constraint.entity_type);
}

/** Whether a policy permits the action of everybody, on everything and in every case, so that only a forbid stops it. */
export function isAlwaysPermitted({ policies }: Pick<Bundle, "policies">, shape: SchemaShape, action: string): boolean {
  const { names, principals, resources } = shape.appliesTo(action);
  return [...policies.values()].some(({ effect, text }) => {
    if (effect !== "permit" || cedar.policyToJson(text).type === "failure") return false;
    const scope = scopeOf(text);
    const isForAll = isAny(scope.principal, principals) && isAny(scope.resource, resources);
    return isForAll && scope.conditions.length === 0 && meets(scope, names, action);
  });
}
