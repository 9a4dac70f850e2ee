import { describe, expect, test } from "vitest";
import type { StreamEvent } from "#collect";
import { readRuleLine } from "../rule-line.ts";
import { handOver, takeEvents } from "./accumulate.ts";
import { readTrace, tellOf } from "./read-trace.ts";
import { testHash } from "./testing/pure-ladder.ts";

/** A line as its sensor's event, through the real normaliser. */
function eventOf(line: Readonly<Record<string, unknown>> | string, position = 1): StreamEvent {
  const read = readRuleLine(typeof line === "string" ? line : JSON.stringify(line), { index: position });
  if (!read.ok) throw new Error(read.reason);
  return { ...read.event, position, rawRef: null, session: null } as StreamEvent;
}
const cowrie = (eventid: string, more: Readonly<Record<string, unknown>>) =>
  eventOf({
    eventid: `cowrie.${eventid}`,
    timestamp: "2026-03-01T10:00:00.000000Z",
    src_ip: "203.0.113.7",
    session: "s",
    ...more,
  });

describe("what one event says of the hands behind its source", () => {
  test("a fingerprint, a file and where it came from", () => {
    expect(readTrace(cowrie("client.kex", { hassh: "a".repeat(32) }), testHash)?.exact).toEqual([
      ["hassh", "a".repeat(32)],
    ]);
    const file = cowrie("session.file_download", { shasum: "b".repeat(64), url: "http://evil.example/x" });
    expect(readTrace(file, testHash)?.exact).toEqual([
      ["payload", "b".repeat(64)],
      ["c2", "evil.example"],
    ]);
  });

  test("JA3 and JA4 wherever JSON has them", () => {
    const ja4 = "t13d1516h2_8daaf6152771_b186095e22b6";
    const line = {
      timestamp: "2026-03-01T10:00:00Z",
      src_ip: "203.0.113.7",
      tls: { ja3: { hash: "c".repeat(32) }, ja4 },
    };
    expect(readTrace(eventOf(line), testHash)?.exact).toEqual([
      ["ja3", "c".repeat(32)],
      ["ja4", ja4],
    ]);
  });

  test("passwords, accounts and commands only as keyed hashes", () => {
    const login = readTrace(cowrie("login.failed", { username: "anna", password: "Sommer-2026" }), testHash);
    const command = readTrace(cowrie("command.input", { input: "mysql -u anna -pSommer-2026" }), testHash);
    expect(login?.secret).toMatch(/^[0-9a-f]{12}$/);
    expect(JSON.stringify([login, command])).not.toMatch(/anna|Sommer/);
  });

  test("what has no shape of a trace is none: long, odd and foreign values", () => {
    for (const hassh of ["x".repeat(32), "a".repeat(33), "", 7, null, { toString: "a" }, ["a".repeat(32)]])
      expect(readTrace(cowrie("client.kex", { hassh }), testHash)?.exact).toEqual([]);
    const odd = cowrie("login.failed", { username: "\u0000", password: "p".repeat(10_000), asn: "1e9; drop" });
    expect(readTrace(odd, testHash)).toMatchObject({ secret: null, asn: null });
  });

  test("nothing of an event without a source, and nothing of what Tyr derived itself", () => {
    expect(readTrace({ ...cowrie("client.kex", {}), src: null }, testHash)).toBeUndefined();
    const derived = {
      ...cowrie("login.failed", {}),
      sensorId: "snr_d5c17b0e-9a52-5f63-8b1d-2f6c2a7e4b10",
    } as StreamEvent;
    expect(readTrace(derived, testHash)).toBeUndefined();
  });
});

describe("an address over many events", () => {
  test("keeps bounded sets, counts what falls out, and is the same for any order within them", () => {
    const events = Array.from({ length: 400 }, (_, index) =>
      eventOf(
        {
          eventid: "cowrie.login.failed",
          timestamp: new Date(Date.UTC(2026, 2, 1, 10, 0, index)).toISOString(),
          src_ip: "203.0.113.7",
          session: "s",
          username: `user${index}`,
          password: `pw${index}`,
        },
        index + 1,
      ),
    );
    const taken = (given: readonly StreamEvent[]) => {
      const hand = handOver([]);
      takeEvents(
        hand,
        given.flatMap((event) => tellOf(event, testHash) ?? []),
      );
      return hand.observations.get("203.0.113.7");
    };
    const forward = taken(events);
    const backward = taken(events.toReversed());
    expect(forward?.traces.secrets).toHaveLength(128);
    expect(forward?.traces.notKept["secrets"]).toBe(272);
    expect({ ...forward?.traces, notKept: {} }).toEqual({ ...backward?.traces, notKept: {} });
    expect(forward).toMatchObject({ eventCount: 400, firstPosition: 1, isPrivate: true });
  });
});
