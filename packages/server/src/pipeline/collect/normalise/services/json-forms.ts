import { ACCEPTED, REFUSED, says, type Service, UNKNOWN_USER } from "./form.ts";
import { type JsonForm, textOf } from "./json-form.ts";

const app = (name: string): Service => ({ name, type: "app", protocol: "http" });
const web = (name: string): Service => ({ name, type: "web", protocol: "http" });
const request = says(["http_request", "web.request", "webserver"]);
const reported = says(["session", "app.guessing_reported", "application"], { outcome: "failure", severity: "low" });

const grafana = app("grafana");
const nextcloud = app("nextcloud");
const authelia = app("authelia");
const gitlab = app("gitlab");
const fortinet: Service = { name: "fortigate", type: "vpn", product: "fortinet" };
const waf: Service = { name: "open-appsec", type: "web" };
const where = { reqId: true, remoteAddr: true, app: true } as const;
const authentication = { path: true, method: true, remote_ip: true, msg: true } as const;

/** Applications, proxies and appliances that write JSON or `key=value`. */
export const webJsonForms: readonly JsonForm[] = [
  {
    service: app("audiobookshelf"),
    meaning: REFUSED,
    where: { source: true, levelName: true, message: true },
    names: {},
    text: textOf("message", '[Auth] Failed login attempt for username "«user»" from ip «ip» («reason»)'),
  },
  {
    service: web("caddy"),
    meaning: request,
    where: { "request.uri": true, "request.method": true, logger: true, status: true },
    names: {
      ip: ["request.client_ip", "request.remote_ip"],
      port: "request.remote_port",
      method: "request.method",
      url: "request.uri",
      host: "request.host",
      status: "status",
      bytes: "size",
      agent: "request.headers.User-Agent.0",
    },
  },
  {
    service: web("traefik"),
    meaning: request,
    where: { ClientHost: true, RequestMethod: true, RequestPath: true },
    names: {
      ip: "ClientHost",
      port: "ClientPort",
      method: "RequestMethod",
      url: "RequestPath",
      host: "RequestHost",
      status: "DownstreamStatus",
      bytes: "DownstreamContentSize",
      agent: "request_User-Agent",
      version: "RequestProtocol",
    },
  },
  {
    service: web("envoy"),
    meaning: request,
    where: { downstream_remote_address: true, method: true, response_code: true },
    time: ["start_time"],
    names: {
      ip: "downstream_remote_address",
      method: "method",
      url: ["x-envoy-origin-path", "path"],
      host: ":authority",
      status: "response_code",
      agent: "user-agent",
    },
  },
  {
    service: gitlab,
    meaning: REFUSED,
    // GitLab sends whoever gets in to another page (302); who does not sees the form again.
    where: { controller: "SessionsController", action: "create", method: "POST", status: [0, 200, 401, 422] },
    names: { ip: "remote_ip", user: "params.*.value.login", agent: "ua" },
  },
  {
    service: gitlab,
    meaning: REFUSED,
    where: { controller: "OmniauthCallbacksController", action: "failure" },
    names: { ip: "remote_ip", agent: "ua" },
  },
  {
    service: app("kasm"),
    meaning: REFUSED,
    where: { metric_name: "account.login.failed_invalid_password", request_ip: true },
    names: { ip: "request_ip", agent: "user_agent" },
  },
  {
    service: nextcloud,
    meaning: REFUSED,
    where,
    names: { ip: "remoteAddr", agent: "userAgent" },
    text: textOf("message", "Login failed: «user» (Remote IP: ", "Login failed: '«user»' (Remote IP: "),
  },
  {
    service: nextcloud,
    meaning: reported,
    where,
    names: { ip: "remoteAddr", agent: "userAgent" },
    text: textOf("message", 'Bruteforce attempt from "«ip»" detected for action "'),
  },
  {
    service: nextcloud,
    meaning: says(["http_request", "web.foreign_host", "webserver"], { outcome: "failure" }),
    where,
    names: { ip: "remoteAddr", agent: "userAgent", method: "method", url: "url" },
    text: textOf("message", 'Trusted domain error. "«ip»" tried to access using "'),
  },
  {
    service: app("ntfy"),
    meaning: REFUSED,
    where: { visitor_ip: true, tag: "http", http_status: [401, 403] },
    names: { ip: "visitor_ip" },
  },
  {
    service: waf,
    meaning: says(["http_request", "waf.denied", "waf"], { outcome: "failure", severity: "medium" }),
    where: { eventName: "Web Request", "eventData.sourceIP": true, "eventData.securityAction": "Prevent" },
    names: { ip: "eventData.sourceIP", reason: "eventData.waapIncidentType", method: "eventData.httpMethod" },
  },
  {
    service: waf,
    meaning: says(["http_request", "waf.warning", "waf"], { severity: "low" }),
    where: { eventName: "Web Request", "eventData.sourceIP": true },
    names: { ip: "eventData.sourceIP", reason: "eventData.waapIncidentType", method: "eventData.httpMethod" },
  },
  {
    service: { name: "sftpgo", type: "file", protocol: "sftp" },
    meaning: REFUSED,
    where: { sender: "connection_failed", client_ip: true },
    names: { ip: "client_ip", user: "username", reason: "error", "auth.method": "login_type" },
  },
  {
    service: app("teleport"),
    meaning: REFUSED,
    where: { event: "user.login", success: false, "addr.remote": true },
    names: { ip: "addr.remote", user: "user", agent: "user_agent" },
  },
  {
    service: app("teleport"),
    meaning: ACCEPTED,
    where: { event: "user.login", success: true, "addr.remote": true },
    names: { ip: "addr.remote", user: "user", agent: "user_agent" },
  },
  {
    service: grafana,
    meaning: REFUSED,
    where: { msg: "Invalid username or password", remote_addr: true },
    time: ["t"],
    names: { ip: "remote_addr", reason: "error" },
  },
  {
    service: grafana,
    meaning: REFUSED,
    where: { msg: "Unauthorized", remote_addr: true },
    time: ["t"],
    names: { ip: "remote_addr" },
    text: textOf("error", "[password-auth.failed] «reason»"),
  },
  {
    service: app("miniflux"),
    meaning: REFUSED,
    where: { authentication_failed: ["true"], client_ip: true },
    names: { ip: "client_ip", user: "username", agent: "user_agent", reason: "error" },
  },
  {
    service: authelia,
    meaning: UNKNOWN_USER,
    where: authentication,
    names: { ip: "remote_ip" },
    text: textOf(
      "msg",
      "Unsuccessful «w» authentication attempt by user '«user»': user not found",
      "Error occurred getting details for user with username input '«user»' which",
    ),
  },
  {
    service: authelia,
    meaning: REFUSED,
    where: authentication,
    names: { ip: "remote_ip" },
    text: textOf("msg", "Unsuccessful «w» authentication attempt by user '«user»'"),
  },
  {
    service: fortinet,
    meaning: REFUSED,
    where: { logid: true, subtype: "vpn", action: "ssl-login-fail", remip: true },
    time: ["eventtime"],
    names: { ip: "remip", user: "user", reason: "reason" },
  },
  {
    service: fortinet,
    meaning: REFUSED,
    where: { logid: true, subtype: "system", action: "login", status: "failed", srcip: true },
    time: ["eventtime"],
    names: { ip: "srcip", user: "user", reason: "reason" },
  },
  {
    service: { name: "mongodb", type: "database", protocol: "mongodb" },
    meaning: REFUSED,
    where: { c: "ACCESS", msg: "Authentication failed", "attr.remote": true },
    time: ["t.$date"],
    names: { ip: "attr.remote", user: ["attr.principalName", "attr.user"] },
  },
  {
    service: { name: "elasticsearch", type: "database", protocol: "http" },
    meaning: REFUSED,
    where: { "event.action": "authentication_failed", "origin.address": true },
    names: { ip: "origin.address", user: "user.name" },
  },
];
