import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { DetectionTag } from "./detection.ts";
import { createEvaluator } from "./evaluate.ts";
import { readRuleLine } from "./rule-line.ts";
import { loadRulePack } from "./rule-pack.ts";

const RULES = fileURLToPath(new URL("../../../../../rules", import.meta.url));
const pack = loadRulePack(RULES);
const PRIVATE = "c4n4ry";
const at = { timestamp: "2026-02-01T10:00:00Z", src_ip: "203.0.113.7" };

/** What raw log lines lead to, in the running pack. */
function tagsOf(...lines: readonly object[]): readonly DetectionTag[] {
  const evaluator = createEvaluator(pack);
  return lines.flatMap((line, index) => {
    const read = readRuleLine(JSON.stringify(line), { index });
    if (!read.ok) throw new Error(read.reason);
    return evaluator.evaluate(read.event).flatMap(({ tags }) => tags);
  });
}
const idsOf = (tags: readonly DetectionTag[]) =>
  new Set(tags.map(({ technique, subTechnique }) => subTechnique ?? technique));
const message = Buffer.from(
  [
    `From: "PayPal ${PRIVATE}" <${PRIVATE}@login-check.example>`,
    `Subject: Urgent: ${PRIVATE}`,
    `X-Mailer: gophish ${PRIVATE}`,
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/html",
    "",
    `<form action="https://xn--pypal-4ve.example/${PRIVATE}?t=${PRIVATE}"><input type="password"></form> wire transfer, kindly process ${PRIVATE}`,
    "--b",
    `Content-Type: application/octet-stream; name="${PRIVATE}.pdf.exe"`,
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from(`MZ${PRIVATE}`).toString("base64"),
    "--b--",
  ].join("\r\n"),
);

describe("from a raw log line to tags", () => {
  test("a message to many becomes techniques with domains, counts and hashes, and nothing anybody wrote or is called", () => {
    const tags = tagsOf({
      ...at,
      event_type: "message_stored",
      server_domain: "mail.decoy.example",
      mail_from: `${PRIVATE}@bulk.example`,
      rcpt_to: Array.from({ length: 30 }, (_none, index) => `${PRIVATE}${index}@victim.example`),
      raw_message: message.toString("base64"),
    });
    const expected = [
      "T1496",
      "T1566",
      "T1566.001",
      "T1566.002",
      "T1204.002",
      "T1036",
      "T1036.005",
      "T1036.007",
      "T1056.003",
      "T1656",
      "T1588.002",
    ];
    for (const technique of expected) expect(idsOf(tags)).toContain(technique);
    expect(JSON.stringify(tags)).not.toContain(PRIVATE);
    expect(JSON.stringify(tags)).toContain("victim.example");
  });

  test("a canary, the browser that opened it, a file and a fingerprint become techniques too", () => {
    const found = idsOf(
      tagsOf(
        { ...at, topic: "canary.tok_1.triggered", token_type: "aws_keys", memo: PRIVATE },
        {
          ...at,
          topic: "canary.tok_2.triggered",
          fingerprint: {
            nav: { webdriver: true },
            tz: { name: "Europe/Berlin", offset: 300 },
            rtc: ["198.51.100.9"],
            scr: {},
          },
        },
        {
          ...at,
          event_type: "file_captured",
          orig_path: `/home/${PRIVATE}/shell.php`,
          prefix: Buffer.from("7f454c46", "hex").toString("base64"),
        },
        { event_type: "ipv6_leak", observed_at: at.timestamp, attacker_v4: at.src_ip, addr: "fe80::1" },
      ),
    );
    for (const technique of ["T1552.001", "T1078.004", "T1059", "T1090", "T1505.003", "T1105"])
      expect(found).toContain(technique);
  });

  test("without a source there is nobody to tag", () => {
    expect(tagsOf({ timestamp: at.timestamp, topic: "canary.tok_1.triggered", token_type: "aws_keys" })).toEqual([]);
  });
});
