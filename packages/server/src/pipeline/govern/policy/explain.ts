import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { Decision, PolicyExplanation } from "@tyr/contract";
import type { Bundle } from "./bundle.ts";
import { decide, inputOfToday, questionOf, type StoredInput } from "./decide.ts";
import { openEngine, type Engine } from "./engine.ts";
import type { Policy } from "./read-policy.ts";

/** A part of a policy as a permit of its own: whether it permits is whether that part holds. */
type Probe = Readonly<{ id: string; text: string; says: string }>;

/** Parts a long condition is told in. */
const PARTS_MAX = 12;

function textOf(policy: cedar.PolicyJson): string | undefined {
  const answer = cedar.policyToText(policy);
  return answer.type === "failure" ? undefined : answer.text;
}

/** `a && b && c` as `a`, `a && b`, `a && b && c`: each may read what the one before it made sure of. */
function growing(body: cedar.Expr, operator: "&&" | "||"): cedar.Expr[] {
  const { left, right } = (body as Readonly<Record<string, { left?: cedar.Expr; right?: cedar.Expr }>>)[operator] ?? {};
  if (left === undefined || right === undefined) return [body];
  return [...growing(left, operator), body];
}

/** What the last part adds to those before it, as people wrote it. */
function lastPart(body: cedar.Expr, operator: "&&" | "||"): cedar.Expr {
  const parts = (body as Readonly<Record<string, { right?: cedar.Expr }>>)[operator];
  return parts?.right ?? body;
}

function written(body: cedar.Expr): string {
  const open = { principal: { op: "All" }, action: { op: "All" }, resource: { op: "All" } } as const;
  const text = textOf({ effect: "permit", ...open, conditions: [{ kind: "when", body }] }) ?? "";
  const match = /when\s*\{([\s\S]*)\}\s*;\s*$/.exec(text);
  return (match?.[1] ?? "").replace(/\s+/g, " ").trim().slice(0, 300);
}

function probesOf({ id, text }: Policy): readonly Probe[] {
  const answer = cedar.policyToJson(text);
  if (answer.type === "failure") return [];
  const { principal, action, resource, conditions } = answer.json;
  const scope = { effect: "permit" as const, principal, action, resource };
  const clauses = conditions.flatMap(({ kind, body }) => {
    const operator = kind === "when" ? "&&" : "||";
    return growing(body, operator).map((part) => ({
      conditions: [{ kind, body: part }],
      says: `${kind === "when" ? "this does not hold" : "this holds"}: ${written(lastPart(part, operator))}`,
    }));
  });
  const parts = [
    { conditions: [], says: "it is about other actions, targets or requesters" },
    ...clauses.slice(0, PARTS_MAX),
  ];
  return parts.flatMap(({ conditions: own, says }, index) => {
    const probe = textOf({ ...scope, conditions: own });
    return probe === undefined ? [] : [{ id: `${id}#${index}`, text: probe, says }];
  });
}

/** Which probes hold, asked all at once; undefined when they cannot be evaluated. */
function holding(bundle: Bundle, probes: readonly Probe[], input: StoredInput): ReadonlySet<string> | undefined {
  const policies = new Map(
    probes.map(({ id, text }): [string, Policy] => [
      id,
      { id, file: "", effect: "permit", reason: "", text, annotations: {}, gate: undefined },
    ]),
  );
  const engine = openEngine({ ...bundle, digest: `parts of ${bundle.digest}`, policies }, "candidate");
  const today = inputOfToday(input);
  const verdict = engine.ask(questionOf(today, today.asks ?? "execute"));
  return verdict.answer === "error" ? undefined : new Set(verdict.policyIds);
}

function whyNot(policy: Policy, { outcome }: Decision): string {
  if (policy.effect === "permit") return "it permits this, and a forbid outweighs it";
  if (policy.gate !== undefined) return "it asks for approvals, and what decided cannot be approved away";
  return outcome === "allow" ? "it holds for another step" : "it forbids this; others decided before it";
}

type Told = PolicyExplanation["policies"][number];

/** The decision once more, and of each policy why it decided or did not. Takes the slot `candidate`. */
export function explain(
  engine: Engine,
  input: StoredInput,
  now: Date,
): Readonly<{ decision: Decision; policies: readonly Told[] }> {
  const decision = decide(engine, input, now);
  const { bundle } = engine;
  const probes = new Map([...bundle.policies].map(([id, policy]) => [id, probesOf(policy)]));
  const holds = holding(bundle, [...probes.values()].flat(), input);
  const deciding = new Set(decision.reasons.map(({ policyId }) => policyId));
  const why = (policy: Policy): string => {
    if (deciding.has(policy.id)) return policy.effect === "permit" ? "all of it holds: it permits" : "all of it holds";
    const failing = probes.get(policy.id)?.find(({ id }) => holds?.has(id) === false);
    return failing?.says ?? (holds === undefined ? "it could not be evaluated" : whyNot(policy, decision));
  };
  const policies = [...bundle.policies.values()].map((policy) => ({
    policyId: policy.id,
    effect: policy.effect,
    reason: policy.reason,
    text: policy.text,
    decides: deciding.has(policy.id),
    why: why(policy),
  }));
  return { decision, policies };
}
