import { parse } from "yaml";
import { knownPrefix } from "../address.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import { decide, describeTarget, NO_APPROVALS, type DecisionInput } from "./decide.ts";
import type { Engine } from "./engine.ts";
import type { Decision } from "@tyr/contract";

/** One example in `policies/tests/*.yml`: a situation in the words of the product and the decision it must get. */
export type PolicyCase = Readonly<{
  name: string;
  input: DecisionInput;
  expect: Decision["outcome"];
  /** Ids of all deciding policies, sorted. */
  by: readonly string[];
}>;

type RawCase = Readonly<{
  name: string;
  who?: "person" | "automation";
  target: string;
  own?: readonly string[];
  own_host?: readonly string[];
  enforcement_points?: readonly string[];
  operators?: readonly string[];
  allow?: readonly string[];
  mode?: DecisionInput["context"]["mode"];
  environment?: DecisionInput["context"]["environment"];
  approvals?: number;
  ttl_seconds?: number;
  risk?: number;
  successful_logins?: number;
  expect: Decision["outcome"];
  by: readonly string[];
}>;

const NAMES = new Set([
  "name",
  "who",
  "target",
  "own",
  "own_host",
  "enforcement_points",
  "operators",
  "allow",
  "mode",
  "environment",
  "approvals",
  "ttl_seconds",
  "risk",
  "successful_logins",
  "expect",
  "by",
]);

function contextOf(raw: RawCase): DecisionInput["context"] {
  const { approvals: total = 0 } = raw;
  return {
    mode: raw.mode ?? "normal",
    environment: raw.environment ?? "development",
    approvals: { ...NO_APPROVALS, total, approver: total },
    ttlSeconds: raw.ttl_seconds ?? 86_400,
    risk: raw.risk ?? null,
    successfulLogins: raw.successful_logins ?? null,
  };
}

function toCase(file: string, raw: RawCase): PolicyCase {
  const unknown = Object.keys(raw).filter((name) => !NAMES.has(name));
  if (unknown.length > 0)
    throw new PolicyBundleInvalid(file, `"${raw.name}" has unknown fields: ${unknown.join(", ")}`);
  const kind = raw.who ?? "person";
  const prefixes = (texts: readonly string[] = []) => texts.map(knownPrefix);
  const guarded = {
    own: prefixes(raw.own),
    host: prefixes(raw.own_host),
    enforcers: prefixes(raw.enforcement_points),
    operators: prefixes(raw.operators),
    allowed: prefixes(raw.allow),
  };
  return {
    name: raw.name,
    expect: raw.expect,
    by: raw.by.toSorted(),
    input: {
      principal: { kind, id: kind },
      type: "block_ip",
      target: describeTarget(knownPrefix(raw.target), guarded),
      context: contextOf(raw),
    },
  };
}

/** Reads the examples of one file: a list of situations with the expected decision and the policies behind it. */
export function readCases(file: string, text: string): readonly PolicyCase[] {
  const raw: unknown = parse(text, { schema: "core", maxAliasCount: 0 });
  if (!Array.isArray(raw)) throw new PolicyBundleInvalid(file, "is not a list of cases");
  return raw.map((one: RawCase) => toCase(file, one));
}

export type CaseResult = Readonly<{ case: PolicyCase; decision: Decision; passed: boolean }>;

export function runCase(engine: Engine, one: PolicyCase): CaseResult {
  const decision = decide(engine, one.input, new Date(0));
  const by = decision.reasons.map(({ policyId }) => policyId);
  return { case: one, decision, passed: decision.outcome === one.expect && by.join() === one.by.join() };
}
