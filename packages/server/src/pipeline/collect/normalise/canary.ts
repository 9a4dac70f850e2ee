import { Buffer } from "node:buffer";
import { fingerprintAliases, isFingerprint } from "./canary-fingerprint.ts";
import { isObject, type Json, objectOf, textOf } from "./json-members.ts";
import type { Telemetry } from "./telemetry.ts";
import { toolOfAgent } from "./tool-catalogue.ts";

/** What a token is of, told from many spellings of its type; the techniques rules name hang on it. */
type CanaryKind = "credential" | "cloud_key" | "document" | "database" | "share" | "web" | "name" | "other";

/** Types of Canarytokens (thinkst/canarytokens, models) and our own; anything else is `other`. */
const KINDS: Readonly<Record<string, CanaryKind>> = {
  aws_keys: "cloud_key",
  aws_passive: "cloud_key",
  aws_key: "cloud_key",
  azure_id: "cloud_key",
  gcp_keys: "cloud_key",
  crowdstrike_keys: "cloud_key",
  credential: "credential",
  env_file: "credential",
  git_config: "credential",
  ssh_key: "credential",
  aws_creds: "credential",
  kubeconfig: "credential",
  wireguard: "credential",
  slack_api: "credential",
  npm_publish: "credential",
  onepassword: "credential",
  idp_app: "credential",
  document: "document",
  honeydoc: "document",
  honeydoc_docx: "document",
  honeydoc_pdf: "document",
  ms_word: "document",
  ms_excel: "document",
  adobe_pdf: "document",
  pdf_acrobat_reader: "document",
  doc_msword: "document",
  doc_msexcel: "document",
  signed_exe: "document",
  cmd: "document",
  windows_dir: "share",
  windows_fake_fs: "share",
  webdav: "share",
  smb: "share",
  mysql_dump: "database",
  my_sql: "database",
  sql_server: "database",
  postgresql: "database",
  http: "web",
  web: "web",
  web_image: "web",
  qr_code: "web",
  fast_redirect: "web",
  slow_redirect: "web",
  clonedsite: "web",
  cssclonedsite: "web",
  fingerprint_html: "web",
  fingerprint_svg: "web",
  svg: "web",
  dns: "name",
};

/** `canary.{token}.{what}`, and nothing that only looks like it: what is not a trigger says nothing of an attacker. */
const TOPIC = /^canary\.([A-Za-z0-9_-]{1,64})\.(placed|triggered|revoked)$/;
const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;
const EVENT_TYPES: Readonly<Record<string, "placed" | "triggered" | "revoked" | undefined>> = {
  "canary.triggered": "triggered",
  "canary.placed": "placed",
  "canary.revoked": "revoked",
  canary_triggered: "triggered",
  canary_placed: "placed",
  canary_revoked: "revoked",
};

type Seen = Readonly<{
  what: "placed" | "triggered" | "revoked";
  token?: string | undefined;
  type?: string | undefined;
  channel?: string | undefined;
  agent?: string | undefined;
  fingerprint?: Json | undefined;
  renamed?: Json | undefined;
}>;

/** Our own shape: a topic or an event type, with `token_id`, `token_type`, `user_agent` and perhaps `fingerprint`. */
function readOwn(json: Json): Seen | undefined {
  const named = textOf(json, "topic", "event_type", "event.action", "action") ?? "";
  const topic = TOPIC.exec(named);
  const what = topic === null ? (Object.hasOwn(EVENT_TYPES, named) ? EVENT_TYPES[named] : undefined) : topic[2];
  if (what !== "placed" && what !== "triggered" && what !== "revoked") return undefined;
  return {
    what,
    token: topic?.[1] ?? textOf(json, "token_id", "token"),
    type: textOf(json, "token_type", "token_kind"),
    channel: textOf(json, "channel") ?? (textOf(json, "dns_qname") === undefined ? "http" : "dns"),
    agent: textOf(json, "user_agent", "useragent"),
    fingerprint: objectOf(json, "fingerprint") ?? decodedFingerprint(textOf(json, "d")),
  };
}

/** What a page sends in its address: base64url of JSON. */
function decodedFingerprint(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Alerts of Canarytokens by webhook (thinkst/canarytokens, class TokenAlertDetails); older ones have no `token`. */
function readCanarytokens(json: Json): Seen | undefined {
  const isAlert =
    textOf(json, "manage_url") !== undefined && Object.hasOwn(json, "memo") && Object.hasOwn(json, "channel");
  if (!isAlert) return undefined;
  const more = objectOf(json, "additional_data") ?? {};
  const data = objectOf(json, "src_data") ?? {};
  return {
    what: "triggered",
    token: textOf(json, "token"),
    type: textOf(json, "token_type"),
    channel: textOf(json, "channel"),
    agent: textOf(more, "useragent", "user_agent") ?? textOf(data, "useragent", "user_agent"),
    renamed: { src_ip: textOf(json, "src_ip") ?? textOf(more, "src_ip"), event_id: undefined },
  };
}

/** Alerts of a Canary console by webhook: tokens only, its decoys' own alerts are other things. */
function readConsole(json: Json): Seen | undefined {
  if (textOf(json, "AlertType") !== "CanarytokenIncident") return undefined;
  return {
    what: "triggered",
    token: textOf(json, "Token", "CanarytokenID"),
    channel: "http",
    renamed: { src_ip: textOf(json, "SourceIP"), timestamp: textOf(json, "Timestamp") },
  };
}

/** The names of channels are few; anything else is none of them. */
function channelOf(text: string | undefined): string | undefined {
  const name = text?.toLowerCase() ?? "";
  if (name.includes("dns")) return "dns";
  if (name.includes("http") || name.includes("web")) return "http";
  return ["smtp", "mysql", "wireguard", "aws"].find((known) => name.includes(known));
}

/**
 * A canary that was touched. The address is that of the connection its source saw: a header such as `X-Forwarded-For`,
 * which anybody may write, is never read.
 */
export function readCanary(json: Json): Telemetry | undefined {
  const seen = readOwn(json) ?? readCanarytokens(json) ?? readConsole(json);
  if (seen === undefined) return undefined;
  const { what, fingerprint, renamed } = seen;
  if (what !== "triggered") {
    return { kind: "log", action: `canary.${what}`, category: "log", product: "canary", ecs: {} };
  }
  const touched = {
    action: "canary.triggered",
    product: "canary",
    outcome: "success",
    severity: "high",
    renamed,
  } as const;
  const aliases = touchAliases(seen);
  if (fingerprint === undefined || !isFingerprint(fingerprint)) {
    return { ...touched, kind: "canary", category: "canary", ecs: aliases };
  }
  const src = textOf({ ...json, ...renamed }, "src_ip", "source_ip", "client_ip", "remote_ip", "attacker_ip");
  const ecs = { ...aliases, ...fingerprintAliases(fingerprint, { agent: seen.agent, src }) };
  return { ...touched, kind: "canary_fingerprint", category: "canary_fingerprint", ecs };
}

function touchAliases({ token, type, channel, agent }: Seen): Json {
  const name = type?.toLowerCase() ?? "";
  return {
    "canary.token": token !== undefined && TOKEN.test(token) ? token : undefined,
    "canary.kind": Object.hasOwn(KINDS, name) ? KINDS[name] : "other",
    "canary.channel": channelOf(channel),
    "user_agent.tool": toolOfAgent(agent),
  };
}
