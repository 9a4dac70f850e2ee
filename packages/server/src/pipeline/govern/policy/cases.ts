import { MODES, POLICY_CASES_MAX, POLICY_FILE_CHARS_MAX, type Decision } from "@tyr/contract";
import { Compile } from "typebox/compile";
import { parse } from "yaml";
import { overlaps, parsePrefix, type Prefix } from "../address.ts";
import { touchedOf } from "../assets/touched.ts";
import { describeMode, describeTarget, type Asked, type PolicyFacts } from "./asked.ts";
import { CaseFields, WEEKDAYS } from "./case-fields.ts";
import { QUIET, severityNumber } from "./circumstances.ts";
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

type Context = DecisionInput["context"];

/** What automation goes by is an incident of high severity and sure detections, unless the example says otherwise. */
function evidenceOf({
  who,
  risk,
  severity,
  confidence,
}: CaseFields): Pick<Context, "risk" | "severity" | "confidence"> {
  const isProposed = who === "automation" && risk !== undefined;
  return {
    risk: risk ?? null,
    severity: severityNumber(severity ?? (isProposed ? "high" : null)),
    confidence: confidence ?? (isProposed ? 90 : 0),
  };
}

/** When it is, and how much programs asked for by then. */
function momentOf({ weekday = "wednesday", ...raw }: CaseFields) {
  const { hour = 12, propose_risk: proposeRisk = QUIET.proposeRisk } = raw;
  const { automatic_last_hour: automaticLastHour = 0, automatic_per_hour: most = QUIET.automaticPerHourMax } = raw;
  return { hour, weekday: WEEKDAYS.indexOf(weekday) + 1, proposeRisk, automaticLastHour, automaticPerHourMax: most };
}

function contextOf(raw: CaseFields): Context {
  const { approvals: total = 0, approver = "approver", mode = "normal", environment = "development" } = raw;
  return {
    ...evidenceOf(raw),
    ...momentOf(raw),
    mode,
    environment,
    approvals: { ...NO_APPROVALS, total, [approver]: total },
    selfApproved: raw.self_approved ?? false,
    modeWriter: raw.mode_writer ?? false,
    ttlSeconds: raw.ttl_seconds ?? 86_400,
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
  const target = prefixOf(raw.target, refused);
  const touched = (raw.assets ?? []).filter(({ address }) => overlaps(prefixOf(address, refused), target));
  const guarded = {
    assets: touchedOf(
      touched.map(({ groups = [], criticality = "medium", environment = "development" }) => ({
        groups,
        criticality,
        environment,
      })),
    ),
    own: prefixes(raw.own),
    host: prefixes(raw.own_host),
    enforcers: prefixes(raw.enforcement_points),
    operators: prefixes(raw.operators),
    allowed: prefixes(raw.allow),
  };
  return { type: "block_ip", target: describeTarget(target, guarded) };
}

function policyFactsOf(raw: CaseFields): PolicyFacts {
  return {
    text: raw.target,
    removesForbid: raw.removes_forbid ?? false,
    loosensGate: raw.loosens_gate ?? false,
    widensPermit: raw.widens_permit ?? false,
    schemaChanged: raw.schema_changed ?? false,
    policiesChanged: 1,
    unusable: raw.unusable ?? false,
  };
}

function askedOf(raw: CaseFields, refused: Where): Asked {
  const { type = "block_ip", target } = raw;
  if (type === "block_ip") return addressOf(raw, refused);
  if (type === "update_policy") return { type, target: policyFactsOf(raw) };
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
      v: 2,
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
