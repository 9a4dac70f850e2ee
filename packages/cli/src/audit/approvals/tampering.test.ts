import fc from "fast-check";
import { expect, test } from "vitest";
import { checkApprovals } from "./check-approvals.ts";
import { HAPPENING_NAMES, PEOPLE, wholeLog, type WholeEntry } from "./testing/whole-log.ts";
import { ORIGIN } from "./testing/written-log.ts";

type Log = readonly WholeEntry[];
const read = (log: Log) =>
  checkApprovals(
    log.map((entry, index) => ({ index, entry })),
    ORIGIN,
  );

/** What ran, of what kind, about what, and on whose word. */
const outcomeOf = (log: Log): string => {
  const { executed } = read(log);
  return JSON.stringify(executed.map(({ signers, ...one }) => ({ ...one, index: 0, signers: signers.toSorted() })));
};

type Tampered = Readonly<{ what: string; log: Log }>;
const without = (log: Log, at: number): Log => log.toSpliced(at, 1);

/** What somebody writes in the place of a value. */
function others(value: unknown): readonly unknown[] {
  if (typeof value === "string") {
    const instant = Date.parse(value);
    const shifted = (days: number) => new Date(instant + days * 86_400_000).toISOString();
    return /^\d{4}-.*Z$/.test(value) ? [shifted(-30), shifted(30), ""] : [`${value}x`, "", PEOPLE.emil.id, "allow"];
  }
  if (typeof value === "number") return [value + 1, value * 1_000, "1"];
  if (Array.isArray(value)) return [[], [...(value as readonly unknown[]), PEOPLE.emil.id]];
  return [null, "x"];
}

function altered(entry: WholeEntry): readonly WholeEntry[] {
  const { actor, object, details } = entry;
  const kinds = ["person", "automation", "system"].filter((kind) => kind !== actor.kind);
  return [
    ...["system.heartbeat", "action.executing", "action.edited"].map((type) => ({ ...entry, type })),
    ...others(entry.at).map((at) => ({ ...entry, at: String(at) })),
    ...kinds.map((kind) => ({ ...entry, actor: { ...actor, kind } })),
    ...[PEOPLE.ben, PEOPLE.emil].map(({ id }) => ({ ...entry, actor: { ...actor, id } })),
    ...["act_1", "act_99"].map((id) => ({ ...entry, object: { ...object, id } })),
    { ...entry, outcome: "refused" },
    ...["pending", "approved", null].flatMap((state) => [
      { ...entry, before: state },
      { ...entry, after: state },
    ]),
    ...Object.keys(details).flatMap((name) => {
      const { [name]: value, ...rest } = details;
      return [rest, ...others(value).map((other) => ({ ...details, [name]: other }))].map((changed) => ({
        ...entry,
        details: changed,
      }));
    }),
  ];
}

function* tamperedAt(log: Log, at: number): Generator<Tampered> {
  const entry = log[at];
  if (entry === undefined) return;
  yield { what: `dropped: ${entry.type}`, log: without(log, at) };
  yield { what: `twice: ${entry.type}`, log: log.toSpliced(at, 0, entry) };
  yield { what: `again at the end: ${entry.type}`, log: [...log, entry] };
  for (const other of altered(entry)) {
    const said: readonly (readonly [string, unknown])[] = [...Object.entries(other), ...Object.entries(other.details)];
    const before: Readonly<Record<string, unknown>> = { ...entry.details, ...entry };
    const field = said.find(([name, value]) => name !== "details" && before[name] !== value)?.[0] ?? "left out";
    yield { what: `altered: ${entry.type}: ${field}`, log: log.with(at, other) };
  }
}

/** Each way to tamper with one entry that is not seen and makes another story. */
function unseenIn(log: Log, from: number): readonly string[] {
  const before = outcomeOf(log);
  const unseen = log.flatMap((_, at) =>
    at < from
      ? []
      : [...tamperedAt(log, at)]
          .filter(({ log: other }) => read(other).ok && outcomeOf(other) !== before)
          .map(({ what }) => what),
  );
  return [...new Set(unseen)];
}

function swapped(log: Log, one: number, other: number): Log {
  const [first, second] = [log[one], log[other]];
  return first === undefined || second === undefined ? log : log.with(one, second).with(other, first);
}

test("all of what can happen holds, and is told as it happened", () => {
  const { ok, findings, executed } = read(wholeLog(HAPPENING_NAMES));
  expect([ok, findings]).toEqual([true, []]);
  expect(executed.map(({ by }) => by)).toMatchInlineSnapshot(`
    [
      "approvals",
      "approvals",
      "approvals",
      "approvals",
      "approvals",
      "approvals",
      "break_glass",
      "own",
      "nobody",
      "approvals",
      "approvals",
    ]
  `);
});

/**
 * What no signature says is missing: whoever holds the server leaves out that an approval was taken back, as if it had never
 * been, until a witness saw it; and without its review a use of break-glass is one that owes it.
 */
const UNSEEN: Readonly<Record<string, readonly string[]>> = {
  takenBack: ["dropped: action.approval_withdrawn", "altered: action.approval_withdrawn: type"],
  broken: [
    "dropped: break_glass.reviewed",
    "altered: break_glass.reviewed: type",
    "altered: break_glass.reviewed: outcome",
  ],
};
const PEOPLE_AND_KEYS = 2 * Object.keys(PEOPLE).length;

test.each(HAPPENING_NAMES)(
  "%s: whichever entry is left out, repeated or altered, the verdict is not ok or what is told is the same",
  (name) => {
    expect(unseenIn(wholeLog([name, "approved"]), PEOPLE_AND_KEYS)).toEqual(UNSEEN[name] ?? []);
  },
);

test("nor does it help to alter who people are, and which keys are theirs", () => {
  expect(unseenIn(wholeLog(["lent", "alone"]), 0)).toEqual([]);
});

test("so it is where two entries change their places, in any log", () => {
  const happenings = fc.array(fc.constantFrom(...HAPPENING_NAMES), { minLength: 1, maxLength: 4 });
  const result = fc.check(
    fc.property(happenings, fc.nat(), fc.nat(), (names, one, other) => {
      const log = wholeLog(names);
      const tampered = swapped(log, one % log.length, other % log.length);
      return !read(tampered).ok || outcomeOf(tampered) === outcomeOf(log);
    }),
    { numRuns: 400 },
  );
  expect(result.counterexample).toBeNull();
});
