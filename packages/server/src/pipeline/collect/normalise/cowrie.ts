import type { EventKind, Severity } from "@tyr/contract";
import type { Normalised, Outcome } from "../event.ts";
import { endpointOf, eventOf } from "./draft.ts";
import { isoInstant } from "./instants.ts";

type Json = Readonly<Record<string, unknown>>;
type Meaning = Readonly<{
  kind: EventKind;
  /** `*` stands for the protocol of the session. */
  action: string;
  category: "authentication" | "command" | "honeypot" | "log";
  outcome?: Outcome;
  severity?: Severity;
}>;

const session = (action: string, severity: Severity = "info"): Meaning => ({
  kind: "session",
  action,
  category: "honeypot",
  severity,
});
const payload = (action: string, outcome: Outcome): Meaning => ({
  kind: "payload",
  action,
  category: "honeypot",
  outcome,
  severity: "high",
});

/** Cowrie's event ids (docs/OUTPUT.rst of Cowrie 3) and what they mean here. Others become kind `log`, visibly. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  "session.connect": session("*.connect"),
  "session.closed": session("*.disconnect"),
  "session.params": session("*.session_params"),
  "client.version": session("ssh.client_version"),
  "client.kex": session("ssh.client_kex"),
  "client.size": session("*.client_size"),
  "client.var": session("*.client_var"),
  "client.fingerprint": { kind: "credential", action: "ssh.publickey_offered", category: "honeypot", severity: "low" },
  "login.failed": {
    kind: "auth_attempt",
    action: "*.login",
    category: "authentication",
    outcome: "failure",
    severity: "low",
  },
  "login.success": {
    kind: "auth_attempt",
    action: "*.login",
    category: "authentication",
    outcome: "success",
    severity: "medium",
  },
  "command.input": { kind: "command", action: "shell.command", category: "command", severity: "medium" },
  "command.failed": { kind: "log", action: "shell.command_not_found", category: "honeypot", outcome: "failure" },
  "command.success": { kind: "log", action: "shell.command_found", category: "honeypot", outcome: "success" },
  "session.input": { kind: "log", action: "shell.input", category: "honeypot", severity: "low" },
  "session.file_download": payload("file.download", "success"),
  "session.file_download.failed": payload("file.download", "failure"),
  "session.file_upload": payload("file.upload", "success"),
  "direct-tcpip.request": { kind: "network", action: "ssh.forward", category: "honeypot", severity: "medium" },
  "direct-tcpip.data": { kind: "network", action: "ssh.forward_data", category: "honeypot", severity: "medium" },
  "log.closed": { kind: "log", action: "session.recorded", category: "honeypot" },
};

function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

/** A tunnel's far end is the destination; everywhere else Cowrie's `dst_*` is the decoy itself. Same names, both ways. */
function aliases(json: Json, protocol: string): Json {
  const command = text(json["input"]);
  const triedPassword = typeof json["password"] === "string";
  const isKey = json["key"] !== undefined || json["fingerprint"] !== undefined;
  return {
    "network.protocol": protocol,
    message: text(json["message"]),
    "process.command_line": command,
    CommandLine: command,
    "auth.method": triedPassword ? "password" : isKey ? "publickey" : undefined,
    "user.password": triedPassword ? "***" : undefined,
    "ssh.client.version": text(json["version"]),
    "ssh.hassh": text(json["hassh"]),
    "file.hash.sha256": text(json["shasum"]),
    "file.url": text(json["url"]),
    "file.name": text(json["filename"] ?? json["destfile"]),
  };
}

/** An event of Cowrie's JSON log. `json` is what `raw` holds. */
export function normaliseCowrie(json: Json, raw: string): Normalised {
  const eventId = text(json["eventid"]);
  if (eventId === undefined) return { ok: false, reason: "Cowrie line without `eventid`" };
  const time = isoInstant(text(json["timestamp"]) ?? "");
  if (time === undefined) return { ok: false, reason: "Cowrie line whose `timestamp` is not an ISO 8601 time" };
  const protocol = json["protocol"] === "telnet" ? "telnet" : "ssh";
  const name = eventId.replace(/^cowrie\./, "");
  const known = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
  const meaning: Meaning = known ?? { kind: "log", action: `cowrie.${name}`, category: "log" };
  const service = meaning.category === "command" ? "shell" : protocol === "ssh" ? "sshd" : "telnet";
  const event = eventOf({
    time,
    kind: meaning.kind,
    action: meaning.action.replace("*", protocol),
    outcome: meaning.outcome ?? "unknown",
    severity: meaning.severity ?? "info",
    src: endpointOf(json["src_ip"], json["src_port"]),
    dst: endpointOf(json["dst_ip"], json["dst_port"]),
    session: text(json["session"]),
    transport: "tcp",
    user: text(json["username"]),
    logsource: { product: "cowrie", category: meaning.category, service },
    fields: json,
    fieldsInRaw: true,
    raw,
    ecs: aliases(json, protocol),
  });
  return { ok: true, event };
}
