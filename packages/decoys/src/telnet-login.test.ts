import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTelnetFilter, startTelnetLogin, type DecoyEvent, type TelnetLoginOptions } from "./telnet-login.ts";

async function aDecoy(limits: TelnetLoginOptions["limits"] = {}) {
  const events: DecoyEvent[] = [];
  const decoy = await startTelnetLogin({
    host: "127.0.0.1",
    port: 0,
    hostname: "camera-3",
    now: () => new Date("2026-02-01T00:00:00Z"),
    emit: (event) => void events.push(event),
    limits,
  });
  return { decoy, events };
}

async function talk(port: number, send: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let seen = "";
  socket.on("data", (chunk) => void (seen += chunk.toString("latin1")));
  const closed = new Promise<void>((resolve) => void socket.on("close", () => resolve()));
  socket.on("error", () => undefined);
  for (const part of send) {
    socket.write(part);
    await sleep(20);
  }
  await Promise.race([closed, sleep(3_000)]);
  socket.destroy();
  return seen;
}

test("whoever guesses is refused, and every guess is told as it was typed", async () => {
  const { decoy, events } = await aDecoy({ attempts: 2 });
  await using _decoy = decoy;
  const seen = await talk(decoy.port, ["root\r\n", "xc3511\r\n", "admin\n", "p\u00e4ss word\r\0"]);
  expect(seen).toContain("camera-3 login: ");
  expect(seen.match(/Login incorrect/g)).toHaveLength(2);
  expect(events.filter((event) => event.event_type === "auth_attempt")).toMatchObject([
    { username: "root", password: "xc3511", src_ip: "127.0.0.1", protocol: "telnet" },
    { username: "admin", password: "p\u00e4ss word" },
  ]);
  await expect.poll(() => events.at(-1)).toMatchObject({ event_type: "session_closed", reason: "attempt limit" });
});

test("telnet negotiation is not mistaken for a name", async () => {
  const { decoy, events } = await aDecoy({ attempts: 1 });
  await using _decoy = decoy;
  await talk(decoy.port, [Uint8Array.of(255, 251, 31, 255, 250, 31, 0, 80, 0, 24, 255, 240), "root\r\n", "root\r\n"]);
  expect(events).toContainEqual(
    expect.objectContaining({ event_type: "auth_attempt", username: "root", password: "root" }),
  );
});

test("a flood of bytes without a line end is cut off at the limit", async () => {
  const { decoy, events } = await aDecoy({ sessionBytes: 1_000 });
  await using _decoy = decoy;
  await talk(decoy.port, [new Uint8Array(5_000).fill(65)]);
  await expect.poll(() => events.at(-1)).toMatchObject({ event_type: "session_closed", reason: "byte limit" });
});

test("one address cannot take every connection, and a silent one is sent away", async () => {
  const { decoy, events } = await aDecoy({ connectionsPerAddress: 2, sessionMs: 150 });
  await using _decoy = decoy;
  await Promise.all(Array.from({ length: 5 }, async () => await talk(decoy.port, [])));
  const closed = () => events.filter((event) => event.event_type === "session_closed");
  await expect.poll(closed).toHaveLength(2);
  expect(closed()).toMatchObject([{ reason: "time limit" }, { reason: "time limit" }]);
});

test("whatever bytes arrive in whatever pieces, the filter gives the same text", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, cut) => {
      const whole = [...createTelnetFilter()(bytes)];
      const filter = createTelnetFilter();
      expect([...filter(bytes.subarray(0, cut)), ...filter(bytes.subarray(cut))]).toEqual(whole);
    }),
  );
});
