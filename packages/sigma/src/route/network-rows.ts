import type { EventLogsource } from "../match/event.ts";
import type { RouteRow } from "./route-row.ts";

/** Zeek's logs by `_path`. Rules name the log as the service. */
const zeekLogs =
  `bgp conn dce_rpc dhcp dnp3 dns dpd files ftp http intel irc kerberos known_certs known_hosts known_modbus
  known_services modbus modbus_register_change mqtt_connect mqtt_publish mqtt_subscribe mysql notice notice_alarm
  ntlm ntp ocsp pe postgresql quic radius rdp rfb signatures sip smb_cmd smb_files smb_mapping smtp snmp socks software ssh
  ssl syslog telnet traceroute tunnel weird websocket x509`.split(/\s+/);

/** Logs of sensors on the wire that are one of the generic network categories too. */
const wireCategories: Readonly<Record<string, readonly string[]>> = {
  conn: ["firewall"],
  flow: ["firewall"],
  dns: ["dns"],
  // A sensor sees requests to our servers and from our clients alike.
  http: ["webserver", "proxy"],
};

function zeek(service: string): EventLogsource {
  const category = wireCategories[service];
  return { product: "zeek", service, ...(category === undefined ? {} : { category }) };
}

const zeekRows: readonly RouteRow[] = [
  ...zeekLogs.map((path): RouteRow => ({ where: { "@zeekPath": path }, is: zeek(path) })),
  ...zeekLogs.map((path): RouteRow => ({ where: { "@dataset": `zeek.${path}` }, is: zeek(path) })),
  // Without `_path`: the address tuple as Zeek names it.
  { where: { "id.orig_h": true, "id.resp_h": true }, is: { product: "zeek" } },
  { where: { "id.orig_h": true, qtype_name: true }, is: zeek("dns") },
];

/** Suricata's EVE records. `event_type` is a common name, so the flow or the interface must be there too. */
const suricataTypes =
  `alert anomaly dcerpc dhcp dnp3 dns drop fileinfo flow ftp ftp_data http http2 ike krb5 modbus mqtt
  netflow nfs pgsql quic rdp rfb sip smb smtp snmp ssh ssl tftp tls`.split(/\s+/);

function suricata(type: string): EventLogsource {
  const category = wireCategories[type];
  return { product: "suricata", service: type, ...(category === undefined ? {} : { category }) };
}

const suricataRows: readonly RouteRow[] = [
  ...suricataTypes.map((type): RouteRow => ({ where: { event_type: type, flow_id: true }, is: suricata(type) })),
  ...suricataTypes.map((type): RouteRow => ({ where: { event_type: type, in_iface: true }, is: suricata(type) })),
  { where: { event_type: "stats", stats: true }, is: { product: "suricata", service: "stats" } },
  { where: { "@dataset": "suricata.eve" }, is: { product: "suricata" } },
];

const apache: EventLogsource = { product: "apache", service: "apache", category: "webserver" };
const nginx: EventLogsource = { product: "nginx", service: "nginx", category: "webserver" };
/** The format both write, from a server that is not known to be either. */
const eitherServer: EventLogsource = {
  product: ["apache", "nginx"],
  service: ["apache", "nginx"],
  category: "webserver",
};
const iis: EventLogsource = { product: "iis", service: "iis", category: "webserver" };

/** Access logs by their names in the W3C extended format, which the rules use, and by who ships them. */
const webRows: readonly RouteRow[] = [
  { where: { "c-uri": true }, is: { category: "proxy" } },
  { where: { "cs-uri-stem": true }, is: { category: "webserver" } },
  { where: { "cs-uri-stem": true, "s-sitename": true }, is: iis },
  { where: { "cs-uri-query": true }, is: { category: "webserver" } },
  { where: { "cs-method": true, "sc-status": true }, is: { category: "webserver" } },
  { where: { "cs-host": true }, is: { category: "proxy" } },
  { where: { request_uri: true, request_method: true }, is: { category: "webserver" } },
  ...["access", "error"].flatMap((log): RouteRow[] => [
    { where: { "@dataset": `apache.${log}` }, is: apache },
    { where: { "@dataset": `nginx.${log}` }, is: nginx },
    { where: { "@dataset": `iis.${log}` }, is: iis },
  ]),
  { where: { "@dataset": "web.access" }, is: eitherServer },
  ...["apache", "apache2", "httpd"].map((program): RouteRow => ({ where: { "@program": program }, is: apache })),
  { where: { "@program": "nginx" }, is: nginx },
  ...["squid", "squid.access", "bluecoat.director", "zscaler_zia.web"].map((dataset): RouteRow => ({
    where: { "@dataset": dataset },
    is: { category: "proxy" },
  })),
  { where: { "@program": "squid" }, is: { product: "linux", service: "squid", category: "proxy" } },
];

/** What a packet filter says it did. `action` alone is everybody's word: the addresses must be there too. */
const verdicts = ["allow", "allowed", "accept", "pass", "permit", "permitted", "forward", "deny", "denied", "drop"];
const refusals = ["dropped", "block", "blocked", "reject", "rejected", "teardown"];

const firewallRows: readonly RouteRow[] = [
  ...[...verdicts, ...refusals].map((action): RouteRow => ({
    where: { action, src_ip: true, dst_ip: true, dst_port: true },
    is: { category: "firewall" },
  })),
  { where: { query: true, record_type: true }, is: { category: "dns" } },
  { where: { query: true, answer: true }, is: { category: "dns" } },
  { where: { Signature: true, Filename: true }, is: { category: "antivirus" } },
  { where: { devid: true, logid: true, type: "event" }, is: { product: "fortigate", service: "event" } },
  { where: { devid: true, logid: true, type: "traffic" }, is: { product: "fortigate", category: "firewall" } },
  {
    where: { "@auditType": "GLOBALPROTECT" },
    is: { product: "paloalto", service: "globalprotect", category: ["appliance", "file_event"] },
  },
  ...["aaa", "bgp", "ldp"].map((facility): RouteRow => ({
    where: { "cisco.ios.facility": facility },
    is: { product: "cisco", service: facility },
  })),
  { where: { "cisco.ios.facility": true }, is: { product: "cisco", service: "syslog" } },
  ...["cisco_duo.auth", "cisco_duo.admin", "cisco.duo"].map((dataset): RouteRow => ({
    where: { "@dataset": dataset },
    is: { product: "cisco", service: "duo" },
  })),
  { where: { auth_device: true, access_device: true }, is: { product: "cisco", service: "duo" } },
];

/** Sensors on the wire. */
export const sensorRows: readonly RouteRow[] = [...zeekRows, ...suricataRows];

/** Web servers, proxies, packet filters, name servers and network devices. */
export const networkRows: readonly RouteRow[] = [...webRows, ...firewallRows];
