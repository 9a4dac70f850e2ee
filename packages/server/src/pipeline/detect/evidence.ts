import { createHash } from "node:crypto";
import type { EventKind } from "@tyr/contract";
import type { Logsource } from "@tyr/sigma";
import { ACTOR_EXTRACTORS, ACTOR_KEYS } from "./actor-evidence.ts";
import { visibleText } from "./hostile-text.ts";
import { LIFT_CATEGORIES, LIFT_EXTRACTORS, LIFT_KEYS } from "./lift/lift-evidence.ts";
import { TELEMETRY_CATEGORIES, TELEMETRY_EXTRACTORS, TELEMETRY_KEYS } from "./telemetry-evidence.ts";

/** What evidence is taken from. `tokens` are the rule's own words that were found, never text of the event. */
export type EvidenceSource = Readonly<{
  fields: Readonly<Record<string, unknown>>;
  tokens: readonly string[];
  eventCount: number;
  /** What a correlation compared: a number of values, a sum …; undefined for single events. */
  value: number | undefined;
}>;

type EvidenceValue = string | number | boolean | readonly string[];
type Extract = (source: EvidenceSource) => EvidenceValue | undefined;

/**
 * Everything evidence can hold. No extractor can give a password, a whole URL, a header value other than a protocol's
 * version banner, a file's content or a recipient: where the text itself must not be kept, its SHA-256 is.
 */
const EXTRACTORS = {
  ...TELEMETRY_EXTRACTORS,
  ...ACTOR_EXTRACTORS,
  ...LIFT_EXTRACTORS,
  matched_tokens: ({ tokens }) => (tokens.length === 0 ? undefined : tokens),
  event_count: ({ eventCount }) => eventCount,
  distinct_values: ({ value }) => value,
  username: ({ fields }) => accountOf(fields["user.name"]),
  method: ({ fields }) => fitText(fields["auth.method"], WORD),
  outcome: ({ fields }) => fitText(fields["event.outcome"], OUTCOME),
  user_known: ({ fields }) => booleanOf(fields["auth.user_known"]),
  client_version: ({ fields }) => shortText(fields["ssh.client.version"]),
  program: ({ fields }) => programOf(fields["process.command_line"]),
  command_sha256: ({ fields }) => sha256(fields["process.command_line"]),
  command_length: ({ fields }) => lengthOf(fields["process.command_line"]),
  http_method: ({ fields }) => fitText(fields["http.request.method"], HTTP_METHOD),
  http_status: ({ fields }) => numberOf(fields["http.response.status_code"]),
  target_sha256: ({ fields }) => sha256(fields["url.original"]),
  destination_port: ({ fields }) => numberOf(fields["destination.port"]),
  file_sha256: ({ fields }) => fitText(fields["file.hash.sha256"], SHA256),
} as const satisfies Record<string, Extract>;
export type EvidenceKey = keyof typeof EXTRACTORS;

const always = ["matched_tokens", "event_count", "distinct_values"] as const satisfies readonly EvidenceKey[];
const login = [
  "username",
  "method",
  "outcome",
  "user_known",
  "client_version",
] as const satisfies readonly EvidenceKey[];

/** Declared keys per source kind. A rule that asks for another one does not load. */
export const EVIDENCE_KEYS: Readonly<Record<EventKind, readonly EvidenceKey[]>> = {
  command: [...always, "program", "command_sha256", "command_length"],
  auth_attempt: [...always, ...login],
  credential: [...always, ...login, ...LIFT_KEYS.credential],
  session: [...always, ...login, "destination_port", ...LIFT_KEYS.session],
  http_request: [...always, "http_method", "http_status", "target_sha256"],
  http_fingerprint: [...always, ...TELEMETRY_KEYS.http_fingerprint],
  payload: [...always, "file_sha256", ...TELEMETRY_KEYS.payload],
  email: [...always, ...TELEMETRY_KEYS.email],
  intel: [...always, ...TELEMETRY_KEYS.intel],
  canary: [...always, ...TELEMETRY_KEYS.canary],
  canary_fingerprint: [...always, ...TELEMETRY_KEYS.canary_fingerprint],
  identity: [...always, "username", ...ACTOR_KEYS],
  network: [...always, "destination_port", ...TELEMETRY_KEYS.network],
  process: [...always, "program", "command_sha256", "command_length"],
  db_query: always,
  cloud: always,
  log: always,
};

/** Kinds of events a category of log source holds (docs/reference/fields.md). */
const KINDS_OF_CATEGORY: Readonly<Record<string, readonly EventKind[]>> = {
  ...TELEMETRY_CATEGORIES,
  ...LIFT_CATEGORIES,
  authentication: ["auth_attempt", "session", "credential"],
  command: ["command"],
  webserver: ["http_request"],
  honeypot: ["session", "payload", "network", "credential", "log"],
  identity: ["identity"],
  log: ["log"],
};
const ALL_KINDS = Object.keys(EVIDENCE_KEYS) as readonly EventKind[];

/** @returns the key as a declared one, or undefined when no event of these log sources declares it */
export function declaredKey(key: string, logsources: readonly Logsource[]): EvidenceKey | undefined {
  const kinds = logsources.flatMap(({ category }) => KINDS_OF_CATEGORY[category ?? ""] ?? ALL_KINDS);
  return kinds.flatMap((kind) => EVIDENCE_KEYS[kind]).find((declared) => declared === key);
}

/** The evidence a rule asked for, as far as this kind of event declares it and this event has it. */
export function evidenceFor(
  kind: EventKind,
  keys: readonly EvidenceKey[],
  source: EvidenceSource,
): Readonly<Record<string, EvidenceValue>> {
  const evidence: Record<string, EvidenceValue> = {};
  for (const key of keys) {
    const value = EVIDENCE_KEYS[kind].includes(key) ? EXTRACTORS[key](source) : undefined;
    if (value !== undefined) evidence[key] = value;
  }
  return evidence;
}

const SHORT_CHARS_MAX = 64;
const WORD = /^[a-z0-9][a-z0-9_./-]{0,63}$/i;
const OUTCOME = /^(?:success|failure|unknown)$/;
const HTTP_METHOD = /^[a-z-]{1,32}$/i;
const SHA256 = /^[0-9a-f]{64}$/;

/** A line may name its own member like an alias: only what the alias can mean is taken. */
function fitText(value: unknown, form: RegExp): string | undefined {
  return typeof value === "string" && form.test(value) ? value : undefined;
}

/** Of an account that is a mail address only the domain: the rest is somebody's name. */
function accountOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return shortText(value.slice(Math.max(0, value.lastIndexOf("@"))));
}

/**
 * Whether evidence holds nothing but what this kind of event declares, in the shapes evidence has: what is stored or sent
 * goes through here, whoever made it.
 */
export function isDeclared(kind: EventKind, evidence: Readonly<Record<string, unknown>>): boolean {
  const keys: readonly string[] = EVIDENCE_KEYS[kind];
  return Object.entries(evidence).every(([key, value]) => keys.includes(key) && isEvidence(value));
}

function isEvidence(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((one) => typeof one === "string");
  return (
    typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  );
}

function shortText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? visibleText(value, SHORT_CHARS_MAX) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function lengthOf(value: unknown): number | undefined {
  return typeof value === "string" ? value.length : undefined;
}

function sha256(value: unknown): string | undefined {
  return typeof value === "string" ? createHash("sha256").update(value).digest("hex") : undefined;
}

/** The first word without its folder, only if it looks like a program: arguments may hold secrets. */
function programOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return /^\s*(?:\S*\/)?([a-z0-9_.+-]{1,32})(?=\s|;|\||&|$)/i.exec(value.slice(0, 512))?.[1];
}
