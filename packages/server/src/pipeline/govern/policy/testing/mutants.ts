import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { Bundle } from "../bundle.ts";
import { runCase, type PolicyCase } from "../cases.ts";
import { openEngine } from "../engine.ts";
import { PolicyBundleInvalid } from "../errors.ts";
import { unfitGates } from "../gates.ts";
import { readPolicies, type Policy } from "../read-policy.ts";

/** A policy with one thing about it changed; `undefined` text: it is gone. */
export type Mutant = Readonly<{ policyId: string; what: string; text: string | undefined }>;

type Node = Readonly<Record<string, unknown>>;
type Variant = Readonly<{ what: string; node: unknown }>;

const FLIPPED: Readonly<Record<string, readonly string[]>> = {
  "&&": ["||"],
  "||": ["&&"],
  "==": ["!="],
  "!=": ["=="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
};

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);

function ofOperands(operator: string, operands: Node): Variant[] {
  return ["left", "right", "arg"].flatMap((side) => {
    if (operands[side] === undefined) return [];
    return expressionVariants(operands[side]).map(({ what, node }) => ({
      what,
      node: { [operator]: { ...operands, [side]: node } },
    }));
  });
}

function ofOperator(operator: string, operands: Node): Variant[] {
  const flipped = (FLIPPED[operator] ?? []).map((other) => ({
    what: `${operator} as ${other}`,
    node: { [other]: operands },
  }));
  const isLogic = operator === "&&" || operator === "||";
  const sides = isLogic
    ? ["left", "right"].map((side) => ({ what: `only the ${side} of ${operator}`, node: operands[side] }))
    : [];
  const negated = isLogic
    ? ["left", "right"].map((side) => ({
        what: `the ${side} of ${operator} negated`,
        node: { [operator]: { ...operands, [side]: { "!": { arg: operands[side] } } } },
      }))
    : [];
  const bare = operator === "!" ? [{ what: "without !", node: operands["arg"] }] : [];
  return [...flipped, ...sides, ...negated, ...bare, ...ofOperands(operator, operands)];
}

/** An expression with one thing about it changed, wherever in it. */
function expressionVariants(node: unknown): Variant[] {
  if (!isNode(node)) return [];
  const [[operator, operands] = []] = Object.entries(node);
  if (operator === undefined) return [];
  if (operator === "Value" && typeof operands === "number")
    return [1, -1].map((step) => ({ what: `${operands} as ${operands + step}`, node: { Value: operands + step } }));
  return isNode(operands) ? ofOperator(operator, operands) : [];
}

type Json = cedar.PolicyJson;
type Changed = Readonly<{ what: string; json: Json }>;

function conditionChanges(json: Json): Changed[] {
  return json.conditions.flatMap((clause, index): Changed[] => {
    const withClause = (what: string, put: readonly Json["conditions"][number][]): Changed => ({
      what: `${clause.kind}: ${what}`,
      json: { ...json, conditions: json.conditions.toSpliced(index, 1, ...put) },
    });
    const other = clause.kind === "when" ? "unless" : "when";
    return [
      withClause("left out", []),
      withClause(`as ${other}`, [{ ...clause, kind: other }]),
      ...expressionVariants(clause.body).map(({ what, node }) =>
        withClause(what, [{ ...clause, body: node as cedar.Expr }]),
      ),
    ];
  });
}

const GROUPS = ["dry_run", "request", "execute"] as const;
const actionNamed = (id: string) => ({ type: "Action", id });

function actionChanges(json: Json): Changed[] {
  const { action } = json;
  const put = (what: string, changed: Json["action"]): Changed => ({
    what: `action: ${what}`,
    json: { ...json, action: changed },
  });
  if (action.op === "All") return GROUPS.map((group) => put(`only ${group}`, { op: "in", entity: actionNamed(group) }));
  if (action.op !== "in") return [];
  if ("entities" in action)
    return action.entities.map((_, index) =>
      put(`without the one at ${index}`, { op: "in", entities: action.entities.toSpliced(index, 1) }),
    );
  const { entity } = action;
  const id = "__entity" in entity ? entity.__entity.id : entity.id;
  return GROUPS.filter((group) => group !== id).map((group) =>
    put(`${group} instead`, { op: "in", entity: actionNamed(group) }),
  );
}

/**
 * Wider only: that nothing is laxer for programs than for people holds of all policies together, and is tested so. Of those
 * that shut programs out the rules about the same things say nothing different for them.
 */
function principalChanges(json: Json): Changed[] {
  return json.principal.op === "is"
    ? [{ what: "principal: anybody", json: { ...json, principal: { op: "All" } } }]
    : [];
}

function annotationChanges(json: Json): Changed[] {
  const { approvals, approver_roles: roles } = json.annotations ?? {};
  if (typeof approvals !== "string" || typeof roles !== "string") return [];
  const put = (what: string, more: Json["annotations"]): Changed => ({
    what: `annotation: ${what}`,
    json: { ...json, annotations: { ...json.annotations, ...more } },
  });
  const { approvals: _, approver_roles: __, ...none } = json.annotations ?? {};
  const others = roles === "security_manager" ? "approver,security_manager" : roles.split(",")[0];
  return [
    put("one approval more", { approvals: String(Number(approvals) + 1) }),
    put("one approval fewer", { approvals: String(Number(approvals) - 1) }),
    put("other roles", { approver_roles: others ?? "" }),
    { what: "annotation: no gate", json: { ...json, annotations: none } },
  ];
}

function changesOf(policy: Policy): Changed[] {
  const answer = cedar.policyToJson(policy.text);
  if (answer.type === "failure") throw new TypeError(`${policy.id} was parsed before`);
  const { json } = answer;
  const turned: Changed = { what: "turned", json: { ...json, effect: json.effect === "permit" ? "forbid" : "permit" } };
  return [
    turned,
    ...conditionChanges(json),
    ...actionChanges(json),
    ...principalChanges(json),
    ...annotationChanges(json),
  ];
}

/** What a policy can be asked about: a change of its scope that leaves this as it is is none. */
function reach(schema: string, text: string): string {
  const answer = cedar.getValidRequestEnvsPolicy(text, schema);
  if (answer.type === "failure") return "";
  return [answer.principals, answer.actions, answer.resources].map((names) => names.toSorted().join()).join(" ");
}

/** Every policy gone, turned, and with each part of its scope, conditions and annotations changed. */
export function mutantsOf(bundle: Bundle): Mutant[] {
  return [...bundle.policies.values()].flatMap((policy): Mutant[] => [
    { policyId: policy.id, what: "gone", text: undefined },
    ...changesOf(policy).flatMap(({ what, json }): Mutant[] => {
      const written = cedar.policyToText(json);
      if (written.type === "failure") return [];
      const { text } = written;
      const isScope = what.startsWith("principal") && reach(bundle.schema, text) === reach(bundle.schema, policy.text);
      return isScope ? [] : [{ policyId: policy.id, what, text }];
    }),
  ]);
}

function mutated(bundle: Bundle, { policyId, what, text }: Mutant): Bundle {
  const policies = new Map(bundle.policies);
  if (text === undefined) policies.delete(policyId);
  else for (const policy of readPolicies(policyId, text)) policies.set(policyId, policy);
  return { ...bundle, digest: `${policyId}: ${what}`, policies };
}

function isValid({ schema }: Bundle, { policyId, text }: Mutant): boolean {
  if (text === undefined) return true;
  const answer = cedar.validate({ schema, policies: { staticPolicies: { [policyId]: text } } });
  if (answer.type === "failure") return false;
  return answer.validationErrors.length + answer.validationWarnings.length === 0;
}

/** Whether a check notices: the bundle does not load, an example is decided otherwise, or a gate does not fit any more. */
export function isNoticed(bundle: Bundle, mutant: Mutant, cases: readonly PolicyCase[]): boolean {
  if (!isValid(bundle, mutant)) return true;
  try {
    const engine = openEngine(mutated(bundle, mutant), "candidate");
    // Those it decides are the likeliest to differ.
    const likely = cases.toSorted(
      (a, b) => Number(b.by.includes(mutant.policyId)) - Number(a.by.includes(mutant.policyId)),
    );
    if (likely.some((one) => !runCase(engine, one).passed)) return true;
    return unfitGates(engine, cases).some(({ where }) => where === mutant.policyId);
  } catch (error) {
    if (error instanceof PolicyBundleInvalid) return true;
    throw error;
  }
}
