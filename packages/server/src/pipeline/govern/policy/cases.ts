import { parse } from "yaml";
import { knownPrefix } from "../address.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import { describeMode, describeTarget, type Asked } from "./asked.ts";
import { decide, NO_APPROVALS, type DecisionInput } from "./decide.ts";
import type { Engine } from "./engine.ts";
import { MODES, type Decision } from "@tyr/contract";

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
  /** `block_ip` where it is left out. */
  type?: string;
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
  /** The role those who approved hold; `approver` where it is left out. */
  approver?: "approver" | "security_manager";
  ttl_seconds?: number;
  risk?: number;
  successful_logins?: number;
  expect: Decision["outcome"];
  by: readonly string[];
}>;

const NAMES = new Set([
  "name",
  "type",
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
  "approver",
  "ttl_seconds",
  "risk",
  "successful_logins",
  "expect",
  "by",
]);

function contextOf(raw: RawCase): DecisionInput["context"] {
  const { approvals: total = 0, approver = "approver" } = raw;
  return {
    mode: raw.mode ?? "normal",
    environment: raw.environment ?? "development",
    approvals: { ...NO_APPROVALS, total, [approver]: total },
    ttlSeconds: raw.ttl_seconds ?? 86_400,
    risk: raw.risk ?? null,
    successfulLogins: raw.successful_logins ?? null,
  };
}

function addressOf(raw: RawCase): Asked {
  const prefixes = (texts: readonly string[] = []) => texts.map(knownPrefix);
  const guarded = {
    own: prefixes(raw.own),
    host: prefixes(raw.own_host),
    enforcers: prefixes(raw.enforcement_points),
    operators: prefixes(raw.operators),
    allowed: prefixes(raw.allow),
  };
  return { type: "block_ip", target: describeTarget(knownPrefix(raw.target), guarded) };
}

function askedOf(file: string, raw: RawCase): Asked {
  const { type = "block_ip", target } = raw;
  if (type === "block_ip") return addressOf(raw);
  const mode = MODES.find((one) => one === target);
  if (type !== "set_mode" || mode === undefined)
    throw new PolicyBundleInvalid(file, `"${raw.name}" asks for ${type} of ${target}, which nobody can ask for`);
  return { type, target: describeMode(mode, raw.mode ?? "normal") };
}

function toCase(file: string, raw: RawCase): PolicyCase {
  const unknown = Object.keys(raw).filter((name) => !NAMES.has(name));
  if (unknown.length > 0)
    throw new PolicyBundleInvalid(file, `"${raw.name}" has unknown fields: ${unknown.join(", ")}`);
  const kind = raw.who ?? "person";
  return {
    name: raw.name,
    expect: raw.expect,
    by: raw.by.toSorted(),
    input: { ...askedOf(file, raw), principal: { kind, id: kind }, context: contextOf(raw) },
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
