import { expect, test } from "vitest";
import { evidenceFor } from "./evidence.ts";
import { TELEMETRY_KEYS } from "./telemetry-evidence.ts";

const CANARY = "c4n4ry@victim.example";
const PATH = `https://victim.example/${CANARY}`;

test("aliases a line made up itself leave neither an address, a text nor a whole URL in evidence", () => {
  const aliases = [
    "email.body.sha256",
    "email.body.simhash",
    "email.mismatches",
    "email.to.domains",
    "email.to.count",
    "email.attachment.sha256",
    "email.mailer.kit",
    "email.url.hosts",
    "email.subject.topics",
    "email.body.topics",
    "email.body.base64_bytes",
    "file.hash.sha256",
    "intel.provider",
    "intel.categories",
    "intel.malware_families",
    "intel.indicator.sha256",
    "intel.indicator.fingerprint",
    "canary.token",
    "tls.client.ja3",
    "http.ja4h",
    "http2.settings",
    "network.protocol",
    "ipv6.leak.address",
    "ipv6.leak.vector",
    "file.size",
    "file.type",
    "file.shellcode",
    "canary.kind",
    "canary.channel",
    "canary.fp.webdriver",
    "canary.fp.automation",
    "user_agent.tool",
    "user.name",
  ];
  for (const junk of [CANARY, PATH, [CANARY], [PATH], { a: CANARY }]) {
    const fields = Object.fromEntries(aliases.map((alias) => [alias, junk]));
    const source = { fields, tokens: [], eventCount: 1, value: undefined };
    for (const kind of Object.keys(TELEMETRY_KEYS) as readonly (keyof typeof TELEMETRY_KEYS)[]) {
      expect(JSON.stringify(evidenceFor(kind, TELEMETRY_KEYS[kind], source))).not.toContain("c4n4ry");
    }
  }
});

test("evidence of a message names what was off, not what stood there", () => {
  const fields = {
    "email.to.domains": ["victim.example"],
    "email.to.count": 12,
    "email.mismatches": ["mail_from"],
    "email.dkim.signed": false,
    "email.spf.pass": true,
    "email.attachment.macro": true,
    "email.attachment.encrypted": false,
  };
  const keys = ["rcpt_domain_set", "rcpt_count", "matched_headers", "matched_signals", "matched_trigger"] as const;
  expect(evidenceFor("email", keys, { fields, tokens: [], eventCount: 1, value: undefined })).toEqual({
    rcpt_domain_set: ["victim.example"],
    rcpt_count: 12,
    matched_headers: ["mail_from"],
    matched_signals: ["unsigned"],
    matched_trigger: ["macro"],
  });
});
