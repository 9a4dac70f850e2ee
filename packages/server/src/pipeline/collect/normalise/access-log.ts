import type { Normalised, Outcome } from "../event.ts";
import { endpointOf, eventOf, present } from "./draft.ts";
import { accessInstant } from "./instants.ts";
import type { NormaliseOptions } from "./options.ts";

const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
/**
 * Common and combined log format, with or without a leading virtual host. The user name is the attacker's choice: quotes
 * in it are escaped by the server, so the first ` [time] "` with a bare quote is the real one.
 */
const LINE = new RegExp(
  String.raw`^(?:(\S+:\d{1,5}) )?(\S+) (\S+) (.*?) \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] ` +
    String.raw`${QUOTED} (\d{3}|-) (\d{1,18}|-)(?: ${QUOTED} ${QUOTED})?(?: (.*))?$`,
);
const REQUEST = /^([A-Z][A-Z_-]{0,30}) (\S.*?)(?: (HTTP\/\d(?:\.\d)?))?$/;
/** `%2525…` would otherwise decode for ever. */
const DECODINGS_MAX = 3;

function given(text: string | undefined): string | undefined {
  return text === undefined || text === "-" || text === "" ? undefined : text;
}

function numeric(text: string | undefined): number | undefined {
  return text === undefined || text === "-" ? undefined : Number(text);
}

/** Percent-decodes byte by byte until nothing changes: what the request really asks for, wrong escapes left alone. */
export function decodedUrl(url: string): string {
  let decoded = url;
  for (let round = 0; round < DECODINGS_MAX && decoded.includes("%"); round += 1) {
    const next = decoded.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) =>
      Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
    );
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}

type Request = Readonly<{ method?: string; target?: string; version?: string }>;

function readRequest(text: string): Request {
  const found = REQUEST.exec(text);
  if (found === null) return {};
  const [, method = "", target = "", version] = found;
  return version === undefined ? { method, target } : { method, target, version };
}

function urlAliases({ method, target, version }: Request, line: string): Readonly<Record<string, unknown>> {
  const url = target ?? given(line);
  if (url === undefined) return {};
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? undefined : url.slice(mark + 1);
  const decoded = decodedUrl(url);
  return {
    "url.original": url,
    "url.path": target === undefined ? undefined : path,
    "url.query": target === undefined ? undefined : query,
    "url.decoded": decoded,
    "http.request.method": method,
    "http.version": version?.slice("HTTP/".length),
    "cs-method": method,
    "cs-uri": url,
    "cs-uri-stem": path,
    "cs-uri-query": query,
    "cs-version": version,
  };
}

function responseAliases(parts: Readonly<Record<string, string | undefined>>): Readonly<Record<string, unknown>> {
  const { ip, referrer, agent, user, status, bytes } = parts;
  return {
    "http.response.status_code": numeric(status),
    "http.response.bytes": numeric(bytes),
    "http.request.referrer": given(referrer),
    "user_agent.original": given(agent),
    "c-ip": ip,
    "cs-user-agent": given(agent),
    "cs-referer": given(referrer),
    "cs-username": given(user),
    "sc-status": numeric(status),
    "sc-bytes": numeric(bytes),
  };
}

function outcomeOf(status: number | undefined): Outcome {
  if (status === undefined) return "unknown";
  return status < 400 ? "success" : "failure";
}

/** The name Elastic's integrations give such a log, by which the routing table knows it; the sensor names the product. */
function datasetOf(product: string | undefined): "nginx.access" | "apache.access" | "web.access" {
  const name = product?.toLowerCase() ?? "";
  if (name === "nginx") return "nginx.access";
  return ["apache", "apache2", "httpd"].includes(name) ? "apache.access" : "web.access";
}

/** One line of an nginx or Apache access log. */
export function normaliseAccess(raw: string, options: NormaliseOptions): Normalised {
  const found = LINE.exec(raw);
  if (found === null) return { ok: false, reason: "not a line of a common or combined access log" };
  const [, vhost, client = "", ident, user, at = "", request = "", status, bytes, referrer, agent] = found;
  const time = accessInstant(at);
  if (time === undefined) return { ok: false, reason: `access log line whose time does not exist: ${at}` };
  const src = endpointOf(client);
  const parsed = readRequest(request);
  const code = numeric(status);
  const fields = { vhost, client, ident, user, time: at, request, status, bytes, referrer, agent };
  const event = eventOf({
    time,
    kind: "http_request",
    action: parsed.method === undefined ? "web.malformed_request" : "web.request",
    outcome: outcomeOf(code),
    severity: parsed.method === undefined ? "low" : "info",
    src,
    transport: "tcp",
    user: given(user),
    logsource: { category: "webserver", service: "access" },
    fields: present(fields),
    raw,
    ecs: {
      "event.dataset": datasetOf(options.product),
      "network.protocol": "http",
      "host.name": vhost,
      ...urlAliases(parsed, request),
      ...responseAliases({ ip: src?.ip ?? client, referrer, agent, user, status, bytes }),
    },
  });
  return { ok: true, event };
}
