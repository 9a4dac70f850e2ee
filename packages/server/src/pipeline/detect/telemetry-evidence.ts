import type { EventKind } from "@tyr/contract";

/**
 * Evidence of mail, canaries, fingerprints, files and what providers say (docs/reference/fields.md). Aliases are read
 * again here with a pattern of what may be in them: a line that names its own member like an alias, with an address or a
 * text in it, leaves nothing behind.
 */
type Fields = Readonly<Record<string, unknown>>;
type Value = string | number | boolean | readonly string[];
type Extract = (source: Readonly<{ fields: Fields }>) => Value | undefined;

const DOMAIN = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,40}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const HASH = /^[0-9a-f]{16,128}$/;
/** Words of closed vocabularies: names of tools, families, headers, topics. */
const WORD = /^[a-z0-9][a-z0-9 ._-]{0,63}$/i;
const LIST_MAX = 16;

function word(name: string, pattern = WORD): Extract {
  return ({ fields }) => {
    const value = fields[name];
    return typeof value === "string" && pattern.test(value) ? value : undefined;
  };
}

function words(name: string, pattern = WORD): Extract {
  return ({ fields }) => {
    const value = fields[name];
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
    const fit = list.filter((one): one is string => typeof one === "string" && pattern.test(one));
    return fit.length === 0 ? undefined : fit.slice(0, LIST_MAX);
  };
}

function number(name: string): Extract {
  return ({ fields }) => {
    const value = fields[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
}

/** The short names of those flags that are set. */
function flags(names: Readonly<Record<string, string>>): Extract {
  return ({ fields }) => {
    const set = Object.entries(names).flatMap(([short, alias]) => (fields[alias] === true ? [short] : []));
    return set.length === 0 ? undefined : set;
  };
}

const ATTACHMENT_FLAGS = {
  macro: "email.attachment.macro",
  encrypted: "email.attachment.encrypted",
  disguised: "email.attachment.disguised",
  executable: "email.attachment.executable",
  runs_when_opened: "email.attachment.runs",
  known_bad: "email.attachment.known_bad",
  html_smuggling: "email.html_smuggling",
};

/** Names of what did not hold; never what stood there. */
function mailSignals({ fields }: Readonly<{ fields: Fields }>): Value | undefined {
  const signs = { unsigned: "email.dkim.signed", spf_failed: "email.spf.pass" };
  const failed = Object.entries(signs).flatMap(([name, alias]) => (fields[alias] === false ? [name] : []));
  return failed.length === 0 ? undefined : failed;
}

const BROWSER_FLAGS = {
  webdriver: "canary.fp.webdriver",
  webrtc_leak: "canary.fp.webrtc_leak",
  zone_mismatch: "canary.fp.zone_mismatch",
  agent_mismatch: "canary.fp.agent_mismatch",
  platform_mismatch: "canary.fp.platform_mismatch",
};

const FINGERPRINTS = {
  ja3: "tls.client.ja3",
  ja4: "tls.client.ja4",
  ja4_quic: "quic.client.ja4",
  ja4h: "http.ja4h",
  jarm: "tls.server.jarm",
  hassh: "ssh.hassh",
  h2_settings: "http2.settings",
  h3_settings: "http3.settings",
};
const FINGERPRINT = /^[0-9a-z_:;]{2,400}$/;

/** `ja3:…`: each fingerprint the event has, with its kind. */
function fingerprints({ fields }: Readonly<{ fields: Fields }>): Value | undefined {
  const found = Object.entries(FINGERPRINTS).flatMap(([kind, alias]) => {
    const value = fields[alias];
    return typeof value === "string" && FINGERPRINT.test(value) ? [`${kind}:${value}`] : [];
  });
  return found.length === 0 ? undefined : found;
}

const FILE_FLAGS = {
  executable: "file.executable",
  script: "file.script",
  web_script: "file.web_script",
  disguised: "file.disguised",
};

/** Names providers give to families, lists and threats: closed enough to be shown, never a URL or an address. */
const LABEL = /^[a-z0-9][a-z0-9 ._()/-]{0,63}$/i;

export const TELEMETRY_EXTRACTORS = {
  provider: word("intel.provider"),
  verdict: word("intel.verdict"),
  score: number("intel.score"),
  categories: words("intel.categories", /^\d{1,3}$/),
  classification: word("intel.classification"),
  threat_types: words("intel.threat_types"),
  malware_families: words("intel.malware_families", LABEL),
  indicator_kind: word("intel.indicator.kind"),
  indicator_sha256: word("intel.indicator.sha256", SHA256),
  indicator_fingerprint: word("intel.indicator.fingerprint", /^[0-9a-z_:;]{2,400}$/),
  fingerprints,
  protocol: word("network.protocol"),
  leaked_address: word("ipv6.leak.address", /^fe[89ab][0-9a-f:]{1,40}$/),
  mac_oui: word("ipv6.leak.mac_oui", /^[0-9a-f]{2}(?::[0-9a-f]{2}){2}$/),
  iid_kind: word("ipv6.leak.interface_id"),
  vector: word("ipv6.leak.vector"),
  file_size: number("file.size"),
  file_type: word("file.type"),
  file_traits: flags(FILE_FLAGS),
  shellcode: word("file.shellcode"),
  canary_token: word("canary.token", /^[A-Za-z0-9_-]{1,64}$/),
  canary_kind: word("canary.kind"),
  canary_channel: word("canary.channel"),
  tool: word("user_agent.tool"),
  metric: flags(BROWSER_FLAGS),
  matched_signature: word("canary.fp.automation"),
  body_sha256: word("email.body.sha256", SHA256),
  body_simhash: word("email.body.simhash", HASH),
  matched_headers: words("email.mismatches"),
  rcpt_domain_set: words("email.to.domains", DOMAIN),
  rcpt_count: number("email.to.count"),
  attachment_sha256s: words("email.attachment.sha256", SHA256),
  matched_kit: word("email.mailer.kit"),
  matched_trigger: flags(ATTACHMENT_FLAGS),
  matched_url_host: words("email.url.hosts", DOMAIN),
  matched_signals: mailSignals,
  matched_subject_kw: words("email.subject.topics"),
  matched_body_kw: words("email.body.topics"),
  encoded_byte_count: number("email.body.base64_bytes"),
} as const satisfies Record<string, Extract>;
type TelemetryKey = keyof typeof TELEMETRY_EXTRACTORS;

const payload = ["file_size", "file_type", "file_traits", "shellcode"] as const satisfies readonly TelemetryKey[];
const canary = ["canary_token", "canary_kind", "canary_channel", "tool"] as const satisfies readonly TelemetryKey[];

export const TELEMETRY_KEYS = {
  intel: [
    "provider",
    "verdict",
    "score",
    "categories",
    "classification",
    "threat_types",
    "malware_families",
    "indicator_kind",
    "indicator_sha256",
    "indicator_fingerprint",
  ],
  payload,
  http_fingerprint: ["fingerprints", "protocol", "tool"],
  network: ["leaked_address", "mac_oui", "iid_kind", "vector"],
  canary,
  canary_fingerprint: [...canary, "metric", "matched_signature"],
  email: [
    "body_sha256",
    "body_simhash",
    "matched_headers",
    "rcpt_domain_set",
    "rcpt_count",
    "attachment_sha256s",
    "matched_kit",
    "matched_trigger",
    "matched_url_host",
    "matched_signals",
    "matched_subject_kw",
    "matched_body_kw",
    "encoded_byte_count",
  ],
} as const satisfies Partial<Record<EventKind, readonly TelemetryKey[]>>;

/** Kinds of events the categories of these log sources hold. */
export const TELEMETRY_CATEGORIES = {
  email: ["email"],
  intel: ["intel"],
  payload: ["payload"],
  http_fingerprint: ["http_fingerprint"],
  ipv6_leak: ["network"],
  canary: ["canary"],
  canary_fingerprint: ["canary_fingerprint"],
} as const satisfies Readonly<Record<string, readonly EventKind[]>>;
