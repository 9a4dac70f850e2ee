import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { ACTION_TYPES } from "@tyr/contract";
import type { Bundle } from "./bundle.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import { fitted, readSchemaShape } from "./schema-shape.ts";
import { isAlwaysPermitted, sliceOf } from "./slices.ts";

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
  /** Groups the resource is in. */
  resourceParents?: readonly cedar.TypeAndId[];
  context: cedar.Context;
}>;

export type Engine = Readonly<{
  bundle: Bundle;
  ask(question: Question): Verdict;
  /** Only forbids can stop this action. */
  isAlwaysPermitted(action: string): boolean;
}>;

/**
 * Names under which parsed bundles are kept. What is parsed is never freed, but loading under the same name replaces
 * it; so the names are few and fixed, never digests.
 */
export type Slot = "active-a" | "active-b" | "candidate" | "explained";
const loaded = new Map<Slot, string>();

export function toVerdict(answer: cedar.AuthorizationAnswer): Verdict {
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

/** Only the actions this program asks about: their names are few, whatever a schema declares. */
const ASKED = new RegExp(`^(?:${ACTION_TYPES.join("|")})\\.[a-z_]{1,20}$`);

function parsed(slot: Slot, answer: cedar.CheckParseAnswer): void {
  if (answer.type === "failure")
    throw new PolicyBundleInvalid(slot, answer.errors.map(({ message }) => message).join("; "));
}

/**
 * Parses a bundle into a slot: its schema once, its policies once for each action they can apply to. The engine is
 * synchronous, keeps its state in this thread, and answers in a fraction of a millisecond.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID`
 */
export function openEngine(bundle: Bundle, slot: Slot): Engine {
  const shape = readSchemaShape(bundle.schema);
  // From here on a former engine of this slot must not answer with parts of this one.
  loaded.delete(slot);
  parsed(slot, cedar.preparseSchema(slot, bundle.schema));
  const asked = shape.actions.filter((action) => ASKED.test(action));
  for (const action of asked)
    parsed(slot, cedar.preparsePolicySet(`${slot}/${action}`, sliceOf(bundle, shape, action)));
  const slices = new Set(asked);
  const permitted = new Set(asked.filter((action) => isAlwaysPermitted(bundle, shape, action)));
  loaded.set(slot, bundle.digest);
  const answer = (question: Question): Verdict => {
    const { principal, action, resource, resourceAttributes, context } = question;
    // A group of a kind the schema does not know is one no policy can name.
    const parents = (question.resourceParents ?? []).filter(({ type }) => shape.parents(resource.type).includes(type));
    return toVerdict(
      cedar.statefulIsAuthorized({
        principal,
        action: { type: "Action", id: action },
        resource,
        context: fitted(context, shape.context(action)) as cedar.Context,
        preparsedSchemaName: slot,
        preparsedPolicySetId: `${slot}/${action}`,
        validateRequest: true,
        // An entity that is missing here would have no attributes and no parents, and a forbid would not match.
        entities: [
          { uid: principal, attrs: {}, parents: [] },
          {
            uid: resource,
            attrs: fitted(resourceAttributes, shape.entity(resource.type)) as Record<string, cedar.CedarValueJson>,
            parents: [...parents],
          },
          ...parents.map((uid) => ({ uid, attrs: {}, parents: [] })),
        ],
      }),
    );
  };
  return {
    bundle,
    isAlwaysPermitted: (action) => permitted.has(action),
    ask(question) {
      if (loaded.get(slot) !== bundle.digest) return { answer: "error", why: "another bundle took this slot" };
      if (!slices.has(question.action))
        return { answer: "error", why: `the schema of this bundle knows no action ${question.action}` };
      try {
        return answer(question);
      } catch (error) {
        return { answer: "error", why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}
