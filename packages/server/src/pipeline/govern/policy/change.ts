import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import type { PolicyChangeFacts, PolicyDiff, PolicyDifference } from "@tyr/contract";
import { filesOf, type Bundle, type BundleSource } from "./bundle.ts";
import { DECIDE_WITHIN_DEFAULT_MS, type Policy } from "./read-policy.ts";

/** A bundle with the files it was loaded from. */
export type Sourced = Readonly<{ bundle: Bundle; source: BundleSource }>;

/** What a policy does, in one form whatever its layout and annotations: scope and conditions. */
function meaningOf({ text }: Policy): string {
  const answer = cedar.policyToJson(text);
  if (answer.type === "failure") return text;
  const { effect, principal, action, resource, conditions } = answer.json;
  return JSON.stringify([effect, principal, action, resource, conditions]);
}

function schemaMeaning(schema: string): string {
  const answer = cedar.schemaToJson(schema);
  return answer.type === "failure" ? schema : JSON.stringify(answer.json);
}

type Loosening = Readonly<{ why: string; fact: "removesForbid" | "loosensGate" | "widensPermit" }>;

const withinOf = ({ decideWithinMs: said }: NonNullable<Policy["gate"]>): number => said ?? DECIDE_WITHIN_DEFAULT_MS;

function gateLoosened(before: Policy, after: Policy): Loosening | undefined {
  const [old, now] = [before.gate, after.gate];
  // What approvals lifted and nothing lifts now is stricter.
  if (old === undefined || now === undefined) return undefined;
  if (now.approvals < old.approvals) return { why: "it asks for fewer people", fact: "loosensGate" };
  if (!now.roles.every((role) => old.roles.includes(role)))
    return { why: "other roles may lift it", fact: "loosensGate" };
  return withinOf(now) > withinOf(old) ? { why: "people have longer to decide", fact: "loosensGate" } : undefined;
}

/** Of two policies with one id. What cannot be shown to be as strict counts as laxer: nobody proves conditions here. */
function loosened(before: Policy, after: Policy): Loosening | undefined {
  const sameMeaning = meaningOf(before) === meaningOf(after);
  if (after.effect === "permit") {
    if (before.effect === "forbid") return { why: "it forbade, and permits now", fact: "removesForbid" };
    return sameMeaning ? undefined : { why: "what it permits is not the same any more", fact: "widensPermit" };
  }
  if (before.effect === "permit") return undefined;
  if (before.gate === undefined) {
    if (after.gate !== undefined) return { why: "approvals lift it now", fact: "removesForbid" };
    return sameMeaning ? undefined : { why: "what it forbids is not the same any more", fact: "removesForbid" };
  }
  if (!sameMeaning) return { why: "when it asks for approvals is not the same any more", fact: "loosensGate" };
  return gateLoosened(before, after);
}

function removed(before: Policy): Loosening | undefined {
  if (before.effect === "permit") return undefined;
  return before.gate === undefined
    ? { why: "nothing forbids this any more", fact: "removesForbid" }
    : { why: "nobody is asked any more", fact: "loosensGate" };
}

function compare(before: Policy | undefined, after: Policy | undefined): Loosening | undefined {
  if (before !== undefined && after !== undefined) return loosened(before, after);
  if (before !== undefined) return removed(before);
  return after?.effect === "permit"
    ? { why: "it permits what nothing permitted before", fact: "widensPermit" }
    : undefined;
}

type Compared = Readonly<{ difference: PolicyDifference; fact: Loosening["fact"] | undefined }>;

function changeOf(before: Policy | undefined, after: Policy | undefined): PolicyDifference["change"] {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

const textOf = (policy: Policy | undefined): string | null => policy?.text ?? null;

function comparedOne(before: Policy | undefined, after: Policy | undefined): Compared[] {
  const shown = after ?? before;
  if (shown === undefined || before?.text === after?.text) return [];
  const loosening = compare(before, after);
  const difference: PolicyDifference = {
    policyId: shown.id,
    change: changeOf(before, after),
    effect: shown.effect,
    reason: shown.reason,
    before: textOf(before),
    after: textOf(after),
    loosens: loosening?.why ?? null,
  };
  return [{ difference, fact: loosening?.fact }];
}

function comparedById(from: Bundle, to: Bundle): readonly Compared[] {
  const ids = [...new Set([...from.policies.keys(), ...to.policies.keys()])].toSorted();
  return ids.flatMap((id) => comparedOne(from.policies.get(id), to.policies.get(id)));
}

function factsOf(from: Bundle, to: Bundle, compared: readonly Compared[]): PolicyChangeFacts {
  const has = (wanted: Loosening["fact"]): boolean => compared.some(({ fact }) => fact === wanted);
  return {
    removesForbid: has("removesForbid"),
    loosensGate: has("loosensGate"),
    widensPermit: has("widensPermit"),
    // Which policy meets which action stands in the schema.
    schemaChanged: schemaMeaning(from.schema) !== schemaMeaning(to.schema),
    policiesChanged: compared.length,
  };
}

/** What a change of policies takes away, for the policies that decide about it. */
export function changeFacts(from: Bundle, to: Bundle): PolicyChangeFacts {
  return factsOf(from, to, comparedById(from, to));
}

/** What differs between two bundles, policy by policy, and in schema and examples as files. */
export function diffOf(from: Sourced, to: Sourced): PolicyDiff {
  const compared = comparedById(from.bundle, to.bundle);
  const other = ({ source }: Sourced) =>
    new Map(filesOf({ ...source, policies: {} }).map(({ path, text }) => [path, text]));
  const [before, after] = [other(from), other(to)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return {
    from: from.bundle.digest,
    to: to.bundle.digest,
    policies: compared.map(({ difference }) => difference),
    files: paths
      .filter((path) => before.get(path) !== after.get(path))
      .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null })),
    facts: factsOf(from.bundle, to.bundle, compared),
  };
}
