import type { SigmaRule } from "@tyr/sigma";

/** Our key of a rule document, `tyr:`, as read. */
export type RuleExtension = Readonly<{
  /** Points one detection adds to a risk, 0 to 100. */
  riskPoints?: number;
  /** 0 to 1 for every technique, or by technique. */
  confidence: number | Readonly<Record<string, number>>;
  /** Verb phrase after the attacker's address; `{user}` stands for the account. */
  phrase: string | null;
  evidence: readonly string[];
  /** A field from 0 to 1 that every confidence is multiplied by: what a rule rests on may be less sure than the rule. */
  confidenceField?: string;
  /** The setting its number stands for: the one in the document is what it is as shipped. */
  setting?: SettingName;
}>;

/** Limits people set, by the names rules call them by. */
export const SETTINGS = {
  max_failed_logins_per_minute: "maxFailedLoginsPerMinute",
  max_scan_events_per_minute: "maxScanEventsPerMinute",
} as const;
export type SettingName = keyof typeof SETTINGS;
export type RuleLimits = Readonly<Record<(typeof SETTINGS)[SettingName], number>>;

export type ExtensionRead = Readonly<{ ok: true; extension: RuleExtension }> | Readonly<{ ok: false; message: string }>;

export const CONFIDENCE_DEFAULT = 0.7;
const KEYS = ["risk_points", "confidence", "confidence_field", "phrase", "evidence", "setting"];
const FIELD = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const PHRASE_CHARS_MAX = 80;

/** Reads `tyr:`; whatever it does not know it refuses, so that a misspelt key is not silently a default. */
export function readExtension(rule: SigmaRule): ExtensionRead {
  const section = rule.custom["tyr"] ?? {};
  if (!isMapping(section)) return refused("tyr must be a mapping");
  const strange = Object.keys(section).find((key) => !KEYS.includes(key));
  if (strange !== undefined) return refused(`tyr.${strange} is unknown; known: ${KEYS.join(", ")}`);
  const whole = {
    risk_points: undefined,
    confidence: CONFIDENCE_DEFAULT,
    confidence_field: undefined,
    phrase: null,
    evidence: [],
    setting: undefined,
    ...section,
  };
  if (!isSetting(whole.setting)) return refused(`tyr.setting must be one of ${Object.keys(SETTINGS).join(", ")}`);
  if (whole.setting !== undefined && !countsPerMinute(rule))
    return refused("tyr.setting is for correlations over one minute whose condition is one gt");
  const read = readValues(whole);
  if (!read.ok || whole.setting === undefined) return read;
  return { ok: true, extension: { ...read.extension, setting: whole.setting } };
}

function readValues(
  section: Readonly<Record<"risk_points" | "confidence" | "confidence_field" | "phrase" | "evidence", unknown>>,
): ExtensionRead {
  const { risk_points: riskPoints, confidence, confidence_field: confidenceField, phrase, evidence } = section;
  if (riskPoints !== undefined && !isPoints(riskPoints)) {
    return refused("tyr.risk_points must be a whole number from 0 to 100");
  }
  if (!isConfidence(confidence)) return refused("tyr.confidence must be a number from 0 to 1, or one per technique");
  if (!isField(confidenceField)) return refused("tyr.confidence_field must be the name of one field");
  if (!isPhrase(phrase)) return refused(`tyr.phrase must be one line of at most ${PHRASE_CHARS_MAX} characters`);
  if (!isTextList(evidence)) return refused("tyr.evidence must be a list of names");
  const extension = {
    confidence,
    phrase,
    evidence,
    ...(riskPoints === undefined ? {} : { riskPoints }),
    ...(confidenceField === undefined ? {} : { confidenceField }),
  };
  return { ok: true, extension };
}

function isSetting(value: unknown): value is SettingName | undefined {
  return value === undefined || (typeof value === "string" && Object.hasOwn(SETTINGS, value));
}

const MINUTE_MS = 60_000;
/** What is set is a number a minute, and more of it is a finding. */
function countsPerMinute(rule: SigmaRule): boolean {
  if (rule.kind !== "correlation") return false;
  const { condition, spanMs } = rule.correlation;
  if (condition.kind !== "number" || spanMs !== MINUTE_MS) return false;
  return condition.comparisons.length === 1 && condition.comparisons[0]?.operator === "gt";
}

function refused(message: string): ExtensionRead {
  return { ok: false, message };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPoints(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 100;
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

function isConfidence(value: unknown): value is RuleExtension["confidence"] {
  return isShare(value) || (isMapping(value) && Object.values(value).every(isShare));
}

function isPhrase(value: unknown): value is string | null {
  return value === null || (typeof value === "string" && value.length <= PHRASE_CHARS_MAX && !/\p{Cc}/u.test(value));
}

function isField(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === "string" && FIELD.test(value));
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
