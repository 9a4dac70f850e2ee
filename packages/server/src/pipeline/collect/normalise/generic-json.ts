import { EVENT_KINDS, SEVERITIES, type EventKind, type Severity } from "@tyr/contract";
import { containerAliases } from "./container-request.ts";
import type { EventEndpoint, Logsource, Normalised, Outcome } from "../event.ts";
import { endpointOf, eventOf } from "./draft.ts";
import { anyInstant } from "./instants.ts";
import { maskedStatement } from "./masked.ts";
import type { NormaliseOptions } from "./options.ts";

const maskedOf = (statement: string | undefined): string | undefined =>
  statement === undefined ? undefined : maskedStatement(statement);

type Json = Readonly<Record<string, unknown>>;

/** Names senders use for the same thing; the first that is there wins. A dot also looks into objects. */
const NAMES = {
  time: ["timestamp", "@timestamp", "time", "ts", "datetime", "date", "event_time", "eventTime", "utc_time"],
  srcIp: [
    "src_ip",
    "source_ip",
    "source.ip",
    "client_ip",
    "client.ip",
    "remote_ip",
    "remote_addr",
    "src_host",
    "srcip",
    "peer_ip",
    "attacker_ip",
    "ip",
  ],
  srcPort: [
    "src_port",
    "source_port",
    "source.port",
    "client_port",
    "client.port",
    "remote_port",
    "srcport",
    "peer_port",
  ],
  dstIp: ["dst_ip", "dest_ip", "destination_ip", "destination.ip", "server_ip", "server.ip", "dst_host", "dstip"],
  dstPort: ["dst_port", "dest_port", "destination_port", "destination.port", "server_port", "server.port", "dstport"],
  user: [
    "user.name",
    "username",
    "user_name",
    "user",
    "login",
    "account",
    "payload.username",
    "payload.user",
    "logdata.USERNAME",
  ],
  password: ["password", "user.password", "payload.password", "logdata.PASSWORD"],
  session: ["session", "session_id", "session.id", "sessionid", "connection_id"],
  transport: ["transport", "proto", "network.transport"],
  protocol: ["protocol", "network.protocol", "app_proto"],
  action: ["event.action", "action", "event_type", "eventType", "event_name", "type", "eventid"],
  outcome: ["event.outcome", "outcome", "result", "status", "success"],
  severity: ["severity", "event.severity", "level", "log.level"],
  command: ["process.command_line", "command_line", "CommandLine", "command", "cmd", "payload.command", "input"],
  url: ["url.original", "url.path", "url", "uri", "request_uri", "payload.url", "payload.path", "path"],
  method: ["http.request.method", "method", "request_method", "http_method", "payload.method"],
  status: ["http.response.status_code", "status_code", "http_status", "payload.status"],
  body: ["http.request.body.content", "request_body"],
  agent: ["user_agent.original", "user_agent", "userAgent", "http_user_agent", "payload.user_agent"],
  sha256: ["file.hash.sha256", "sha256", "shasum"],
  message: ["message", "msg", "log", "short_message"],
  host: ["host.name", "host", "hostname"],
  statement: ["db.statement", "db.query.text", "statement", "query", "sql"],
  kind: ["event.kind", "kind"],
  id: ["event.id", "event_id", "eventId"],
  product: ["logsource.product", "product", "observer.product"],
  service: ["logsource.service", "service.name", "service", "program"],
} as const satisfies Record<string, readonly string[]>;
type Name = keyof typeof NAMES;

type Path = readonly [alias: string, steps: readonly string[]];
const PATHS: ReadonlyMap<string, readonly Path[]> = new Map(
  Object.entries(NAMES).map(([name, aliases]) => [name, aliases.map((alias): Path => [alias, alias.split(".")])]),
);

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inside(json: Json, path: readonly string[]): unknown {
  let value: unknown = json;
  for (const step of path) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** The first scalar under one of the names. */
function scalar(json: Json, name: Name): string | number | boolean | undefined {
  for (const [alias, path] of PATHS.get(name) ?? []) {
    const value = Object.hasOwn(json, alias) ? json[alias] : path.length > 1 ? inside(json, path) : undefined;
    if (typeof value === "string" ? value !== "" : typeof value === "number" || typeof value === "boolean") {
      return value as string | number | boolean;
    }
  }
  return undefined;
}

function text(json: Json, name: Name): string | undefined {
  const value = scalar(json, name);
  return value === undefined ? undefined : String(value);
}

/** Event types of honeypots that send one object per contact, and of other common senders. */
const KINDS: readonly (readonly [RegExp, EventKind])[] = [
  [/auth|log-?in|logon|credential/i, "auth_attempt"],
  [/command|exec|shell/i, "command"],
  [/http|request|web/i, "http_request"],
  [/download|upload|payload|exploit|malware/i, "payload"],
  [/scan|flow|dns|network/i, "network"],
  [/connect|session|disconnect/i, "session"],
  [/query|sql|^redis$|^mongodb$/i, "db_query"],
  [/canary|token/i, "canary"],
];
const CATEGORIES: Readonly<Partial<Record<EventKind, string>>> = {
  auth_attempt: "authentication",
  command: "command",
  http_request: "webserver",
  session: "honeypot",
  payload: "honeypot",
  network: "honeypot",
  canary: "honeypot",
  db_query: "database",
};

function kindOf(json: Json, action: string | undefined): EventKind {
  const named = text(json, "kind");
  const declared = EVENT_KINDS.find((kind) => kind === named);
  if (declared !== undefined) return declared;
  const byAction = KINDS.find(([pattern]) => pattern.test(action ?? ""))?.[1];
  if (byAction !== undefined) return byAction;
  if (text(json, "command") !== undefined) return "command";
  return text(json, "method") !== undefined && text(json, "url") !== undefined ? "http_request" : "log";
}

function outcomeOf(json: Json): Outcome {
  const value = scalar(json, "outcome");
  if (value === true || /^(?:success|succeeded|ok|accepted|allowed|true)$/i.test(String(value))) return "success";
  if (value === false || /^(?:fail|failed|failure|error|denied|rejected|false)$/i.test(String(value))) return "failure";
  return "unknown";
}

function severityOf(json: Json): Severity {
  const named = text(json, "severity")?.toLowerCase();
  return SEVERITIES.find((severity) => severity === named) ?? "info";
}

function logsourceOf(json: Json, kind: EventKind): Logsource {
  const product = text(json, "product")?.slice(0, 64).toWellFormed();
  const service = text(json, "service")?.slice(0, 64).toWellFormed();
  return {
    category: CATEGORIES[kind] ?? "log",
    ...(product === undefined ? {} : { product }),
    ...(service === undefined ? {} : { service }),
  };
}

function aliases(json: Json, kind: EventKind, src: EventEndpoint | null): Json {
  const command = text(json, "command");
  const url = kind === "http_request" ? text(json, "url") : undefined;
  const [path, query] =
    url === undefined ? [] : [url.split("?", 1)[0], url.includes("?") ? url.slice(url.indexOf("?") + 1) : undefined];
  const status = Number(scalar(json, "status") ?? Number.NaN);
  const web = {
    "cs-method": text(json, "method"),
    "cs-uri": url,
    "cs-uri-stem": path,
    "cs-uri-query": query,
    "cs-user-agent": text(json, "agent"),
    "c-ip": src?.ip,
  };
  return {
    "network.protocol": text(json, "protocol"),
    "host.name": text(json, "host"),
    message: text(json, "message"),
    "process.command_line": command,
    CommandLine: command,
    "user.password": scalar(json, "password") === undefined ? undefined : "***",
    "db.statement": kind === "db_query" ? maskedOf(text(json, "statement") ?? command) : undefined,
    "url.original": url,
    "url.path": path,
    "url.query": query,
    "http.request.method": text(json, "method"),
    "http.response.status_code": Number.isInteger(status) ? status : undefined,
    "user_agent.original": text(json, "agent"),
    ...containerAliases(path, text(json, "body")),
    "file.hash.sha256": text(json, "sha256"),
    ...(kind === "http_request" ? { ...web, "sc-status": Number.isInteger(status) ? status : undefined } : {}),
  };
}

/** Where Windows writes when something happened; the shippers' own names stand before them. */
const WINDOWS_TIMES = [["UtcTime"], ["TimeCreated"], ["Event", "System", "TimeCreated", "SystemTime"]];
/** Who logged it: the sign of an event of Windows, whose `event_id` is the number of its kind and nobody's identity. */
const WINDOWS_SIGNS = ["Channel", "Provider_Name", "ProviderName", "SourceName", "EventLog", "winlog", "Event"];

function windowsTime(json: Json): Date | undefined {
  return WINDOWS_TIMES.map((steps) => anyInstant(inside(json, steps))).find((time) => time !== undefined);
}

function identityOf(json: Json): string | undefined {
  const id = text(json, "id");
  const isKind = id !== undefined && /^\d{1,5}$/.test(id) && WINDOWS_SIGNS.some((name) => Object.hasOwn(json, name));
  return isKind ? undefined : id;
}

/** Any JSON object. One without a time happened, as far as anybody knows, when it was received: `tyr.time` says so. */
export function normaliseJson(json: Json, raw: string, options: NormaliseOptions): Normalised {
  const named = options.time === undefined ? scalar(json, "time") : undefined;
  const given = options.time ?? (named === undefined ? windowsTime(json) : anyInstant(named));
  const time = named === undefined ? (given ?? options.now) : given;
  if (time === undefined)
    return { ok: false, reason: "JSON event whose time is neither ISO 8601 nor a number since 1970" };
  const action = text(json, "action");
  const kind = kindOf(json, action);
  const src = endpointOf(text(json, "srcIp"), scalar(json, "srcPort"));
  const event = eventOf({
    time,
    timeOrigin: given === undefined ? "observed" : "source",
    kind,
    action: action ?? kind,
    outcome: outcomeOf(json),
    severity: severityOf(json),
    src,
    dst: endpointOf(text(json, "dstIp"), scalar(json, "dstPort")),
    session: text(json, "session"),
    transport: text(json, "transport"),
    user: text(json, "user"),
    logsource: logsourceOf(json, kind),
    fields: json,
    fieldsInRaw: true,
    raw,
    sourceId: identityOf(json),
    ecs: aliases(json, kind, src),
  });
  return { ok: true, event };
}
