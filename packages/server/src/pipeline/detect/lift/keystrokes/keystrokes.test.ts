import { describe, expect, test } from "vitest";
import { cowrie, eventsFrom, lifted } from "../testing/lines.ts";
import { machineTiming, recordOf, typedTiming, typist } from "./testing/typists.ts";

const measuredOf = (lines: readonly string[]) =>
  lifted(eventsFrom(lines)).derived.filter((event) => event.action === "keystrokes.measured");

describe("a recorded terminal", () => {
  const typed = (id: number, from: number) => recordOf({ id, pos: from, timing: typedTiming(typist(1), 130, id) });

  test("is told of once it is silent, over all its records, with a hash of its rhythm and nothing that was typed", () => {
    const lines = [typed(1, 0), typed(2, 60_000)].map((one) =>
      JSON.stringify({ ...one, in_txt: "CANARY-typed-secret" }),
    );
    const [event, ...more] = measuredOf(lines);
    expect(more).toEqual([]);
    expect(event?.fields).toMatchObject({
      "keystroke.typed_by": "human",
      "keystroke.count": 260,
      "keystroke.rhythm": expect.stringMatching(/^[0-9a-f]{16}$/),
      "keystroke.pasted_share": 0,
    });
    expect(JSON.stringify(lifted(eventsFrom(lines)))).not.toContain("CANARY");
  });

  test("of few keys has no hash, and of hardly any nothing is told", () => {
    const of = (keys: number) => [JSON.stringify(recordOf({ timing: typedTiming(typist(2), keys, 5) }))];
    expect(measuredOf(of(100))[0]?.fields).toMatchObject({ "keystroke.count": 100, "keystroke.rhythm": undefined });
    expect(measuredOf(of(19))).toEqual([]);
  });

  test.each([
    ["keys at one interval", machineTiming(60, 50), "machine"],
    ["keys at once", machineTiming(60, 1), "machine"],
    ["all of it pasted", "+5000<80+4000<120", "pasted"],
    ["a key held down", machineTiming(60, 33), "human"],
  ])("typed by %s is told from a person", (_name, timing, by) => {
    expect(measuredOf([JSON.stringify(recordOf({ timing }))])[0]?.fields["keystroke.typed_by"]).toBe(by);
  });

  test("goes on for many keys in stretches, each its own measurement", () => {
    const lines = Array.from({ length: 12 }, (_none, at) => JSON.stringify(typed(at + 1, at * 60_000)));
    expect(measuredOf(lines).map(({ fields }) => fields["keystroke.stretch"])).toEqual([0, 1, 2]);
  });

  test("told of after a pause goes on as another measurement, which is not taken for the first one again", () => {
    const at = (id: number, minutes: number, keys: number) => {
      const time = Date.parse("2026-03-01T10:00:00Z") / 1_000 + minutes * 60;
      return JSON.stringify(recordOf({ id, pos: minutes * 60_000, time, timing: typedTiming(typist(1), keys, id) }));
    };
    const told = measuredOf([at(1, 0, 25), at(2, 40, 300), at(3, 90, 300)]);
    expect(told.map(({ fields }) => fields["keystroke.count"])).toEqual([25, 300, 300]);
    expect(new Set(told.map(({ identity }) => identity.join(" "))).size).toBe(3);
  });

  test("does not count the time between records of which one is missing or comes too early", () => {
    const intervals = (ids: readonly number[]) =>
      measuredOf(ids.map((id) => JSON.stringify(typed(id, id * 60_000))))[0]?.fields;
    const whole = intervals([1, 2, 3]);
    expect(whole).toMatchObject({ "keystroke.count": 390 });
    const pauses = (fields: typeof whole): number =>
      Number(fields?.["keystroke.interval_count"]) + Number(fields?.["keystroke.pause_count"]);
    expect(pauses(whole)).toBe(389);
    expect(pauses(intervals([1, 3]))).toBe(258);
    expect(pauses(intervals([3, 2, 1]))).toBe(387);
  });
});

describe("whose a recording is", () => {
  const timing = typedTiming(typist(3), 60, 1);
  const file = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  const closed = (more: object = {}) =>
    cowrie(30, { eventid: "log.closed", ttylog: `var/lib/cowrie/tty/${file}`, duplicate: false, ...more });
  const recording = JSON.stringify(recordOf({ rec: file, closed: true, timing }));

  test("a decoy's log says by the name of the file, whichever comes first", () => {
    for (const lines of [
      [closed(), recording],
      [recording, closed()],
    ])
      expect(measuredOf(lines)).toMatchObject([{ src: "203.0.113.9", session: "s1" }]);
  });

  test("a session whose keys were recorded before is not taken for the one that is kept", () => {
    const events = measuredOf([closed({ duplicate: true }), recording]);
    expect(events).toMatchObject([{ src: null }]);
  });

  const login = (second: number, address: string) =>
    `2026-03-01T10:00:${String(second).padStart(2, "0")}Z web1 sshd[7]: Accepted password for alice from ${address} port 5000 ssh2`;
  const shell = JSON.stringify(
    recordOf({ host: "web1", user: "alice", time: Date.parse("2026-03-01T10:00:20Z") / 1_000, timing }),
  );

  test("the login right before it tells, if only one address logged in under that name", () => {
    expect(measuredOf([login(18, "203.0.113.7"), shell])).toMatchObject([{ src: "203.0.113.7", user: "alice" }]);
    expect(measuredOf([login(11, "198.51.100.1"), login(18, "203.0.113.7"), shell])).toMatchObject([{ src: null }]);
    expect(measuredOf([login(40, "203.0.113.7"), shell])).toMatchObject([{ src: null }]);
  });
});
