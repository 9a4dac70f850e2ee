import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MODES, SETTINGS_AS_SHIPPED, type IncidentId, type ModeName } from "@tyr/contract";
import { demandOf, type AskingIncident } from "./mode-demand.ts";
import { advance, choose, isLess, modeOf, rebased, settled, stateAtRest, type ModeState } from "./mode-state.ts";

const MINUTE_MS = 60_000;
const START = Date.parse("2026-02-01T12:00:00Z");
const at = (minute: number): Date => new Date(START + minute * MINUTE_MS);
const rank = (mode: ModeName): number => MODES.indexOf(mode);
const settings = { ...SETTINGS_AS_SHIPPED, autoElevate: true, autoLockdown: true };
const HOLD = settings.modeHoldMinutes;
const QUIET = settings.modeQuietMinutes;
const WINDOW = settings.escalateWindowMinutes;
const rules = { holdMs: HOLD * MINUTE_MS, quietMs: QUIET * MINUTE_MS };

type Life = Readonly<{ opened: number; changed: number; closed: number | null; critical: boolean }>;
const incident = ({ opened, changed, closed, critical }: Life, n: number): AskingIncident => ({
  incidentId: `inc_${String(n)}` as IncidentId,
  severity: critical ? "critical" : "high",
  openedAt: at(opened),
  changedAt: at(closed ?? changed),
  closedAt: closed === null ? null : at(closed),
});
/** As the table would show it at that minute. */
const seenAt = (lives: readonly Life[], minute: number): readonly AskingIncident[] =>
  lives
    .map((life, n) => [life, n] as const)
    .filter(([{ opened }]) => opened <= minute)
    .map(([life, n]) => {
      const closed = life.closed !== null && life.closed <= minute ? life.closed : null;
      return incident({ ...life, closed, changed: Math.min(life.changed, minute) }, n);
    });
function step(state: ModeState, lives: readonly Life[], minute: number): ModeState {
  const now = at(minute);
  const demand = demandOf(seenAt(lives, minute), { settings, ignoreBefore: state.ignoreBefore, now });
  return advance(state, { demand, rules, now });
}

describe("a mode that comes by itself", () => {
  const critical: Life = { opened: 0, changed: 0, closed: null, critical: true };

  test("is lockdown for an open critical incident, at once", () => {
    expect(modeOf(step(stateAtRest("normal"), [critical], 0), at(0))).toBe("lockdown");
  });

  test("goes down a step at a time, each after its own quiet and hold, and not a minute earlier", () => {
    const lives = [{ ...critical, closed: 10 }];
    let state = stateAtRest("normal");
    const changes: [number, ModeName][] = [];
    for (let minute = 0; minute <= 200; minute += 1) {
      const before = modeOf(state, at(minute));
      state = step(state, lives, minute);
      const mode = modeOf(state, at(minute));
      if (mode !== before) changes.push([minute, mode]);
    }
    expect(changes).toEqual([
      [0, "lockdown"],
      [10 + QUIET, "elevated"],
      [10 + QUIET + HOLD, "normal"],
    ]);
  });

  test("stays while the incident goes on, and until its window and the quiet after it are over", () => {
    let state = step(stateAtRest("normal"), [critical], 0);
    state = step(state, [critical], WINDOW + QUIET - 1);
    expect(modeOf(state, at(WINDOW + QUIET - 1))).toBe("lockdown");
    expect(modeOf(step(state, [critical], WINDOW + QUIET), at(WINDOW + QUIET))).toBe("elevated");
  });

  test("needs as many incidents at a time as are set", () => {
    const two = { ...settings, autoLockdown: false, elevateIncidents: 2 };
    const ask = (lives: readonly Life[], minute: number) =>
      demandOf(seenAt(lives, minute), { settings: two, ignoreBefore: null, now: at(minute) });
    const first: Life = { opened: 0, changed: 0, closed: 5, critical: true };
    expect(ask([first], 3).mode).toBe("normal");
    expect(ask([first, { ...first, opened: 6, changed: 6, closed: null }], 7).mode).toBe("normal");
    const both = [first, { ...first, opened: 4, changed: 4, closed: null }];
    expect(ask(both, 4)).toMatchObject({ mode: "elevated", incidents: ["inc_0", "inc_1"] });
    expect(ask(both, 30).lastAsked("elevated")).toEqual(at(5));
  });

  test("does not come while it is switched off", () => {
    const off = { settings: SETTINGS_AS_SHIPPED, ignoreBefore: null, now: at(1) };
    expect(demandOf([incident(critical, 1)], off)).toMatchObject({ mode: "normal", incidents: [] });
  });
});

describe("what somebody chose", () => {
  const choice = (mode: ModeName, until: number | null, minute: number) => ({
    mode,
    until: until === null ? null : at(until),
    now: at(minute),
  });

  test("raised for a while goes on afterwards as it was", () => {
    const elevated = choose(stateAtRest("normal"), choice("elevated", null, 0));
    const locked = choose(elevated, choice("lockdown", 10, 1));
    expect([modeOf(locked, at(9)), modeOf(locked, at(10)), modeOf(settled(locked, at(500)), at(500))]).toEqual([
      "lockdown",
      "elevated",
      "elevated",
    ]);
  });

  test("over sooner is less, so that a minute of a mode does not end what has no end", () => {
    const elevated = choose(stateAtRest("normal"), choice("elevated", null, 0));
    expect(isLess(elevated, choice("elevated", 1, 0))).toBe(true);
    expect(isLess(elevated, choice("elevated", null, 0))).toBe(false);
    expect(isLess(elevated, choice("lockdown", 1, 0))).toBe(false);
    const short = choose(stateAtRest("normal"), choice("elevated", 5, 0));
    expect(isLess(short, choice("elevated", 9, 0))).toBe(false);
    expect(isLess(short, choice("elevated", 4, 0))).toBe(true);
  });

  test("lowered in the face of open incidents stays lower: only new ones raise it again", () => {
    const open: Life = { opened: 0, changed: 300, closed: null, critical: true };
    const locked = step(stateAtRest("normal"), [open], 0);
    const lowered = choose(locked, choice("normal", null, 5));
    expect(modeOf(lowered, at(5))).toBe("normal");
    expect(modeOf(step(lowered, [open], 60), at(60))).toBe("normal");
    const another = { ...open, opened: 61 };
    expect(modeOf(step(lowered, [open, another], 61), at(61))).toBe("lockdown");
  });

  test("raised for a while and then for longer still goes on afterwards as it was", () => {
    const elevated = choose(stateAtRest("normal"), choice("elevated", null, 0));
    const locked = choose(elevated, choice("lockdown", 1, 0));
    const longer = choose(locked, choice("lockdown", 2, 0));
    expect([modeOf(longer, at(1)), modeOf(longer, at(2))]).toEqual(["lockdown", "elevated"]);
    const byItself = { ...elevated, automatic: { mode: "lockdown" as const, since: at(0).toISOString() } };
    expect(choose(byItself, choice("lockdown", 1, 0)).beneath).toEqual({ mode: "elevated", until: null });
  });

  test("is asked about again where the default beneath it becomes lower", () => {
    const locked = choose(stateAtRest("elevated"), choice("lockdown", 1, 0));
    expect(modeOf(rebased(locked, "normal", at(0)), at(2))).toBe("elevated");
    const byItself = step(stateAtRest("elevated"), [{ opened: 0, changed: 0, closed: null, critical: true }], 0);
    const rest = { ...rebased(byItself, "normal", at(0)), automatic: null };
    expect(modeOf(rest, at(500))).toBe("elevated");
  });

  test("another default never lowers what is in force", () => {
    const rested = rebased(stateAtRest("elevated"), "normal", at(0));
    expect([rested.base, modeOf(rested, at(0))]).toEqual(["normal", "elevated"]);
    expect(modeOf(rebased(stateAtRest("normal"), "lockdown", at(0)), at(0))).toBe("lockdown");
  });
});

describe("whatever happens", () => {
  const life = fc
    .record({
      opened: fc.nat(400),
      lasts: fc.nat(120),
      closes: fc.boolean(),
      critical: fc.boolean(),
    })
    .map(({ opened, lasts, closes, critical }): Life => {
      return { opened, changed: opened + lasts, closed: closes ? opened + lasts : null, critical };
    });
  const order = fc.record({
    minute: fc.nat(500),
    mode: fc.constantFrom(...MODES),
    lasting: fc.option(fc.integer({ min: 1, max: 200 })),
  });
  const base = fc.constantFrom(...MODES);
  type Event = Readonly<{ minute: number; before: ModeState; after: ModeState; by: "clock" | "person" }>;

  type World = Readonly<{
    lives: readonly Life[];
    orders: readonly Readonly<{ minute: number; mode: ModeName; lasting: number | null }>[];
    rest: ModeName;
    /** Of each ten minutes so many without a sweep, as of a server that was down. */
    gap: number;
  }>;

  const move = fc.oneof(
    fc.record({ base, after: fc.nat(60) }),
    fc.record({
      mode: fc.constantFrom(...MODES),
      lasting: fc.option(fc.integer({ min: 1, max: 60 })),
      after: fc.nat(60),
    }),
  );

  test("nothing that is not less, and no other default, ever means a lower mode later", () => {
    const everLower = (after: ModeState, before: ModeState, from: number): boolean =>
      Array.from({ length: 200 }, (_, n) => at(from + n)).some((now) =>
        [
          [after, before],
          [
            { ...after, automatic: null },
            { ...before, automatic: null },
          ],
        ].some(([a = after, b = before]) => rank(modeOf(a, now)) < rank(modeOf(b, now))),
      );
    let [less, notLess] = [0, 0];
    fc.assert(
      fc.property(
        base,
        fc.option(fc.constantFrom(...MODES)),
        fc.array(move, { maxLength: 8 }),
        (rest, asked, moves) => {
          let minute = 0;
          let state: ModeState = stateAtRest(rest);
          if (asked !== null) state = { ...state, automatic: { mode: asked, since: at(0).toISOString() } };
          for (const one of moves) {
            minute += one.after;
            const now = at(minute);
            const [before, said] = "base" in one ? [state, false] : [state, undefined];
            const choice = {
              mode: "mode" in one ? one.mode : rest,
              until: "mode" in one && one.lasting !== null ? at(minute + one.lasting) : null,
              now,
            };
            state = "base" in one ? rebased(before, one.base, now) : choose(before, choice);
            const isSaid = said ?? isLess(before, choice);
            expect(isSaid).toBe(everLower(state, before, minute));
            if (isSaid) less += 1;
            else notLess += 1;
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(Math.min(less, notLess)).toBeGreaterThan(100);
  });

  function obey(events: Event[], state: ModeState, { minute, mode, lasting }: World["orders"][number]): ModeState {
    const before = settled(state, at(minute));
    const until = lasting === null ? null : at(minute + lasting);
    const after = choose(before, { mode, until, now: at(minute) });
    events.push({ minute, before, after, by: "person" });
    return after;
  }

  /** Minute by minute. */
  function run({ lives, orders, rest, gap }: World): readonly Event[] {
    const events: Event[] = [];
    let state = stateAtRest(rest);
    for (let minute = 0; minute < 700; minute += 1) {
      for (const one of orders.filter((order) => order.minute === minute)) state = obey(events, state, one);
      if (minute % 10 < gap) continue;
      const before = settled(state, at(minute));
      state = step(state, lives, minute);
      events.push({ minute, before, after: state, by: "clock" });
    }
    return events;
  }

  const automaticOf = ({ automatic }: ModeState): number => rank(automatic?.mode ?? "normal");

  type Fault = Readonly<{ minute: number; why: string }>;
  /** What the clock did that it must not. */
  function faultsOf({ minute, before, after }: Event, changedAt: number): readonly Fault[] {
    const [from, to] = [automaticOf(before), automaticOf(after)];
    const floor = after.held?.mode ?? after.base;
    const isFlat = to < from && minute - changedAt < HOLD;
    // At the default nothing is left that came by itself: from there down is no step anybody sees.
    const isLeap = from - to > 1 && rank(after.base) < from - 1;
    const isBelow = rank(modeOf(after, at(minute))) < rank(floor);
    return [
      ...(isFlat ? [{ minute, why: "down before its hold was over" }] : []),
      ...(isLeap ? [{ minute, why: "two steps at once" }] : []),
      ...(isBelow ? [{ minute, why: "below what somebody chose" }] : []),
    ];
  }

  const world = fc.record({
    lives: fc.array(life, { maxLength: 6 }),
    orders: fc.array(order, { maxLength: 4 }),
    rest: base,
    gap: fc.nat(9),
  });

  test("automation goes down one step at a time, never flaps, and never goes below what somebody chose", () =>
    fc.assert(
      fc.property(world, (one) => {
        let changedAt = -Infinity;
        const faults: Fault[] = [];
        for (const event of run(one)) {
          if (event.by === "clock") faults.push(...faultsOf(event, changedAt));
          if (automaticOf(event.after) !== automaticOf(event.before)) changedAt = event.minute;
        }
        expect(faults).toEqual([]);
      }),
      { numRuns: 150 },
    ));

  test("when nothing asks any more, the mode is the default again in the end", () =>
    fc.assert(
      fc.property(fc.array(life, { maxLength: 6 }), base, (lives, rest) => {
        let state = stateAtRest(rest);
        for (let minute = 0; minute < 1_200; minute += 3) state = step(state, lives, minute);
        expect(modeOf(state, at(1_200))).toBe(rest);
      }),
      { numRuns: 60 },
    ));

  test("what a mode was last asked for at is never later than now, and is now while it is asked for", () =>
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 6 }), fc.nat(600), (lives, minute) => {
        const now = at(minute);
        const demand = demandOf(seenAt(lives, minute), { settings, ignoreBefore: null, now });
        const wrong = (["elevated", "lockdown"] as const).filter((mode) => {
          const last = demand.lastAsked(mode)?.getTime() ?? -Infinity;
          const isAsked = rank(demand.mode) >= rank(mode);
          return last > now.getTime() || (isAsked && last !== now.getTime());
        });
        expect(wrong).toEqual([]);
      }),
    ));
});
