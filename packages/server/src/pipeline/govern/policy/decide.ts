import {
  ACTION_TYPES,
  type ActionType,
  type Decision,
  type Environment,
  type ModeName,
  type Requirement,
} from "@tyr/contract";
import { ADDRESS_KINDS, kindsOf, type AddressKind } from "../address-class.ts";
import { overlaps, type Prefix } from "../address.ts";
import type { Engine, Question, Verdict } from "./engine.ts";

/** Distinct people whose approval covers exactly what would run. */
export type ApprovalCounts = Readonly<{ total: number; approver: number; security_manager: number }>;

/** Everything a decision depends on. Stored with it, so that the same question can be asked of another bundle. */
export type DecisionInput = Readonly<{
  principal: Readonly<{ kind: "person" | "automation"; id: string }>;
  type: ActionType;
  target: Readonly<{
    text: string;
    version: 4 | 6;
    prefixLength: number;
    kinds: readonly AddressKind[];
    ownNetwork: boolean;
    /** An address of this host, of an enforcement point, of a signed-in operator. */
    ownHost: boolean;
    enforcementPoint: boolean;
    operator: boolean;
    allowListed: boolean;
  }>;
  context: Readonly<{
    mode: ModeName;
    environment: Environment;
    approvals: ApprovalCounts;
    ttlSeconds: number;
    risk: number | null;
    successfulLogins: number | null;
  }>;
}>;

export const NO_APPROVALS: ApprovalCounts = { total: 0, approver: 0, security_manager: 0 };

/** What a target may overlap; left out: none of that kind. */
type Guarded = Readonly<Partial<Record<"own" | "host" | "enforcers" | "operators" | "allowed", readonly Prefix[]>>>;

/** What policies may know about a target. Overlap counts in both directions: a wider target is seen too. */
export function describeTarget(target: Prefix, guarded: Guarded): DecisionInput["target"] {
  const touches = (among: readonly Prefix[] = []): boolean => among.some((one) => overlaps(one, target));
  return {
    text: target.text,
    version: target.version,
    prefixLength: target.length,
    kinds: kindsOf(target),
    ownNetwork: touches(guarded.own),
    ownHost: touches(guarded.host),
    enforcementPoint: touches(guarded.enforcers),
    operator: touches(guarded.operators),
    allowListed: touches(guarded.allowed),
  };
}

function questionOf(input: DecisionInput, step: "dry_run" | "request" | "execute"): Question {
  const { principal, type, target, context } = input;
  const { total, approver, security_manager } = context.approvals;
  const flags = Object.fromEntries(ADDRESS_KINDS.map((kind) => [kind, target.kinds.includes(kind)]));
  return {
    principal: { type: principal.kind === "person" ? "Person" : "Automation", id: principal.id },
    action: `${type}.${step}`,
    resource: { type: "Target", id: target.text },
    resourceAttributes: {
      version: target.version,
      prefixLength: target.prefixLength,
      ownNetwork: target.ownNetwork,
      ownHost: target.ownHost,
      enforcementPoint: target.enforcementPoint,
      operator: target.operator,
      allowListed: target.allowListed,
      ...flags,
    },
    context: {
      mode: { __entity: { type: "Mode", id: context.mode } },
      environment: { __entity: { type: "Environment", id: context.environment } },
      approvals: { total, approver, security_manager },
      ttlSeconds: context.ttlSeconds,
      ...(context.risk === null ? {} : { risk: context.risk }),
      ...(context.successfulLogins === null ? {} : { successfulLogins: context.successfulLogins }),
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
