import { ACTION_TYPES, type Decision, type Environment, type ModeName, type Requirement } from "@tyr/contract";
import { resourceOf, type Asked } from "./asked.ts";
import type { Engine, Question, Verdict } from "./engine.ts";

/** Distinct people whose approval covers exactly what would run. */
export type ApprovalCounts = Readonly<{ total: number; approver: number; security_manager: number }>;

/** Everything a decision depends on. Stored with it, so that the same question can be asked of another bundle. */
export type DecisionInput = Asked &
  Readonly<{
    /** Asked under the name of its own, `<type>.break_glass`: then the answer is allow or deny, and gates say nothing. */
    asks?: "break_glass";
    principal: Readonly<{ kind: "person" | "automation"; id: string }>;
    context: Readonly<{
      mode: ModeName;
      environment: Environment;
      approvals: ApprovalCounts;
      /** The one approval that counts is the requester's own. Left out in decisions from before that was possible. */
      selfApproved?: boolean;
      ttlSeconds: number | null;
      risk: number | null;
      successfulLogins: number | null;
    }>;
  }>;

export const NO_APPROVALS: ApprovalCounts = { total: 0, approver: 0, security_manager: 0 };

/** What only some types of action ask about. An end that is missing where there must be one is an error, and that a deny. */
function ownContext({ type, context }: DecisionInput): Question["context"] {
  const { ttlSeconds, successfulLogins } = context;
  if (type === "set_mode") return ttlSeconds === null ? {} : { ttlSeconds };
  return { ttlSeconds, ...(successfulLogins === null ? {} : { successfulLogins }) };
}

function questionOf(input: DecisionInput, step: "dry_run" | "request" | "execute" | "break_glass"): Question {
  const { principal, type, context } = input;
  const { total, approver, security_manager } = context.approvals;
  const { attributes, ...resource } = resourceOf(input);
  return {
    principal: { type: principal.kind === "person" ? "Person" : "Automation", id: principal.id },
    action: `${type}.${step}`,
    resource,
    resourceAttributes: attributes,
    context: {
      mode: { __entity: { type: "Mode", id: context.mode } },
      environment: { __entity: { type: "Environment", id: context.environment } },
      approvals: { total, approver, security_manager },
      selfApproved: context.selfApproved ?? false,
      ...(context.risk === null ? {} : { risk: context.risk }),
      ...ownContext(input),
    },
  };
}

type Outcome = Decision["outcome"];

/**
 * The four-valued decision, from at most three questions to Cedar (execute, request, dry run). Deny by default;
 * any error is a deny; one forbid that approvals cannot lift makes the whole action not approvable.
 */
export function decide(engine: Engine, input: DecisionInput, now: Date): Decision {
  const { policies, digest } = engine.bundle;
  const answer = (outcome: Outcome, reasons: Decision["reasons"], requirements: Requirement[] = []): Decision => ({
    outcome,
    reasons,
    requirements,
    bundleDigest: digest,
    at: now.toISOString(),
  });
  const named = (verdict: Verdict): Decision["reasons"] => {
    if (verdict.answer === "error")
      return [{ policyId: "policy-error", effect: "forbid", text: `policy error: ${verdict.why}` }];
    if (verdict.policyIds.length === 0)
      return [{ policyId: "default-deny", effect: "forbid", text: "no policy permits this" }];
    return verdict.policyIds.map((policyId) => {
      const { effect = "forbid", reason = "unknown policy" } = policies.get(policyId) ?? {};
      return { policyId, effect, text: reason };
    });
  };
  if (!ACTION_TYPES.includes(input.type))
    return answer("deny", [{ policyId: "default-deny", effect: "forbid", text: "unknown action" }]);

  if (input.asks === "break_glass") {
    const verdict = engine.ask(questionOf(input, "break_glass"));
    return answer(verdict.answer === "allow" ? "allow" : "deny", named(verdict));
  }
  const execute = engine.ask(questionOf(input, "execute"));
  if (execute.answer !== "deny") return answer(execute.answer === "allow" ? "allow" : "deny", named(execute));

  const liftable = liftableGates(engine, execute.policyIds);
  const request = engine.ask(questionOf(input, "request"));
  if (request.answer === "error") return answer("deny", named(request));
  if (liftable !== undefined && request.answer === "allow") return answer("require_approval", named(execute), liftable);

  const dryRun = engine.ask(questionOf(input, "dry_run"));
  if (dryRun.answer === "error") return answer("deny", named(dryRun));
  const refusing = request.answer === "deny" ? [...execute.policyIds, ...request.policyIds] : execute.policyIds;
  // What approvals would lift did not decide this.
  const final = refusing.filter((id) => policies.get(id)?.gate === undefined);
  const policyIds = [...new Set(final.length > 0 ? final : refusing)].toSorted();
  const reasons = named({ answer: "deny", policyIds });
  return answer(dryRun.answer === "allow" ? "dry_run_only" : "deny", reasons);
}

/** What all these forbids ask for together, or undefined when one of them cannot be lifted (or none decided). */
function liftableGates(engine: Engine, policyIds: readonly string[]): Requirement[] | undefined {
  const requirements = policyIds.flatMap((policyId) => {
    const gate = engine.bundle.policies.get(policyId)?.gate;
    return gate === undefined ? [] : [{ policyId, approvals: gate.approvals, roles: [...gate.roles] }];
  });
  return policyIds.length > 0 && requirements.length === policyIds.length ? requirements : undefined;
}
