import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { Bundle } from "./bundle.ts";
import { staticPolicies } from "./bundle.ts";
import { PolicyBundleInvalid } from "./errors.ts";

/** What Cedar said about one question; anything that is not a clean answer is an error, and an error is a deny. */
export type Verdict =
  | Readonly<{ answer: "allow" | "deny"; policyIds: readonly string[] }>
  | Readonly<{ answer: "error"; why: string }>;

/** A question in Cedar's words, built field by field from typed values. Request JSON never gets here. */
export type Question = Readonly<{
  principal: cedar.TypeAndId;
  action: string;
  resource: cedar.TypeAndId;
  resourceAttributes: Readonly<Record<string, boolean | number>>;
  context: cedar.Context;
}>;

export type Engine = Readonly<{ bundle: Bundle; ask(question: Question): Verdict }>;

/**
 * Names under which parsed bundles are kept. What is parsed is never freed, but loading under the same name replaces
 * it; so the names are few and fixed, never digests.
 */
export type Slot = "active-a" | "active-b" | "candidate";
const loaded = new Map<Slot, string>();

function toVerdict(answer: cedar.AuthorizationAnswer): Verdict {
  if (answer.type === "failure")
    return {
      answer: "error",
      why: answer.errors
        .map(({ message }) => message)
        .join("; ")
        .slice(0, 500),
    };
  const { decision, diagnostics } = answer.response;
  // Cedar skips a policy whose evaluation fails, a forbid too.
  const [failed] = diagnostics.errors;
  if (failed !== undefined) return { answer: "error", why: `${failed.policyId}: ${failed.error.message}` };
  if (decision === "allow" && diagnostics.reason.length === 0)
    return { answer: "error", why: "an allow without a policy that says so" };
  // Cedar's order differs from call to call.
  return { answer: decision, policyIds: diagnostics.reason.toSorted() };
}

/**
 * Parses a bundle into a slot. The engine is synchronous, keeps its state in this thread, and answers in well under a
 * millisecond to a few milliseconds.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID`
 */
export function openEngine(bundle: Bundle, slot: Slot): Engine {
  const schema = cedar.preparseSchema(slot, bundle.schema);
  const policies = cedar.preparsePolicySet(slot, staticPolicies(bundle.policies));
  for (const answer of [schema, policies])
    if (answer.type === "failure")
      throw new PolicyBundleInvalid(slot, answer.errors.map(({ message }) => message).join("; "));
  loaded.set(slot, bundle.digest);
  return {
    bundle,
    ask({ principal, action, resource, resourceAttributes, context }) {
      if (loaded.get(slot) !== bundle.digest) return { answer: "error", why: "another bundle took this slot" };
      try {
        return toVerdict(
          cedar.statefulIsAuthorized({
            principal,
            action: { type: "Action", id: action },
            resource,
            context,
            preparsedSchemaName: slot,
            preparsedPolicySetId: slot,
            validateRequest: true,
            // An entity that is missing here would have no attributes and no parents, and a forbid would not match.
            entities: [
              { uid: principal, attrs: {}, parents: [] },
              { uid: resource, attrs: { ...resourceAttributes }, parents: [] },
            ],
          }),
        );
      } catch (error) {
        return { answer: "error", why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}
