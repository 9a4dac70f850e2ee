import type { EventKind, Severity } from "@tyr/contract";
import { maskedStatement } from "./masked.ts";
import type { Outcome } from "../event.ts";
import { isObject, type Json, numberOf, objectOf, textOf } from "./json-members.ts";
import type { Telemetry } from "./telemetry.ts";
import { toolOfAgent } from "./tool-catalogue.ts";
import { urlAliases } from "./web-aliases.ts";

type Meaning = Readonly<{
  kind: EventKind;
  action: string;
  category: string;
  service: string;
  severity: Severity;
  outcome?: Outcome;
}>;

/** Nothing gets in there: every login is refused. */
const login = (service: string): Meaning => ({
  kind: "auth_attempt",
  action: `${service}.login`,
  category: "authentication",
  service,
  severity: "low",
  outcome: "failure",
});
const contact = (service: string, action: string, severity: Severity = "low"): Meaning => ({
  kind: "session",
  action: `${service}.${action}`,
  category: "honeypot",
  service,
  severity,
});
const scan = (action: string): Meaning => ({
  kind: "network",
  action: `portscan.${action}`,
  category: "honeypot",
  service: "portscan",
  severity: "medium",
});

/** Numbers of event types (thinkst/opencanary, opencanary/logger.py). 1000 to 1006 are its own health. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  2000: login("ftp"),
  2001: contact("ftp", "auth_begin"),
  3000: { kind: "http_request", action: "web.request", category: "webserver", service: "http", severity: "info" },
  3001: login("http"),
  3002: { kind: "http_request", action: "web.request", category: "webserver", service: "http", severity: "low" },
  4000: contact("ssh", "connect"),
  4001: contact("ssh", "client_version"),
  4002: login("ssh"),
  5000: {
    kind: "canary",
    action: "canary.triggered",
    category: "canary",
    service: "smb",
    severity: "high",
    outcome: "success",
  },
  5001: scan("syn"),
  5002: scan("nmap_os"),
  5003: scan("nmap_null"),
  5004: scan("nmap_xmas"),
  5005: scan("nmap_fin"),
  6001: login("telnet"),
  7001: login("httpproxy"),
  8001: login("mysql"),
  9001: login("mssql"),
  9002: login("mssql"),
  10001: contact("tftp", "request", "medium"),
  11001: contact("ntp", "monlist", "medium"),
  12001: login("vnc"),
  13001: contact("snmp", "request"),
  14001: login("rdp"),
  15001: contact("sip", "request"),
  16001: contact("git", "clone", "medium"),
  17001: {
    kind: "db_query",
    action: "redis.command",
    category: "database",
    service: "redis",
    severity: "medium",
    outcome: "failure",
  },
  18001: contact("tcp", "connect"),
  18003: contact("tcp", "data"),
  18004: contact("tcp", "data"),
  18005: contact("tcp", "data"),
  19001: contact("llmnr", "answer", "high"),
};

/** An event of OpenCanary's log; its own health is a plain line. */
export function readOpenCanary(json: Json): Telemetry | undefined {
  const type = numberOf(json, "logtype");
  if (type === undefined || textOf(json, "node_id") === undefined || !isObject(json["logdata"])) return undefined;
  const data = objectOf(json, "logdata") ?? {};
  const meaning = Object.hasOwn(MEANINGS, type) ? MEANINGS[type] : undefined;
  if (meaning === undefined) {
    return { kind: "log", action: "opencanary.event", category: "log", product: "opencanary", ecs: {} };
  }
  const { service } = meaning;
  return {
    ...meaning,
    product: meaning.kind === "canary" ? "canary" : "opencanary",
    user: textOf(data, "USERNAME", "username", "UserName"),
    renamed: { timestamp: textOf(json, "utc_time", "local_time") },
    ecs: {
      "network.protocol": service === "portscan" ? undefined : service,
      "ssh.client.version": service === "ssh" ? textOf(data, "REMOTEVERSION") : undefined,
      ...loginAliases(meaning, data),
      ...canaryAliases(meaning),
      ...requestAliases(meaning, data),
      ...queryAliases(meaning, data),
    },
  };
}

function loginAliases({ kind }: Meaning, data: Json): Json {
  if (kind !== "auth_attempt") return {};
  const tried = textOf(data, "PASSWORD", "Password", "VNC Password") !== undefined;
  return tried ? { "auth.method": "password", "user.password": "***" } : {};
}

function canaryAliases({ kind }: Meaning): Json {
  return kind === "canary" ? { "canary.kind": "share", "canary.channel": "smb" } : {};
}

function requestAliases({ kind }: Meaning, data: Json): Json {
  if (kind !== "http_request") return {};
  const url = textOf(data, "PATH");
  const agent = textOf(data, "USERAGENT");
  const method = textOf(data, "REQUEST_TYPE") ?? "GET";
  return {
    ...urlAliases({ method, target: url }),
    "user_agent.original": agent,
    "user_agent.tool": toolOfAgent(agent),
    "cs-user-agent": agent,
  };
}

/** The command, and what of its arguments OpenCanary kept (opencanary/modules/redis.py). */
function queryAliases({ kind }: Meaning, data: Json): Json {
  if (kind !== "db_query") return {};
  const parts = [textOf(data, "CMD", "cmd"), textOf(data, "ARGS", "args")].filter((part) => part !== undefined);
  return { "db.statement": maskedStatement(parts.join(" ")) };
}
