import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
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

const JA3 = "e7eca2baf4458d095b7f45da28c16c34";
const JA4 = "t13d1516h2_8daaf6152771_e5627efa2ab1";
const suricata = {
  timestamp: "2026-02-01T10:00:00.000000+0000",
  src_ip: "203.0.113.7",
  src_port: 4711,
  dest_ip: "10.0.0.2",
  dest_port: 443,
};

describe("fingerprints of clients", () => {
  test("are read off Suricata's and Zeek's lines", () => {
    const tls = {
      ...suricata,
      event_type: "tls",
      tls: { sni: "www.example", ja3: { hash: JA3, string: "771,4865" }, ja4: JA4 },
    };
    expect(read(tls)).toMatchObject({
      kind: "http_fingerprint",
      action: "http.fingerprint",
      src: { ip: "203.0.113.7", port: 4711 },
      logsource: { category: "http_fingerprint" },
      ecs: { "tls.client.ja3": JA3, "tls.client.ja4": JA4 },
    });
    const zeek = { _path: "ssl", ts: 1769940000.5, "id.orig_h": "203.0.113.8", "id.orig_p": 5000, ja3: JA3 };
    expect(read(zeek)).toMatchObject({ src: { ip: "203.0.113.8", port: 5000 }, ecs: { "tls.client.ja3": JA3 } });
    const ssh = { ...suricata, event_type: "ssh", ssh: { client: { hassh: { hash: JA3 } } } };
    expect(read(ssh)).toMatchObject({ kind: "session", action: "ssh.client_kex", ecs: { "ssh.hassh": JA3 } });
    const settings = [
      { settings_id: "SETTINGSHEADERTABLESIZE", settings_value: 65536 },
      { settings_id: "SETTINGSINITIALWINDOWSIZE", settings_value: 6291456 },
    ];
    const http = {
      ...suricata,
      event_type: "http",
      http: { http_user_agent: "Nuclei - x", http2: { request: { settings } } },
    };
    expect(read(http).ecs).toMatchObject({ "http2.settings": "1:65536;4:6291456", "user_agent.tool": "nuclei" });
  });

  test("of our own shape are checked for what they claim to be", () => {
    const own = { timestamp: "2026-02-01T10:00:00Z", event_type: "http_fingerprint", src_ip: "203.0.113.7" };
    const ja4h = `ge11nn020000_${"a".repeat(12)}_${"0".repeat(12)}_${"0".repeat(12)}`;
    expect(read({ ...own, fingerprint_kind: "ja4h", hash: ja4h }).ecs).toMatchObject({
      "http.ja4h": ja4h,
      "http.client.bare": true,
    });
    const rich = ja4h.replace("ge11nn020000", "ge20cr14enus");
    expect(read({ ...own, ja4h: rich }).ecs).toMatchObject({ "http.client.bare": false });
    expect(read({ ...own, ja3: "<script>", jarm: "c4n4ry" }).ecs).not.toHaveProperty("tls.client.ja3");
  });

  test("a line without any stays what it is", () => {
    expect(read({ ...suricata, event_type: "tls", tls: { sni: "www.example" } }).kind).not.toBe("http_fingerprint");
    expect(read({ ...suricata, event_type: "http", http: { http_user_agent: "curl/8" } }).kind).not.toBe(
      "http_fingerprint",
    );
  });

  test("a link-local address tells the maker of its card, whatever its sender says of it", () => {
    const leak = {
      event_type: "ipv6_leak",
      observed_at: "2026-02-01T10:00:00Z",
      attacker_v4: "203.0.113.7",
      iid_kind: "temporary",
    };
    expect(read({ ...leak, addr: "fe80::0211:22ff:fe33:4455", vector: "passive_mdns" })).toMatchObject({
      kind: "network",
      action: "network.ipv6_leak",
      src: { ip: "203.0.113.7" },
      ecs: {
        "ipv6.leak.link_local": true,
        "ipv6.leak.interface_id": "eui64",
        "ipv6.leak.mac_oui": "00:11:22",
        "ipv6.leak.vector": "passive_mdns",
      },
    });
    expect(read({ ...leak, addr: "fe80::1" }).ecs).toMatchObject({ "ipv6.leak.interface_id": "temporary" });
    expect(read({ ...leak, addr: "2001:db8::1" }).ecs).toMatchObject({ "ipv6.leak.link_local": false });
  });
});

describe("files attackers brought", () => {
  const captured = { timestamp: "2026-02-01T10:00:00Z", event_type: "file_captured", src_ip: "203.0.113.7" };
  const head = (bytes: Buffer): { prefix: string; size: number } => ({
    prefix: bytes.toString("base64"),
    size: bytes.length,
  });

  test("are known by their first bytes, not by their names, and a whole one by its hash", () => {
    const elf = Buffer.from("7f454c4602010100", "hex");
    expect(read({ ...captured, orig_path: "/home/c4n4ry/photo.jpg", ...head(elf) })).toMatchObject({
      kind: "payload",
      action: "file.captured",
      logsource: { category: "payload" },
      ecs: {
        "file.type": "elf",
        "file.executable": true,
        "file.disguised": true,
        "file.hash.sha256": createHash("sha256").update(elf).digest("hex"),
      },
    });
    expect(read({ ...captured, prefix: elf.toString("base64"), size: 9_000 }).ecs).not.toHaveProperty(
      "file.hash.sha256",
    );
    expect(JSON.stringify(read({ ...captured, orig_path: "/home/c4n4ry/x.sh" }).ecs)).not.toContain("c4n4ry");
  });

  test("scripts, scripts for web servers and bare machine code are told apart", () => {
    expect(read({ ...captured, ...head(Buffer.from("#!/bin/sh\nid\n")) }).ecs).toMatchObject({ "file.script": true });
    expect(read({ ...captured, filename: "shell.php" }).ecs).toMatchObject({ "file.web_script": true });
    expect(read({ ...captured, ...head(Buffer.from(`41${"90".repeat(20)}`, "hex")) }).ecs["file.shellcode"]).toBe(
      "nop_sled",
    );
    expect(read({ ...captured, ...head(Buffer.from("aa31c0d97424f45b", "hex")) }).ecs["file.shellcode"]).toBe("fstenv");
    expect(read({ ...captured, ...head(Buffer.from("a note to myself, /bin/sh is a shell")) }).ecs).not.toHaveProperty(
      "file.shellcode",
    );
  });

  test("of Suricata count where their hash is known", () => {
    const fileinfo = { filename: "/a/b.exe", size: 12, sha256: "a".repeat(64) };
    expect(read({ ...suricata, event_type: "fileinfo", fileinfo }).ecs).toMatchObject({
      "file.hash.sha256": "a".repeat(64),
      "file.extension": "exe",
    });
    expect(read({ ...suricata, event_type: "fileinfo", fileinfo: { filename: "x" } }).kind).not.toBe("payload");
  });
});

test("hostile fingerprints and files are read within bounds and never throw", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const type = fc.constantFrom(
    "tls",
    "ssh",
    "quic",
    "http",
    "fileinfo",
    "file_captured",
    "http_fingerprint",
    "ipv6_leak",
  );
  fc.assert(
    fc.property(type, fc.tuple(value, value), fc.uint8Array({ maxLength: 300 }), (name, [a, b], bytes) => {
      const parts = {
        tls: a,
        ssh: a,
        quic: a,
        http: a,
        fileinfo: a,
        addr: b,
        ja4h: b,
        fingerprint_kind: b,
        orig_path: b,
      };
      const line = { ...suricata, event_type: name, ...parts, prefix: Buffer.from(bytes).toString("base64") };
      expect(normalise(JSON.stringify(line), options).ok).toBe(true);
    }),
  );
});
