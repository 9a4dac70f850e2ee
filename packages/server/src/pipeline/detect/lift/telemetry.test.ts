import { expect, test } from "vitest";
import { normalise } from "#collect";
import { Emit, type LiftEvent } from "./lifter.ts";
import { telemetry } from "./telemetry.ts";

/** What one raw line leads to. */
function told(line: object): Emit {
  const now = new Date("2026-03-01T00:00:00Z");
  const read = normalise(JSON.stringify(line), { format: "auto", sensorKind: "custom", now });
  if (!read.ok) throw new Error(read.reason);
  const event = {
    ...read.event,
    id: "evt_00000000-0000-7000-8000-000000000001",
    position: 1,
    observedAt: now,
    sensorId: "snr_1",
  };
  const emit = new Emit();
  telemetry.start().lift(event as unknown as LiftEvent, emit);
  return emit;
}
const at = { timestamp: "2026-02-01T10:00:00Z", src_ip: "203.0.113.7" };

test("a message taken is told of with domains and hashes, and without anybody's address", () => {
  const { messages } = told({
    ...at,
    event_type: "message_stored",
    rcpt_to: ["c4n4ry@victim.example"],
    subject: "c4n4ry",
    attachment_sha256s: ["ab".repeat(32)],
  });
  expect(messages).toMatchObject([
    {
      family: "email.received",
      segments: [],
      payload: {
        attacker_ip: "203.0.113.7",
        rcpt_count: 1,
        rcpt_domains: ["victim.example"],
        attachment_sha256s: ["ab".repeat(32)],
      },
    },
  ]);
  expect(JSON.stringify(messages)).not.toContain("c4n4ry");
  expect(told({ ...at, event_type: "rcpt_denied", rcpt_to: "a@b.example" }).messages).toEqual([]);
});

test("a canary that was touched is told of under its token; one that was placed is not", () => {
  expect(told({ ...at, topic: "canary.tok_1.triggered" }).messages).toMatchObject([
    { family: "canary.*.triggered", segments: ["tok_1"], payload: { token_id: "tok_1", attacker_ip: "203.0.113.7" } },
  ]);
  expect(told({ ...at, event_type: "canary.triggered", token_id: "a.b>*" }).messages).toMatchObject([
    { segments: ["unnamed"] },
  ]);
  expect(told({ ...at, src_ip: undefined, topic: "canary.tok_1.triggered" }).messages).toMatchObject([
    { payload: { attacker_ip: null } },
  ]);
  for (const what of ["placed", "revoked"]) expect(told({ ...at, topic: `canary.tok_1.${what}` }).messages).toEqual([]);
});

test("each fingerprint is told of with its kind", () => {
  const ja3 = "e7eca2baf4458d095b7f45da28c16c34";
  const { said } = told({ ...at, event_type: "http_fingerprint", ja3, ja4: "t13d1516h2_8daaf6152771_e5627efa2ab1" });
  expect(said.map(({ family, type }) => [family, type])).toEqual([
    ["attacker.fingerprinted", "ja3"],
    ["attacker.fingerprinted", "ja4"],
  ]);
  expect(said[0]?.payload()).toMatchObject({ fingerprint: ja3, attacker_ip: "203.0.113.7" });
  const ssh = told({
    eventid: "cowrie.client.kex",
    hassh: ja3,
    src_ip: "203.0.113.7",
    timestamp: "2026-02-01T10:00:00Z",
    session: "s",
  });
  expect(ssh.said.map(({ type }) => type)).toEqual(["hassh"]);
});
