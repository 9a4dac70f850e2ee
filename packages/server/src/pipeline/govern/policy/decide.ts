import { ACTION_TYPES, type Decision, type Requirement } from "@tyr/contract";
import { askedSince, resourceOf, type Asked, type FirstAsked } from "./asked.ts";
import { sinceThen, type ApprovalCounts, type Circumstances, type FirstContext } from "./circumstances.ts";
import type { Engine, Question, Verdict } from "./engine.ts";

export { NO_APPROVALS, type ApprovalCounts } from "./circumstances.ts";

type Principal = Readonly<{ kind: "person" | "automation"; id: string }>;
/** Asked under the name of its own, `<type>.break_glass`: then the answer is allow or deny, and gates say nothing. */
type Asks = Readonly<{ asks?: "break_glass"; principal: Principal }>;

/** Everything a decision depends on. Stored with it, so that the same question can be asked of another bundle. */
export type DecisionInput = Asked & Asks & Readonly<{ v: 2; context: Circumstances }>;
/** As decisions stored it before there was a `v`. */
type FirstInput = FirstAsked & Asks & Readonly<{ v?: never; context: FirstContext }>;
/** As it may come back from the database. */
export type StoredInput = DecisionInput | FirstInput;

/** A stored question in today's words. What a question of today lacks is not filled in: that is an error, and a deny. */
export function inputOfToday(stored: StoredInput): DecisionInput {
  return stored.v === undefined ? { ...askedSince(stored), v: 2, context: sinceThen(stored.context) } : stored;
}

/** What only some types of action ask about. An end that is missing where there must be one is an error, and that a deny. */
function ownContext(input: DecisionInput): Question["context"] {
  const { ttlSeconds, successfulLogins, modeWriter } = input.context;
  if (input.type === "update_policy") return {};
  if (input.type === "set_mode") return { modeWriter, ...(ttlSeconds === null ? {} : { ttlSeconds }) };
  const { reach, criticality, production } = input.target.assets;
  return {
    ttlSeconds,
    assets: { reach, criticality, production },
    ...(successfulLogins === null ? {} : { successfulLogins }),
  };
}

/** What every type of action is asked with, built field by field. */
function commonContext({ context }: DecisionInput): Question["context"] {
  const { total, approver, security_manager } = context.approvals;
  const { severity, confidence, hour, weekday, proposeRisk, automaticLastHour, automaticPerHourMax } = context;
  return {
    mode: { __entity: { type: "Mode", id: context.mode } },
    environment: { __entity: { type: "Environment", id: context.environment } },
    approvals: { total, approver, security_manager },
    selfApproved: context.selfApproved,
    severity,
    confidence,
    hour,
    weekday,
    proposeRisk,
    automaticLastHour,
    automaticPerHourMax,
    ...(context.risk === null ? {} : { risk: context.risk }),
  };
}

export function questionOf(input: DecisionInput, step: "dry_run" | "request" | "execute" | "break_glass"): Question {
  const { principal, type } = input;
  const { attributes, parents, ...resource } = resourceOf(input);
  return {
    principal: { type: principal.kind === "person" ? "Person" : "Automation", id: principal.id },
    action: `${type}.${step}`,
    resource,
    resourceAttributes: attributes,
    resourceParents: parents,
    context: { ...commonContext(input), ...ownContext(input) },
  };
}

type Outcome = Decision["outcome"];

/** What decided, in the words of the policies. */
function reasonsOf({ bundle: { policies } }: Engine, verdict: Verdict): Decision["reasons"] {
  if (verdict.answer === "error")
    return [{ policyId: "policy-error", effect: "forbid", text: `policy error: ${verdict.why}` }];
  if (verdict.policyIds.length === 0)
    return [{ policyId: "default-deny", effect: "forbid", text: "no policy permits this" }];
  return verdict.policyIds.map((policyId) => {
    const { effect = "forbid", reason = "unknown policy" } = policies.get(policyId) ?? {};
    return { policyId, effect, text: reason };
  });
}

/** What forbids that approvals would not lift did decide; where all of it could be lifted, all of it did. */
function finalOf({ bundle: { policies } }: Engine, policyIds: readonly string[]): string[] {
  const final = policyIds.filter((id) => policies.get(id)?.gate === undefined);
  return [...new Set(final.length > 0 ? final : policyIds)].toSorted();
}

/**
 * The four-valued decision, from at most three questions to Cedar (execute, request, dry run). Deny by default;
 * any error is a deny; one forbid that approvals cannot lift makes the whole action not approvable.
 */
export function decide(engine: Engine, stored: StoredInput, now: Date): Decision {
  const input = inputOfToday(stored);
  const { digest } = engine.bundle;
  const answer = (outcome: Outcome, reasons: Decision["reasons"], requirements: Requirement[] = []): Decision => ({
    outcome,
    reasons,
    requirements,
    bundleDigest: digest,
    at: now.toISOString(),
  });
  const named = (verdict: Verdict): Decision["reasons"] => reasonsOf(engine, verdict);
  if (!ACTION_TYPES.includes(input.type))
    return answer("deny", [{ policyId: "default-deny", effect: "forbid", text: "unknown action" }]);

  if (input.asks === "break_glass") {
    const verdict = engine.ask(questionOf(input, "break_glass"));
    return answer(verdict.answer === "allow" ? "allow" : "deny", named(verdict));
  }
  const execute = engine.ask(questionOf(input, "execute"));
  if (execute.answer !== "deny") return answer(execute.answer === "allow" ? "allow" : "deny", named(execute));

  const request = engine.ask(questionOf(input, "request"));
  if (request.answer === "error") return answer("deny", named(request));
  const gates = request.answer === "allow" ? gatesToLift(engine, input, execute.policyIds) : undefined;
  if (gates !== undefined) return answer("require_approval", named(execute), gates);

  const dryRun = engine.ask(questionOf(input, "dry_run"));
  if (dryRun.answer === "error") return answer("deny", named(dryRun));
  const refusing = request.answer === "deny" ? [...execute.policyIds, ...request.policyIds] : execute.policyIds;
  const reasons = named({ answer: "deny", policyIds: finalOf(engine, refusing) });
  return answer(dryRun.answer === "allow" ? "dry_run_only" : "deny", reasons);
}

/** Everybody agrees: what is refused even so, no approval makes possible. */
const EVERYBODY: ApprovalCounts = { total: 99, approver: 99, security_manager: 99 };

/** Whether anything permits it once every gate is lifted: without a permit, gates alone would promise what never comes. */
function runsOnceLifted(engine: Engine, input: DecisionInput): boolean {
  if (engine.isAlwaysPermitted(`${input.type}.execute`)) return true;
  const lifted = { ...input, context: { ...input.context, approvals: EVERYBODY } };
  return engine.ask(questionOf(lifted, "execute")).answer === "allow";
}

/** What all these forbids ask for together; undefined when one of them cannot be lifted, none decided, or nothing permits it even so. */
function gatesToLift(engine: Engine, input: DecisionInput, policyIds: readonly string[]): Requirement[] | undefined {
  const requirements = policyIds.flatMap((policyId) => {
    const gate = engine.bundle.policies.get(policyId)?.gate;
    return gate === undefined ? [] : [{ policyId, approvals: gate.approvals, roles: [...gate.roles] }];
  });
  const areGates = policyIds.length > 0 && requirements.length === policyIds.length;
  return areGates && runsOnceLifted(engine, input) ? requirements : undefined;
}
