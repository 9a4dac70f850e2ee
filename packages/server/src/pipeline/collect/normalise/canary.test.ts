import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NormalisedEvent } from "../event.ts";
import { normalise } from "./index.ts";

const options = { format: "auto", sensorKind: "custom", now: new Date("2026-11-22T00:00:00Z") } as const;

function read(line: object): NormalisedEvent {
  const normalised = normalise(JSON.stringify(line), options);
  if (!normalised.ok) throw new Error(normalised.reason);
  return normalised.event;
}

const triggered = {
  topic: "canary.tok_42.triggered",
  timestamp: "2026-02-01T10:00:00Z",
  src_ip: "203.0.113.7",
  token_type: "aws_passive",
  user_agent: "curl/8.5.0",
};
const WINDOWS =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36";
const honest = {
  nav: { webdriver: false, userAgent: WINDOWS, platform: "Win32", languages: ["de-DE", "de"] },
  scr: { w: 1920, h: 1080 },
  tz: { name: "Europe/Berlin", offset: -60 },
  gl: { vendor: "Google Inc.", renderer: "ANGLE (Intel, Intel(R) UHD Direct3D11 vs_5_0 ps_5_0)" },
  rtc: ["203.0.113.7", "192.168.1.5", "abc.local"],
};
function fingerprint(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const line = { ...triggered, user_agent: WINDOWS, fingerprint: { ...honest, ...more } };
  return read(line).ecs;
}

describe("a canary", () => {
  test("that was touched says which, of what kind, by which way and with what tool", () => {
    expect(read(triggered)).toMatchObject({
      kind: "canary",
      action: "canary.triggered",
      src: { ip: "203.0.113.7" },
      logsource: { product: "canary", category: "canary" },
      ecs: {
        "canary.token": "tok_42",
        "canary.kind": "cloud_key",
        "canary.channel": "http",
        "user_agent.tool": "curl",
      },
    });
  });

  test.each(["placed", "revoked"])("that was %s is nobody's deed", (what) => {
    expect(read({ ...triggered, topic: `canary.tok_42.${what}` })).toMatchObject({
      kind: "log",
      action: `canary.${what}`,
      logsource: { category: "log" },
    });
  });

  test.each([
    "canary.a.b.triggered",
    "canary..triggered",
    "xcanary.a.triggered",
    "canary.a.triggeredx",
    "canary.*.triggered",
  ])("is not told by a topic that only looks like its own: %s", (topic) => {
    expect(read({ ...triggered, topic }).kind).not.toBe("canary_fingerprint");
    expect(read({ ...triggered, topic }).ecs).not.toHaveProperty("canary.token");
  });

  test("is never blamed on an address a header names", () => {
    const headers = { "x-forwarded-for": "198.51.100.1", "X-Real-IP": "198.51.100.1", forwarded: "for=198.51.100.1" };
    expect(read({ ...triggered, headers, ...headers }).src).toEqual({ ip: "203.0.113.7", port: null });
    expect(read({ topic: "canary.t.triggered", timestamp: "2026-02-01T10:00:00Z", headers }).src).toBeNull();
  });

  test("of Canarytokens comes by webhook, without the address of its own page in the aliases", () => {
    const event = read({
      manage_url: "https://canarytokens.example/manage?token=abc123&auth=c4n4ry",
      memo: "c4n4ry in the vault",
      additional_data: { src_ip: "203.0.113.8", useragent: "python-requests/2.31" },
      channel: "HTTP",
      token: "abc123",
      token_type: "ms_word",
      src_ip: "203.0.113.8",
      time: "2026-02-01 10:00:00 (UTC)",
    });
    expect(event).toMatchObject({
      kind: "canary",
      time: new Date("2026-02-01T10:00:00Z"),
      src: { ip: "203.0.113.8" },
      ecs: { "canary.token": "abc123", "canary.kind": "document", "user_agent.tool": "python-requests" },
    });
    expect(JSON.stringify(event.ecs)).not.toContain("c4n4ry");
  });

  test("of a console comes by webhook; alerts of its decoys are other things", () => {
    const alert = {
      AlertType: "CanarytokenIncident",
      SourceIP: "203.0.113.9",
      Timestamp: "2026-02-01 10:00:00 (UTC)",
      Token: "t1",
    };
    expect(read(alert)).toMatchObject({
      kind: "canary",
      src: { ip: "203.0.113.9" },
      time: new Date("2026-02-01T10:00:00Z"),
    });
    expect(read({ ...alert, AlertType: "CanaryIncident" }).kind).not.toBe("canary");
  });
});

describe("the browser that opened a canary", () => {
  test("that is what it says shows nothing", () => {
    expect(fingerprint()).toMatchObject({
      "event.kind": "canary_fingerprint",
      "canary.fp.webdriver": false,
      "canary.fp.webrtc_leak": false,
      "canary.fp.zone_mismatch": false,
      "canary.fp.agent_mismatch": false,
      "canary.fp.platform_mismatch": false,
    });
    expect(fingerprint()).not.toHaveProperty("canary.fp.automation");
  });

  test("is found out by what does not go together, which we compute ourselves", () => {
    expect(fingerprint({ nav: { ...honest.nav, webdriver: true } })["canary.fp.webdriver"]).toBe(true);
    expect(fingerprint({ gl: { renderer: "Google SwiftShader" } })["canary.fp.automation"]).toBe("swiftshader");
    expect(fingerprint({ rtc: ["198.51.100.77"] })["canary.fp.webrtc_leak"]).toBe(true);
    expect(fingerprint({ rtc: ["2001:db8::1"] })["canary.fp.webrtc_leak"]).toBe(false);
    expect(fingerprint({ tz: { name: "Europe/Berlin", offset: 300 } })["canary.fp.zone_mismatch"]).toBe(true);
    expect(fingerprint({ tz: { name: "America/New_York", offset: 300 } })["canary.fp.zone_mismatch"]).toBe(true);
    expect(fingerprint({ nav: { ...honest.nav, platform: "Linux x86_64" } })["canary.fp.platform_mismatch"]).toBe(true);
    expect(fingerprint({ gl: { renderer: "Mesa Intel(R) HD" } })["canary.fp.platform_mismatch"]).toBe(true);
    const flags = { webdriver: true, webrtc_geo_mismatch: true, platform_ua_inconsistent: true };
    expect(fingerprint(flags)).toMatchObject({ "canary.fp.webdriver": false, "canary.fp.platform_mismatch": false });
  });

  test("English proves no place, a summer clock is not a wrong one, and an unknown zone says nothing", () => {
    const english = { nav: { ...honest.nav, languages: ["en-US", "en"] }, tz: { name: "Asia/Tokyo", offset: -540 } };
    expect(fingerprint(english)["canary.fp.zone_mismatch"]).toBe(false);
    expect(fingerprint({ tz: { name: "Europe/Berlin", offset: -120 } })["canary.fp.zone_mismatch"]).toBe(false);
    expect(fingerprint({ tz: { name: "Middle/Earth", offset: -120 } })).not.toHaveProperty("canary.fp.zone_mismatch");
  });

  test("that sent two parts sent no fingerprint; the canary was touched all the same", () => {
    expect(read({ ...triggered, fingerprint: { nav: {}, scr: {} } }).kind).toBe("canary");
    const packed = Buffer.from(JSON.stringify(honest)).toString("base64url");
    expect(read({ ...triggered, d: packed }).kind).toBe("canary_fingerprint");
    expect(read({ ...triggered, d: "////" }).kind).toBe("canary");
  });
});

describe("OpenCanary", () => {
  const line = {
    dst_host: "10.0.0.2",
    dst_port: 22,
    local_time: "2026-02-01 10:00:00.000000",
    utc_time: "2026-02-01 10:00:00.000000",
    node_id: "n1",
    src_host: "203.0.113.7",
    src_port: 4711,
  };

  test("login attempts are logins with an account, and the password is in no alias", () => {
    const event = read({ ...line, logtype: 4002, logdata: { USERNAME: "root", PASSWORD: "c4n4ry" } });
    expect(event).toMatchObject({
      kind: "auth_attempt",
      action: "ssh.login",
      outcome: "failure",
      user: "root",
      src: { ip: "203.0.113.7", port: 4711 },
      dst: { ip: "10.0.0.2", port: 22 },
      logsource: { product: "opencanary", category: "authentication", service: "ssh" },
      ecs: { "user.password": "***", "auth.method": "password" },
    });
    expect(JSON.stringify(event.ecs)).not.toContain("c4n4ry");
  });

  test("a file opened on its share is a canary touched, a request is one of the web, a scan one of the network", () => {
    expect(read({ ...line, logtype: 5000, logdata: { FILENAME: "secret.docx", USER: "x" } })).toMatchObject({
      kind: "canary",
      ecs: { "canary.kind": "share" },
    });
    expect(read({ ...line, logtype: 3000, logdata: { PATH: "/a.php?b=1", USERAGENT: "sqlmap/1.8" } })).toMatchObject({
      kind: "http_request",
      ecs: { "url.path": "/a.php", "cs-uri-query": "b=1", "user_agent.tool": "sqlmap" },
    });
    expect(read({ ...line, logtype: 5004, logdata: {} })).toMatchObject({
      kind: "network",
      action: "portscan.nmap_xmas",
    });
    expect(read({ ...line, logtype: 1001, logdata: { msg: "running" } })).toMatchObject({ kind: "log" });
  });
});

test("hostile canaries are read within bounds and never throw", () => {
  const topic = fc.constantFrom("canary.t.triggered", "canary.triggered", "canary.t.placed");
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(
      topic,
      fc.record({ nav: value, tz: value, gl: value, rtc: value, cv: value }),
      value,
      (name, parts, junk) => {
        const line = {
          timestamp: "2026-02-01T10:00:00Z",
          topic: name,
          fingerprint: parts,
          d: junk,
          token_type: junk,
          logtype: 4002,
          logdata: junk,
        };
        expect(normalise(JSON.stringify(line), options).ok).toBe(true);
        expect(
          normalise(JSON.stringify({ ...line, node_id: "n", memo: junk, manage_url: "x", channel: junk }), options).ok,
        ).toBe(true);
      },
    ),
  );
});
