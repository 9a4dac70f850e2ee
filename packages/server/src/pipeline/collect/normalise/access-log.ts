import type { Normalised } from "../event.ts";
import { endpointOf, eventOf, present } from "./draft.ts";
import { accessInstant } from "./instants.ts";
import type { NormaliseOptions } from "./options.ts";
import { given, numeric, outcomeOfStatus, responseAliases, urlAliases, type WebRequest } from "./web-aliases.ts";

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
function readRequest(text: string): WebRequest {
  const found = REQUEST.exec(text);
  if (found === null) return {};
  const [, method = "", target = "", version] = found;
  return version === undefined ? { method, target } : { method, target, version };
}

/** The name Elastic's integrations give such a log, by which the routing table knows it; the sensor names the product. */
function datasetOf(product: string | undefined): "nginx.access" | "apache.access" | "web.access" {
  const name = product?.toLowerCase() ?? "";
  if (name === "nginx") return "nginx.access";
  return ["apache", "apache2", "httpd"].includes(name) ? "apache.access" : "web.access";
}

/** Some servers write the name that was asked for before the address, without a port. */
function whoOf(
  first: string,
  second: string | undefined,
  third: string | undefined,
): Readonly<{ vhost?: string; client: string; ident: string | undefined; user: string | undefined }> {
  const isName = second !== undefined && second !== "-" && endpointOf(first) === null && endpointOf(second) !== null;
  if (!isName) return { client: first, ident: second, user: third };
  const [ident, ...more] = (third ?? "").split(" ");
  // BunkerWeb writes the number of the request before the user.
  return { vhost: first, client: second, ident, user: more.length === 2 ? more[1] : more.join(" ") };
}

/** One line of an nginx or Apache access log. */
export function normaliseAccess(raw: string, options: NormaliseOptions): Normalised {
  const found = LINE.exec(raw);
  if (found === null) return { ok: false, reason: "not a line of a common or combined access log" };
  const [, withPort, first = "", second, third, at = "", request = "", status, bytes, referrer, agent] = found;
  const { vhost = withPort, client, ident, user } = whoOf(first, second, third);
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
    outcome: outcomeOfStatus(code),
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
