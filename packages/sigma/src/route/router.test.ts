import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEngine, loadRules } from "../index.ts";
import type { EventLogsource } from "../match/event.ts";
import type { Fields } from "../expression.ts";
import { ruleApplies } from "../match/route.ts";
import { createRouter, knownLogsources, routeEvent, unroutedLogsource } from "./router.ts";
import { routeRoles } from "./route-row.ts";
import { routeTable } from "./route-table.ts";

const recorded: readonly Fields[] = readFileSync(new URL("testing/windows-events.ndjson", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Fields);

function windows(service: string, ...categories: string[]): EventLogsource {
  const category = categories.length === 1 ? categories[0] : categories;
  return { product: "windows", ...(category === undefined || category.length === 0 ? {} : { category }), service };
}

describe("recorded Windows events", () => {
  test.each([
    ["Microsoft-Windows-Sysmon/Operational", 1, windows("sysmon", "process_creation")],
    ["Microsoft-Windows-Sysmon/Operational", 3, windows("sysmon", "network_connection")],
    ["Microsoft-Windows-Sysmon/Operational", 7, windows("sysmon", "image_load")],
    [
      "Microsoft-Windows-Sysmon/Operational",
      12,
      windows("sysmon", "registry_add", "registry_delete", "registry_event"),
    ],
    ["Microsoft-Windows-Sysmon/Operational", 13, windows("sysmon", "registry_event", "registry_set")],
    ["Microsoft-Windows-Sysmon/Operational", 22, windows("sysmon", "dns_query")],
    ["Microsoft-Windows-Sysmon/Operational", 26, windows("sysmon", "file_delete", "file_delete_detected")],
    ["Security", 4688, windows("security", "process_creation")],
    ["security", 4688, windows("security", "process_creation")],
    ["Security", 4624, windows("security")],
    ["security", 4657, windows("security", "registry_event", "registry_set")],
    ["Microsoft-Windows-PowerShell/Operational", 4103, windows("powershell", "ps_module")],
    ["Microsoft-Windows-PowerShell/Operational", 4104, windows("powershell", "ps_script")],
    ["Windows PowerShell", 400, windows("powershell-classic", "ps_classic_start")],
    ["Windows PowerShell", 600, windows("powershell-classic", "ps_classic_provider_start")],
    ["System", 7036, windows("system")],
    ["Microsoft-Windows-TaskScheduler/Operational", 129, windows("taskscheduler")],
    ["Microsoft-Windows-Kernel-IO/Operational", 1, { product: "windows" }],
  ])("of %s %i are routed", (channel, id, expected) => {
    const events = recorded.filter((fields) => fields["Channel"] === channel && fields["EventID"] === id);
    expect(events.length).toBeGreaterThan(0);
    for (const fields of events) expect(routeEvent(fields)).toEqual(expected);
  });

  test("are all known to be Windows, by channel or, where the channel is gone, by provider", () => {
    for (const fields of recorded) expect(routeEvent(fields).product).toBe("windows");
    const { Channel: _gone, ...rest } = recorded.find(({ EventID }) => EventID === 4103) ?? {};
    expect(routeEvent(rest)).toEqual(windows("powershell", "ps_module"));
  });

  test("are routed alike in the shapes shippers give them", () => {
    const expected = windows("sysmon", "process_creation");
    const channel = "Microsoft-Windows-Sysmon/Operational";
    expect(routeEvent({ "winlog.channel": channel, "winlog.event_id": "1" })).toEqual(expected);
    expect(routeEvent({ winlog: { channel, event_id: 1 } })).toEqual(expected);
    expect(routeEvent({ winlog: { channel }, event: { code: "1" } })).toEqual(expected);
    expect(routeEvent({ Channel: channel.toUpperCase(), EventID: 1 })).toEqual(expected);
  });
});

/** What the published regression events are (channel, id) and which logsource the rule they belong to names. */
const regression = [
  ["Microsoft-Windows-Sysmon/Operational", 10, "process_access", ""],
  ["Microsoft-Windows-Sysmon/Operational", 11, "file_event", ""],
  ["Microsoft-Windows-Sysmon/Operational", 12, "registry_delete", ""],
  ["Microsoft-Windows-Sysmon/Operational", 13, "registry_event", ""],
  ["Microsoft-Windows-Sysmon/Operational", 13, "registry_set", ""],
  ["Microsoft-Windows-Sysmon/Operational", 16, "", "sysmon"],
  ["Microsoft-Windows-Sysmon/Operational", 1, "process_creation", ""],
  ["Microsoft-Windows-Sysmon/Operational", 7, "image_load", ""],
  ["Microsoft-Windows-TaskScheduler/Operational", 142, "", "taskscheduler"],
  ["Microsoft-Windows-Windows Defender/Operational", 1119, "", "windefend"],
  ["Security", 4648, "", "security"],
] as const;

/** The first name a role is looked for under, and a value that holds. */
function sampleField(key: string): string {
  return routeRoles[key]?.fields[0] ?? key;
}
function sample(key: string, value: string | number | true): unknown {
  if (value === true) return "there";
  return key === "@cowrieFamily" ? `${value}.x` : value;
}

test.each(regression)("%s %i belongs to rules about %s%s", (...[Channel, EventID, category, service]) => {
  const rule = { product: "windows", ...(category ? { category } : {}), ...(service ? { service } : {}), custom: {} };
  expect(ruleApplies(rule, routeEvent({ Channel, EventID }))).toBe(true);
});

describe("events of other sources", () => {
  test.each<readonly [Fields, EventLogsource]>([
    [
      { Channel: "Linux-Sysmon/Operational", EventID: 1 },
      { product: "linux", category: "process_creation", service: "sysmon" },
    ],
    [
      { type: "EXECVE", a0: "id" },
      { product: "linux", category: "process_creation", service: "auditd" },
    ],
    [
      { type: "PATH", nametype: "CREATE", name: "/x" },
      { product: "linux", category: "file_event", service: "auditd" },
    ],
    [
      { type: "LOGIN", auid: 0 },
      { product: "linux", service: "auditd" },
    ],
    [{ type: "login", user: "x" }, {}],
    [
      { program: "sshd-session", host: "a" },
      { product: "linux", category: "authentication", service: ["sshd", "auth"] },
    ],
    [
      { program: "sudo", facility: "authpriv" },
      { product: "linux", category: "command", service: ["sudo", "auth"] },
    ],
    [{ SYSLOG_IDENTIFIER: "CRON" }, { product: "linux", category: "log", service: ["cron", "syslog"] }],
    [
      { program: "whatever", facility: 10 },
      { product: "linux", category: "authentication", service: "auth" },
    ],
    [
      { program: "whatever", host: "a" },
      { product: "linux", category: "log", service: "syslog" },
    ],
    [{ program: "whatever" }, {}],
    [
      { eventid: "cowrie.login.failed", protocol: "ssh" },
      { product: "cowrie", category: "authentication", service: ["sshd", "cowrie"] },
    ],
    [
      { eventid: "cowrie.login.failed", protocol: "telnet" },
      { product: "cowrie", category: "authentication", service: ["telnet", "cowrie"] },
    ],
    [
      { eventid: "cowrie.command.input", protocol: "telnet" },
      { product: "cowrie", category: "command", service: ["shell", "cowrie"] },
    ],
    [
      { eventid: "cowrie.session.file_download" },
      { product: "cowrie", category: "honeypot", service: ["sshd", "cowrie"] },
    ],
    [
      { eventid: "cowrie.new.thing", protocol: "telnet" },
      { product: "cowrie", category: "log", service: ["telnet", "cowrie"] },
    ],
    [
      { logtype: 4002, node_id: "n" },
      { product: "opencanary", category: "application" },
    ],
    [
      { _path: "smb_files", name: "x" },
      { product: "zeek", service: "smb_files" },
    ],
    [
      { _path: "dns", query: "x" },
      { product: "zeek", category: "dns", service: "dns" },
    ],
    [{ "id.orig_h": "192.0.2.1", "id.resp_h": "192.0.2.2" }, { product: "zeek" }],
    [{ id: { orig_h: "192.0.2.1", resp_h: "192.0.2.2" } }, { product: "zeek" }],
    [
      { event_type: "http", flow_id: 1 },
      { product: "suricata", category: ["proxy", "webserver"], service: "http" },
    ],
    [{ event_type: "alert" }, {}],
    [
      { awsRegion: "eu-west-1", eventSource: "s3.amazonaws.com" },
      { product: "aws", service: "cloudtrail" },
    ],
    [{ category: "SignInLogs" }, { product: "azure", service: "signinlogs" }],
    [
      { category: "Administrative", resourceId: "/x" },
      { product: "azure", service: "activitylogs" },
    ],
    [{ category: "Administrative" }, {}],
    [{ riskEventType: "anonymizedIPAddress" }, { product: "azure", service: "riskdetection" }],
    [{ riskEventType: "staleSignInAlertIncident" }, { product: "azure", service: "pim" }],
    [
      { protoPayload: { methodName: "x", serviceName: "iam.googleapis.com" } },
      { product: "gcp", service: "gcp.audit" },
    ],
    [{ "gcp.audit.method_name": "x" }, { product: "gcp", service: "gcp.audit" }],
    [{ eventService: "admin.googleapis.com" }, { product: "gcp", service: "google_workspace.admin" }],
    [
      { eventType: "user.session.start", legacyEventType: "x" },
      { product: "okta", service: "okta" },
    ],
    [
      { Workload: "Exchange", Operation: "New-InboxRule" },
      { product: "m365", service: "audit" },
    ],
    [{ event: { dataset: "github.audit" } }, { product: "github", service: "audit" }],
    [
      { apiVersion: "audit.k8s.io/v1", verb: "get" },
      { product: "kubernetes", category: "application", service: "audit" },
    ],
    [
      { mach_time: 1, event: { exec: {} } },
      { product: "macos", category: "process_creation" },
    ],
    [{ "cs-method": "GET", "cs-uri-stem": "/", "sc-status": 200 }, { category: "webserver" }],
    [
      { "s-sitename": "W3SVC1", "cs-uri-stem": "/" },
      { product: "iis", category: "webserver", service: "iis" },
    ],
    [{ "c-uri": "http://example.test/", "cs-method": "GET", "sc-status": 200 }, { category: "proxy" }],
    [{ action: "deny", src_ip: "a", dst_ip: "b", dst_port: 1 }, { category: "firewall" }],
    [{ action: "login", src_ip: "a", dst_ip: "b", dst_port: 1 }, {}],
    [{ query: "x", record_type: "TXT" }, { category: "dns" }],
    [{ Signature: "EICAR", Filename: "x" }, { category: "antivirus" }],
  ])("%j is %j", (fields, expected) => {
    expect(routeEvent(fields)).toEqual(expected);
  });
});

describe("the router", () => {
  test("gives events of one kind the very same object, and unknown ones the constant for that", () => {
    const event = { Channel: "Security", EventID: 4688 };
    expect(routeEvent({ ...event, CommandLine: "a" })).toBe(routeEvent({ ...event, CommandLine: "b" }));
    expect(routeEvent({ anything: 1 })).toBe(unroutedLogsource);
  });

  test("takes rows of the user's own: they add categories and win ties", () => {
    const { route } = createRouter([
      { where: { "@channel": "Security", "@eventId": 4663 }, is: { category: "file_access" } },
      { where: { "@program": "nginx" }, is: { product: "nginx", service: "access", category: "webserver" } },
      { where: { framework: "django" }, is: { product: "django", category: "application" } },
    ]);
    expect(route({ Channel: "Security", EventID: 4663 })).toEqual(windows("security", "file_access"));
    expect(route({ program: "nginx" })).toEqual({ product: "nginx", service: "access", category: "webserver" });
    // A family of the user's own is asked first.
    expect(route({ framework: "Django", Channel: "Security" })).toEqual({ product: "django", category: "application" });
    expect(routeEvent({ framework: "Django" })).toEqual({});
  });

  test("refuses a row that every event would match", () => {
    expect(() => createRouter([{ where: {}, is: { product: "x" } }])).toThrow(TypeError);
  });

  test("can give every row's logsource, and says so beforehand", () => {
    const known = new Set(knownLogsources().map((logsource) => JSON.stringify(logsource)));
    expect(known.size).toBeGreaterThan(200);
    for (const { where } of routeTable) {
      const fields = Object.fromEntries(
        Object.entries(where).map(([key, value]) => [sampleField(key), sample(key, value)]),
      );
      const routed = routeEvent(fields);
      expect(routed).not.toBe(unroutedLogsource);
      expect(known.has(JSON.stringify(routed))).toBe(true);
    }
  });

  test("never throws, never invents a logsource, whatever the event holds", () => {
    const known = new Set<EventLogsource>(knownLogsources());
    const texts = new Set([...known].map((logsource) => JSON.stringify(logsource)));
    const gates = [...new Set(routeTable.flatMap(({ where }) => Object.keys(where)))].map(sampleField);
    const values = routeTable.flatMap(({ where }) => Object.values(where).map(String));
    const value = fc.oneof(fc.constantFrom(...values), fc.jsonValue(), fc.constantFrom(null, undefined));
    const key = fc.oneof(fc.constantFrom(...gates, "__proto__", "constructor"), fc.string());
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 8 }), (fields) => {
        const routed = routeEvent(fields);
        expect(routed === unroutedLogsource || texts.has(JSON.stringify(routed))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("is one of two modes: without routing the engine asks every rule about an unrouted event", () => {
    const text = `title: T\nlogsource: { product: windows, category: process_creation }\ndetection: { s: { Image|endswith: cmd.exe }, condition: s }\n`;
    const ruleSet = loadRules([{ path: "r.yml", text }]);
    const fields = { Image: "C:\\Windows\\System32\\cmd.exe" };
    const event = { id: "1", timeMs: 0, fields, logsource: routeEvent(fields) };
    expect(createEngine(ruleSet).match(event)).toEqual([]);
    expect(createEngine(ruleSet, { routing: "none" }).match(event)).toHaveLength(1);
    const routed = { Channel: "Security", EventID: 4688, ...fields };
    expect(createEngine(ruleSet).match({ ...event, fields: routed, logsource: routeEvent(routed) })).toHaveLength(1);
  });
});
