import { MODES, POLICY_CASES_MAX, POLICY_FILE_CHARS_MAX, type Decision } from "@tyr/contract";
import { Compile } from "typebox/compile";
import { parse } from "yaml";
import { parsePrefix, type Prefix } from "../address.ts";
import { describeMode, describeTarget, type Asked } from "./asked.ts";
import { CaseFields } from "./case-fields.ts";
import { decide, NO_APPROVALS, type DecisionInput } from "./decide.ts";
import type { Engine } from "./engine.ts";
import { PolicyBundleInvalid } from "./errors.ts";

/** One example in `policies/tests/*.yml`: a situation in the words of the product and the decision it must get. */
export type PolicyCase = Readonly<{
  file: string;
  name: string;
  input: DecisionInput;
  expect: Decision["outcome"];
  /** Ids of all deciding policies, sorted. */
  by: readonly string[];
}>;

function contextOf(raw: CaseFields): DecisionInput["context"] {
  const { approvals: total = 0, approver = "approver" } = raw;
  return {
    mode: raw.mode ?? "normal",
    environment: raw.environment ?? "development",
    approvals: { ...NO_APPROVALS, total, [approver]: total },
    selfApproved: raw.self_approved ?? false,
    ttlSeconds: raw.ttl_seconds ?? 86_400,
    risk: raw.risk ?? null,
    successfulLogins: raw.successful_logins ?? null,
  };
}

type Where = (why: string) => PolicyBundleInvalid;

function prefixOf(text: string, refused: Where): Prefix {
  const read = parsePrefix(text);
  if (!read.ok) throw refused(read.refusal.detail);
  return read.value;
}

function addressOf(raw: CaseFields, refused: Where): Asked {
  const prefixes = (texts: readonly string[] = []) => texts.map((text) => prefixOf(text, refused));
  const guarded = {
    own: prefixes(raw.own),
    host: prefixes(raw.own_host),
    enforcers: prefixes(raw.enforcement_points),
    operators: prefixes(raw.operators),
    allowed: prefixes(raw.allow),
  };
  return { type: "block_ip", target: describeTarget(prefixOf(raw.target, refused), guarded) };
}

function askedOf(raw: CaseFields, refused: Where): Asked {
  const { type = "block_ip", target } = raw;
  if (type === "block_ip") return addressOf(raw, refused);
  const mode = MODES.find((one) => one === target);
  if (type !== "set_mode" || mode === undefined) throw refused(`${type} of ${target} is nothing anybody can ask for`);
  return { type, target: describeMode(mode, raw.mode ?? "normal") };
}

function toCase(file: string, raw: CaseFields): PolicyCase {
  const kind = raw.who ?? "person";
  const refused: Where = (why) => new PolicyBundleInvalid(`${file}, "${raw.name}"`, why);
  return {
    file,
    name: raw.name,
    expect: raw.expect,
    by: [...new Set(raw.by)].toSorted(),
    input: {
      ...askedOf(raw, refused),
      ...(raw.break_glass === true ? { asks: "break_glass" as const } : {}),
      principal: { kind, id: kind },
      context: contextOf(raw),
    },
  };
}

/** No alias is followed, so that a few lines cannot stand for millions; what is nested too deep is an error like others. */
function readYaml(file: string, text: string): unknown {
  if (text.length > POLICY_FILE_CHARS_MAX)
    throw new PolicyBundleInvalid(file, `is longer than ${POLICY_FILE_CHARS_MAX} characters`);
  try {
    return parse(text, { schema: "core", maxAliasCount: 0, prettyErrors: true });
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : "";
    throw new PolicyBundleInvalid(file, `is not YAML that can be read: ${why.slice(0, 200)}`, { cause });
  }
}

const validator = Compile(CaseFields);

function nameOf(raw: unknown, index: number): string {
  const name = typeof raw === "object" && raw !== null && "name" in raw ? raw.name : undefined;
  return typeof name === "string" ? `"${name.slice(0, 100)}"` : `example ${index + 1}`;
}

/** What is wrong with the first field that is, in words. */
function faultOf(raw: unknown): string {
  const [first] = validator.Errors(raw);
  if (first === undefined) return "does not fit";
  const { instancePath, message, params } = first;
  const unknown = "additionalProperties" in params ? params.additionalProperties : undefined;
  if (Array.isArray(unknown)) return `has unknown fields: ${unknown.join(", ").slice(0, 200)}`;
  const allowed = "allowedValues" in params ? `: ${JSON.stringify(params.allowedValues)}` : "";
  return `${instancePath === "" ? "" : `${instancePath.slice(1)} `}${message}${allowed}`;
}

/**
 * Reads the examples of one file: a list of situations with the expected decision and the policies behind it.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID` naming file and example
 */
export function readCases(file: string, text: string): readonly PolicyCase[] {
  const raw = readYaml(file, text);
  if (!Array.isArray(raw)) throw new PolicyBundleInvalid(file, "is not a list of examples");
  if (raw.length > POLICY_CASES_MAX) throw new PolicyBundleInvalid(file, `has more than ${POLICY_CASES_MAX} examples`);
  return raw.map((one: unknown, index) => {
    if (!validator.Check(one)) throw new PolicyBundleInvalid(`${file}, ${nameOf(one, index)}`, faultOf(one));
    return toCase(file, one);
  });
}

export type CaseResult = Readonly<{ case: PolicyCase; decision: Decision; passed: boolean }>;

export function runCase(engine: Engine, one: PolicyCase): CaseResult {
  const decision = decide(engine, one.input, new Date(0));
  const by = decision.reasons.map(({ policyId }) => policyId);
  return { case: one, decision, passed: decision.outcome === one.expect && by.join() === one.by.join() };
}
