import { type Form, lines, refused, says, unknownUser, type Service } from "./form.ts";

const nginx: Service = { name: "nginx", type: "web", product: "nginx", shapes: ["slash"], protocol: "http" };
const apache: Service = { name: "apache", type: "web", product: "apache", shapes: ["[ctime]"], protocol: "http" };
const litespeed: Service = { name: "litespeed", type: "web", shapes: ["iso"], protocol: "http" };
const balancer: Service = { name: "elb", type: "web", product: "aws", shapes: ["iso"], protocol: "http" };
const zoraxy: Service = { name: "zoraxy", type: "web", shapes: ["slash"], protocol: "http" };
const gin: Service = { name: "gin", type: "web", shapes: ["slash"], protocol: "http" };
const thehive: Service = { name: "thehive", type: "web", shapes: ["none"], protocol: "http" };

const request = says(["http_request", "web.request", "webserver"]);
const limited = says(["http_request", "web.rate_limited", "webserver"], { outcome: "failure", severity: "low" });
const forbidden = says(["http_request", "web.forbidden", "webserver"], { outcome: "failure" });
const denied = says(["http_request", "waf.denied", "waf"], { outcome: "failure", severity: "medium" });
const warned = says(["http_request", "waf.warning", "waf"], { severity: "low" });

/** Error logs of web servers, their firewalls, and logs of requests that are no access logs. */
export const webServerForms: readonly Form[] = [
  // A name sent as basic authentication cannot hold a colon, so it cannot write `client: `; the request behind it can.
  ...unknownUser(nginx, '[error] «n»#«n»: *«n» user "«login»" was not found in "«*»", client: «ip», '),
  ...refused(nginx, '[error] «n»#«n»: *«n» user "«login»": password mismatch, client: «ip», '),
  ...lines(
    nginx,
    limited,
    "[error] «n»#«n»: *«n» limiting requests, excess: «*», client: «ip», ",
    "[error] «n»#«n»: *«n» limiting connections by zone «*», client: «ip», ",
  ),
  ...lines(nginx, forbidden, "[error] «n»#«n»: *«n» access forbidden by rule, client: «ip», "),
  ...lines(nginx, denied, "[error] «n»#«n»: *«n» [client «ip»] ModSecurity: Access denied with code «status» "),
  ...lines(
    apache,
    denied,
    '[«w»] [pid «*»] [client «*»] [client «ip»] ModSecurity: Access denied with code «status» «*»[msg "«reason»"]',
    '[«w»] [pid «*»] [client «ip»] ModSecurity: Access denied with code «status» «*»[msg "«reason»"]',
  ),
  ...lines(
    apache,
    warned,
    '[«w»] [pid «*»] [client «*»] [client «ip»] ModSecurity: Warning. «*»[msg "«reason»"]',
    '[«w»] [pid «*»] [client «ip»] ModSecurity: Warning. «*»[msg "«reason»"]',
  ),
  ...refused(apache, '[«w»] [pid «*»] [client «ip»] AH01617: user «login»: authentication failure for "'),
  ...unknownUser(apache, "[«w»] [pid «*»] [client «ip»] AH01618: user «login» not found: "),
  ...refused(
    litespeed,
    "[NOTICE] [«n»] [«*»] [STDERR] [WebAdmin Console] Failed Login Attempt - username:«user» ip:«ip» url:",
  ),
  ...lines(
    balancer,
    request,
    'http «w» «ip» «w» «w» «w» «w» «status» «w» «n» «bytes» "«method» http://«host»/«path» HTTP/«version»" "«agent»"',
    'https «w» «ip» «w» «w» «w» «w» «status» «w» «n» «bytes» "«method» https://«host»/«path» HTTP/«version»" "«agent»"',
    'h2 «w» «ip» «w» «w» «w» «w» «status» «w» «n» «bytes» "«method» https://«host»/«path» HTTP/«version»" "«agent»"',
  ),
  ...lines(
    zoraxy,
    request,
    "[«*»] [router:«*»] [origin:«*»] [client: «ip»] [useragent: «agent»] «method» «url» «status»",
  ),
  ...lines(gin, request, '[GIN] | «status» | «w» | «ip» | «method» "«url»"'),
  ...lines(
    thehive,
    request,
    "[info] o.t.s.AccessLogFilter [«*»] «ip» «method» «url» took «n»ms and returned «status» «bytes» bytes",
  ),
];
