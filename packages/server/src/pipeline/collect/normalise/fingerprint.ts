import { isObject, type Json, numberOf, objectOf, textOf } from "./json-members.ts";
import type { Telemetry } from "./telemetry.ts";
import { toolOfAgent } from "./tool-catalogue.ts";

/**
 * Fingerprints of clients as network sensors compute them: Suricata's EVE (`tls`, `quic`, `ssh`, `http`), Zeek's `ssl.log` and
 * `ssh.log`, and our own shape. We compute none: JA4H is licensed for non-commercial use (FoxIO License 1.1), so Tyr
 * reads what a sensor wrote and looks at the part of it that is plain text.
 */
type Fingerprints = Readonly<{
  ja3?: string | undefined;
  ja4?: string | undefined;
  ja4h?: string | undefined;
  ja4Quic?: string | undefined;
  jarm?: string | undefined;
  hassh?: string | undefined;
  h2Settings?: string | undefined;
  h3Settings?: string | undefined;
  agent?: string | undefined;
  protocol?: string | undefined;
}>;

const MD5 = /^[0-9a-f]{32}$/;
/** JA4: `t13d1516h2_8daaf6152771_e5627efa2ab1`; QUIC begins with q, DTLS with d. */
const JA4 = /^[tqd][0-9a-z]{9}_[0-9a-f]{12}_[0-9a-f]{12}$/;
/** JA4H: `ge11nn05enus_…` and three parts of twelve digits. */
const JA4H = /^[a-z]{2}[0-9]{2}[cn][rn][0-9]{2}[0-9a-z]{4}_[0-9a-f]{12}_[0-9a-f]{12}_[0-9a-f]{12}$/;
const JARM = /^[0-9a-f]{62}$/;
/** Identifiers and values of a SETTINGS frame (RFC 9113, 6.5): `1:65536;3:1000;4:6291456`. */
const SETTINGS = /^\d{1,5}:\d{1,10}(?:[;,]\d{1,5}:\d{1,10}){0,32}$/;

function fit(value: string | undefined, pattern: RegExp): string | undefined {
  const text = value?.toLowerCase();
  return text !== undefined && text.length <= 512 && pattern.test(text) ? text : undefined;
}

/** `{ "hash": "…", "string": "…" }`, or the hash itself. */
function hashIn(json: Json, name: string): string | undefined {
  return textOf(objectOf(json, name) ?? {}, "hash") ?? textOf(json, name);
}

/** Suricata: lists of `{ "settings_id": "SETTINGSHEADERTABLESIZE", "settings_value": 65536 }`; ids as the RFC numbers them. */
const SETTING_IDS: Readonly<Record<string, number>> = {
  SETTINGSHEADERTABLESIZE: 1,
  SETTINGSENABLEPUSH: 2,
  SETTINGSMAXCONCURRENTSTREAMS: 3,
  SETTINGSINITIALWINDOWSIZE: 4,
  SETTINGSMAXFRAMESIZE: 5,
  SETTINGSMAXHEADERLISTSIZE: 6,
};

function settingsOf(http: Json): string | undefined {
  const request = objectOf(objectOf(http, "http2") ?? {}, "request");
  const list = request?.["settings"];
  if (!Array.isArray(list)) return undefined;
  const pairs = list.slice(0, 32).flatMap((one) => {
    const id = isObject(one)
      ? (SETTING_IDS[textOf(one, "settings_id")?.toUpperCase() ?? ""] ?? numberOf(one, "settings_id"))
      : undefined;
    const value = isObject(one) ? numberOf(one, "settings_value") : undefined;
    return id === undefined || value === undefined ? [] : [`${id}:${value}`];
  });
  return pairs.length === 0 ? undefined : pairs.join(";");
}

function readSuricata(json: Json): Fingerprints | undefined {
  const type = textOf(json, "event_type") ?? "";
  if (!["tls", "quic", "ssh", "http", "http2"].includes(type) || textOf(json, "src_ip") === undefined) return undefined;
  const part = objectOf(json, type === "http2" ? "http" : type);
  if (part === undefined) return undefined;
  if (type === "ssh") return { hassh: hashIn(objectOf(part, "client") ?? {}, "hassh"), protocol: "ssh" };
  const ja4 = textOf(part, "ja4");
  if (type === "quic") return { ja3: hashIn(part, "ja3"), ja4Quic: ja4, protocol: "quic" };
  if (type === "tls") return { ja3: hashIn(part, "ja3"), ja4, protocol: "tls" };
  return {
    ja4h: textOf(part, "ja4h"),
    h2Settings: settingsOf(part),
    agent: textOf(part, "http_user_agent"),
    protocol: "http",
  };
}

/** Zeek writes `id.orig_h`; its JA3, JA4 and HASSH packages add columns. */
function readZeek(json: Json): Fingerprints | undefined {
  if (textOf(json, "id.orig_h") === undefined) return undefined;
  const hassh = textOf(json, "hassh");
  const jarm = textOf(json, "jarm");
  const protocol = hassh === undefined ? "tls" : "ssh";
  return { ja3: textOf(json, "ja3"), ja4: textOf(json, "ja4"), ja4h: textOf(json, "ja4h"), hassh, jarm, protocol };
}

const OWN_NAMES: Readonly<Record<string, keyof Fingerprints | undefined>> = {
  ja3: "ja3",
  ja4: "ja4",
  ja4h: "ja4h",
  ja4_quic: "ja4Quic",
  jarm: "jarm",
  hassh: "hassh",
  h2_settings: "h2Settings",
  h3_settings: "h3Settings",
};

/** Our own: `event_type` `http_fingerprint`, with members by these names, or `fingerprint_kind` and `hash`. */
function readOwn(json: Json): Fingerprints | undefined {
  const named = textOf(json, "event_type", "action", "event.action", "kind", "event.kind");
  if (named !== "http_fingerprint" && named !== "attacker.fingerprinted") return undefined;
  const kind = textOf(json, "fingerprint_kind") ?? "";
  const single = Object.hasOwn(OWN_NAMES, kind) ? { [kind]: textOf(json, "hash") } : {};
  const all: Json = { ...json, ...single };
  const read = Object.entries(OWN_NAMES).flatMap(([name, member]) =>
    member === undefined ? [] : [[member, textOf(all, name)] as const],
  );
  return {
    ...Object.fromEntries(read),
    agent: textOf(json, "user_agent", "http_user_agent"),
    protocol: textOf(json, "protocol"),
  };
}

const PROTOCOLS = ["ssh", "tls", "quic", "http", "h1", "h2", "h2c", "h3"];
/** A browser sends its language and a dozen headers; a small program sends neither. */
const BARE_HEADERS_MAX = 4;

function isBare(ja4h: string | undefined): boolean | undefined {
  if (ja4h === undefined) return undefined;
  return ja4h.slice(8, 12) === "0000" && Number(ja4h.slice(6, 8)) <= BARE_HEADERS_MAX;
}

function aliasesOf(found: Fingerprints): Json {
  const ja4h = fit(found.ja4h, JA4H);
  return {
    "tls.client.ja3": fit(found.ja3, MD5),
    "tls.client.ja4": fit(found.ja4, JA4),
    "quic.client.ja4": fit(found.ja4Quic, JA4),
    "tls.server.jarm": fit(found.jarm, JARM),
    "ssh.hassh": fit(found.hassh, MD5),
    "http.ja4h": ja4h,
    "http.client.bare": isBare(ja4h),
    "http2.settings": fit(found.h2Settings, SETTINGS)?.replaceAll(",", ";"),
    "http3.settings": fit(found.h3Settings, SETTINGS)?.replaceAll(",", ";"),
    "user_agent.tool": toolOfAgent(found.agent),
  };
}

/** What a sensor of the network saw of a client; a line without any fingerprint is none of these. */
export function readFingerprint(json: Json): Telemetry | undefined {
  const found = readSuricata(json) ?? readOwn(json) ?? readZeek(json);
  if (found === undefined) return undefined;
  const aliases = aliasesOf(found);
  const kinds = Object.entries(aliases).flatMap(([name, value]) => (typeof value === "string" ? [name] : []));
  if (kinds.every((name) => name === "user_agent.tool")) return undefined;
  const isSsh = found.protocol === "ssh";
  const protocol = PROTOCOLS.includes(found.protocol ?? "") ? found.protocol : undefined;
  return {
    kind: isSsh ? "session" : "http_fingerprint",
    action: isSsh ? "ssh.client_kex" : "http.fingerprint",
    category: isSsh ? "honeypot" : "http_fingerprint",
    severity: "info",
    renamed: {
      src_ip: textOf(json, "src_ip", "id.orig_h", "client_ip"),
      src_port: numberOf(json, "src_port", "id.orig_p"),
    },
    ecs: { "network.protocol": protocol, ...aliases },
  };
}
