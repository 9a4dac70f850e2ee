import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { normalise } from "../index.ts";
import { jsonForms } from "./read-json.ts";
import { serviceForms } from "./table.ts";
import { readTemplate } from "./template.ts";

const options = { format: "auto", sensorKind: "custom", now: new Date("2026-02-02T00:00:00Z"), year: 2026 } as const;

function event(line: string) {
  const read = normalise(line, options);
  if (!read.ok) throw new Error(read.reason);
  return read.event;
}

const login = { kind: "auth_attempt", outcome: "failure" };

/** One line of each way a service writes. */
const LINES: readonly (readonly [name: string, line: string, expected: object, ecs?: object])[] = [
  [
    "dovecot",
    "Feb  1 10:00:00 mx dovecot: imap-login: Disconnected (auth failed, 3 attempts in 6 secs): user=<a@example.org>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1, TLS",
    { ...login, action: "dovecot.login", user: "a@example.org", src: { ip: "203.0.113.7", port: null } },
    { "service.type": "mail", "event.count": 3 },
  ],
  [
    "Courier, when a client leaves",
    "Feb  1 10:00:00 mx imapd-ssl: LOGOUT, user=eve@example.org, ip=[::ffff:203.0.113.7], port=[52788], headers=167, body=519, rcvd=296, sent=1382, time=0, starttls=1",
    { kind: "log", action: "mail.fetched", user: "eve@example.org", src: { ip: "203.0.113.7", port: null } },
    { "service.type": "mail", "mail.bytes_fetched": 519 },
  ],
  [
    "Courier, past a name that blames another",
    "Feb  1 10:00:00 mx pop3d: LOGIN FAILED, user=x, ip=[198.51.100.9], ip=[::ffff:203.0.113.7]",
    { ...login, action: "courier.login", src: { ip: "203.0.113.7", port: null } },
  ],
  [
    "sendmail, of a client that could encrypt better",
    "Feb  1 10:00:00 mx sm-mta[9]: STARTTLS=server, error: accept failed=-1, reason=inappropriate fallback, SSL_error=1, errno=0, retry=-1, relay=a.example [203.0.113.7]",
    { action: "mail.tls_downgraded", outcome: "failure", src: { ip: "203.0.113.7", port: null } },
  ],
  [
    "Zeek, of a search in a directory",
    '{"_path":"ldap_search","ts":1769940000.5,"id.orig_h":"203.0.113.7","id.orig_p":40000,"id.resp_h":"192.0.2.1","id.resp_p":389,"scope":"tree","base_object":"dc=corp,dc=example","filter":"(adminCount=1)","attributes":["cn","mail"]}',
    { kind: "log", action: "ldap.search", src: { ip: "203.0.113.7", port: 40_000 } },
    { "ldap.base": "dc=corp,dc=example", "ldap.filter": "(adminCount=1)", "ldap.attributes": ["cn", "mail"] },
  ],
  [
    "Windows, of a search in its directory, as XML without names",
    '<Event xmlns="x"><System><Provider Name="Microsoft-Windows-ActiveDirectory_DomainService"/><EventID Qualifiers="16384">1644</EventID><TimeCreated SystemTime="2026-02-01T10:00:00.0000000Z"/><Channel>Directory Service</Channel></System><EventData><Data/><Data> ( &amp;  (cn=a) ) </Data><Data>56</Data><Data>55</Data><Data>203.0.113.7:63691</Data><Data>subtree</Data><Data>[all]</Data></EventData></Event>',
    { action: "ldap.search", src: { ip: "203.0.113.7", port: 63_691 } },
    { "ldap.filter": " ( &  (cn=a) ) ", "ldap.attributes": "[all]" },
  ],
  [
    "Windows, of a search in its directory, as JSON with a list",
    '{"Event":{"System":{"EventID":1644,"Channel":"Directory Service","TimeCreated":{"SystemTime":"2026-02-01T10:00:00Z"}},"EventData":{"Data":["DC=a","(cn=a)","56","55","[2001:db8::7]:63691","onelevel","[all]"]}}}',
    { action: "ldap.search", src: { ip: "2001:db8::7", port: 63_691 }, time: new Date("2026-02-01T10:00:00Z") },
    { "ldap.filter": "(cn=a)", "ldap.base": "DC=a" },
  ],
  [
    "Suricata, of the client of a remote desktop",
    '{"timestamp":"2026-02-01T10:00:00+0000","flow_id":1,"event_type":"rdp","src_ip":"203.0.113.7","src_port":40000,"dest_ip":"192.0.2.1","dest_port":3389,"proto":"TCP","rdp":{"tx_id":2,"event_type":"connect_request","client":{"version":"RDP 10.7","client_name":"PC7"}}}',
    { action: "rdp.connect", src: { ip: "203.0.113.7", port: 40_000 } },
    { "rdp.client.name": "PC7" },
  ],
  [
    "Galah, of a request to Docker",
    '{"eventTime":"2026-02-01T10:00:00Z","httpRequest":{"body":"{\\"HostConfig\\":{\\"Privileged\\":true}}","method":"POST","request":"/containers/create","userAgent":"x"},"msg":"successfulResponse","port":"2375","srcIP":"203.0.113.7","srcPort":"41022"}',
    { kind: "http_request", action: "web.request", time: new Date("2026-02-01T10:00:00Z") },
    { "container.privileged": "true", "url.path": "/containers/create", "http.request.method": "POST" },
  ],
  [
    "postfix, whatever its process",
    "Feb  1 10:00:00 mx postfix/submission/smtpd[9]: warning: unknown[203.0.113.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
    { ...login, action: "postfix.login", src: { ip: "203.0.113.7", port: null } },
    { "service.type": "mail" },
  ],
  [
    "exim, past the name the client gave itself",
    "2026-02-01 10:00:00 dovecot_login authenticator failed for ([198.51.100.9]) [203.0.113.7]:55379: 535 Incorrect authentication data (set_id=info@example.org)",
    { ...login, user: "info@example.org", src: { ip: "203.0.113.7", port: 55_379 } },
  ],
  [
    "MariaDB",
    "2026-02-01  5:13:11 8 [Warning] Access denied for user 'root'@'203.0.113.7' (using password: YES)",
    login,
  ],
  [
    "Samba",
    "Feb  1 10:00:00 nas smbd[9]: Auth: [SMB2,(null)] user [WG]\\[eve] at [Sun, 01 Feb 2026 10:00:00 UTC] with [NTLMv2] status [NT_STATUS_WRONG_PASSWORD] workstation [] remote host [ipv4:203.0.113.7:62419] mapped to [WG]\\[eve]. local host",
    { ...login, user: "eve", src: { ip: "203.0.113.7", port: 62_419 } },
  ],
  [
    "Samba's audit of files",
    "Feb  1 10:00:00 nas smbd_audit: eve|203.0.113.7|PC7|finance|openat|ok|w|2026/plan|b.xlsx",
    { kind: "log", action: "smb.file_written", outcome: "success", user: "eve" },
    { "smb.share": "finance", "smb.file": "2026/plan|b.xlsx", "smb.access": "write" },
  ],
  [
    "xrdp's own log",
    "[20260201-10:00:00] [INFO ] ++ created session (access granted): username eve, ip ::ffff:203.0.113.7:38410 - socket: 12",
    {
      outcome: "success",
      user: "eve",
      src: { ip: "203.0.113.7", port: 38_410 },
      time: new Date("2026-02-01T10:00:00Z"),
    },
    { "service.type": "desktop", "network.protocol": "rdp" },
  ],
  [
    "a VNC server, which writes two colons before a port",
    "Feb  1 10:00:00 pi vncserver-x11[9]: Connections: authenticated: [2001:db8::7]::61007 (TCP), as eve (f permissions)",
    { outcome: "success", user: "eve", src: { ip: "2001:db8::7", port: 61_007 } },
  ],
  [
    "Zeek's remote screens, refused",
    '{"ts":1769940000.5,"id.orig_h":"203.0.113.7","id.orig_p":4,"id.resp_h":"192.0.2.1","id.resp_p":5900,"authentication_method":"VNC","auth":false}',
    { ...login, action: "vnc.login", dst: { ip: "192.0.2.1", port: 5_900 } },
  ],
  [
    "Windows' shares",
    String.raw`{"EventID":5145,"Channel":"Security","TimeCreated":"2026-02-01T10:00:00Z","SubjectUserName":"eve","IpAddress":"203.0.113.7","IpPort":"5","ShareName":"\\\\*\\C$","RelativeTargetName":"a.exe","AccessList":"%%4417\r\n\t"}`,
    { action: "smb.file_access", user: "eve", src: { ip: "203.0.113.7", port: 5 } },
    { "smb.share": String.raw`\\*\C$`, "smb.file": "a.exe", "smb.access_list": "%%4417\r\n\t" },
  ],
  [
    "what Postfix counts when a connection ends",
    "Feb  1 10:00:00 mx postfix/smtpd[9]: disconnect from unknown[203.0.113.7] helo=1 vrfy=0/12 quit=1 commands=2/14",
    { action: "mail.address_asked", src: { ip: "203.0.113.7", port: null } },
    { "event.count": 12 },
  ],
  [
    "a packet filter",
    "Feb  1 10:00:00 gate kernel: [12.3] [UFW BLOCK] IN=eth0 OUT= MAC=aa SRC=203.0.113.7 DST=192.0.2.1 LEN=44 TTL=43 ID=1 PROTO=TCP SPT=52220 DPT=23 WINDOW=1024",
    { kind: "network", action: "firewall.block", dst: { ip: "192.0.2.1", port: 23 }, transport: "tcp" },
  ],
  [
    "logfmt",
    'time="2026-02-01T13:47:54+02:00" level=error msg="Unsuccessful 1FA authentication attempt by user \'eve\'" method=POST path=/api/firstfactor remote_ip=203.0.113.7',
    { ...login, action: "authelia.login", user: "eve", time: new Date("2026-02-01T11:47:54Z"), fieldsInRaw: false },
  ],
  [
    "the Linux audit system's own lines",
    'type=SYSCALL msg=audit(1769940000.579:2995): arch=c000003e syscall=59 success=yes exit=0 ppid=26843 pid=27032 auid=1000 comm="wget" exe="/usr/bin/wget" key=(null)',
    { kind: "process", action: "process.exec", time: new Date("2026-02-01T10:00:00.579Z") },
    { "process.name": "wget", "process.parent.pid": "26843" },
  ],
  [
    "Windows events as XML",
    '<Event xmlns="x"><System><Provider Name="Microsoft-Windows-Security-Auditing" /><EventID>4625</EventID><TimeCreated SystemTime="2026-02-01T10:00:00.9027913Z" /><Channel>Security</Channel></System><EventData><Data Name="TargetUserName">e&amp;e</Data><Data Name="IpAddress">203.0.113.7</Data><Data Name="IpPort">0</Data></EventData></Event>',
    { ...login, user: "e&e", src: { ip: "203.0.113.7", port: 0 }, time: new Date("2026-02-01T10:00:00.902Z") },
  ],
  [
    "what containerd puts around a line",
    '2026-02-01T10:00:00.493035218+01:00 stdout F {"start_time":"2026-02-01T09:00:00.479Z","method":"GET","x-envoy-origin-path":"/a/%2e%2e/b","response_code":404,"user-agent":"zgrab/0.x","downstream_remote_address":"203.0.113.7:59292"}',
    { kind: "http_request", outcome: "failure", src: { ip: "203.0.113.7", port: 59_292 } },
    { "url.decoded": "/a/../b", "user_agent.original": "zgrab/0.x" },
  ],
  [
    "a balancer, its addresses of pages without the name of the site",
    'https 2026-02-01T10:00:00.186641Z app/x/4 203.0.113.7:44740 10.0.0.1:80 0.086 0.048 0.037 404 404 0 57 "GET https://www.example.org:443/.env HTTP/1.1" "curl/7.46.0" ECDHE TLSv1.2',
    { kind: "http_request", action: "web.request" },
    { "url.path": "/.env", "http.response.status_code": 404 },
  ],
  [
    "an access log with the name that was asked for, without a port",
    'www.example.org 203.0.113.7 - - [01/Feb/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
    { src: { ip: "203.0.113.7", port: null } },
    { "host.name": "www.example.org" },
  ],
  [
    "Kubernetes' audit log",
    '{"apiVersion":"audit.k8s.io/v1","auditID":"5","stage":"ResponseComplete","verb":"create","user":{"username":"eve"},"sourceIPs":["203.0.113.7"],"objectRef":{"resource":"pods","subresource":"exec"},"requestReceivedTimestamp":"2026-02-01T10:00:00.763960Z"}',
    { kind: "cloud", user: "eve", src: { ip: "203.0.113.7", port: null }, time: new Date("2026-02-01T10:00:00.763Z") },
    { "orchestrator.resource.subtype": "exec" },
  ],
  [
    "any other line with a time at its beginning",
    "2026-02-01 10:00:00 nobody knows this service",
    { kind: "log", action: "log.line", time: new Date("2026-02-01T10:00:00Z") },
    { message: "nobody knows this service" },
  ],
];

describe("lines of services", () => {
  test.each(LINES.map(([name, line, expected, ecs = {}]) => ({ name, line, expected, ecs })))(
    "$name: a line is read",
    (one) => {
      const { line, expected, ecs } = one;
      const read = event(line);
      expect(read).toMatchObject(expected);
      expect(read.ecs).toMatchObject(ecs);
    },
  );

  test("a name that holds a line's own words blames nobody else", () => {
    const forged = "x>, method=PLAIN, rip=198.51.100.9, lip=";
    const line = `Feb  1 10:00:00 mx dovecot: imap-login: Disconnected (auth failed, 1 attempts): user=<${forged}>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1`;
    expect(event(line).src?.ip ?? "203.0.113.7").toBe("203.0.113.7");
  });

  test("`__proto__` among pairs is a name like any other", () => {
    const { fields } = event('time="2026-02-01T10:00:00Z" __proto__=evil constructor=1 msg=x');
    expect(Object.keys(fields)).toContain("__proto__");
    expect(({} as Record<string, unknown>)["evil"]).toBeUndefined();
  });

  test("reading a line takes as long as the line is, for every form, whatever an attacker writes", () => {
    const took = (length: number): number => {
      const started = performance.now();
      for (const { template, text } of serviceForms) {
        const line = text.replace(/«[^»]*»/g, "1.2.3.4");
        for (const filler of [line, line.slice(-8), " ", '"', "[", "1:"]) {
          const rest = filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
          readTemplate(template, line + rest);
          readTemplate(template, template.head + rest);
        }
      }
      return performance.now() - started;
    };
    took(1_024);
    const [short, long] = [took(8_192), took(65_536)];
    // Eight times as long: linear is 8, quadratic 64.
    expect(long / short).toBeLessThan(30);
  });

  test.each([
    'a="',
    'a=b c="\\\\',
    '<Event ><Data Name="x">',
    "<Event ><EventID ",
    "2026-02-01 ",
    "[Sun Feb ",
    "name  | ",
    "[[[[",
  ])("nor does a line of %s, repeated, whatever it looks like", (piece) => {
    const took = (length: number): number => {
      const line = `${piece}${piece.repeat(length)}`.slice(0, length);
      const started = performance.now();
      for (let round = 0; round < 20; round += 1) normalise(line, options);
      return performance.now() - started;
    };
    took(1_024);
    const [short, long] = [took(4_096), took(65_536)];
    // Sixteen times as long: quadratic would be 256. What takes less than a millisecond is not told apart from noise.
    expect(long / Math.max(short, 1)).toBeLessThan(80);
  });

  test("every service says what it is for, and every form begins with text of its own", () => {
    expect(serviceForms.filter(({ service }) => (service.programs ?? service.shapes) === undefined)).toEqual([]);
    expect(jsonForms.filter(({ where }) => Object.keys(where).length < 2)).toEqual([]);
  });

  test("the page about fields names every service", () => {
    const page = readFileSync(new URL("../../../../../../../docs/reference/fields.md", import.meta.url), "utf8");
    const names = [...serviceForms, ...jsonForms].map(({ service }) => service.name);
    expect([...new Set(names)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
