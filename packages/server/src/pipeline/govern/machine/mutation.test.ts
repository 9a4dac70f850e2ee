import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { ACTION_STATES, type ActionState } from "@tyr/contract";
import * as events from "./events-of.ts";
import { GUARDS, type Guard, type GuardName } from "./guards.ts";
import { MACHINE_TABLES, MOVE_NAMES, type MachineTables, type Move, type MoveName } from "./moves.ts";
import { openModelPolicy, type ModelPolicy } from "./testing/model-policy.ts";
import { productOf, type Product } from "./testing/model-world.ts";
import { specifiedNext } from "./testing/specification.ts";
import { walk, walks } from "./testing/walk.ts";
import { ACTION_EVENTS, nextIn, TRANSITIONS, type TransitionRow } from "./transitions.ts";

/** Always the same: a mutant that survives does so tomorrow too. */
const SAMPLE = fc.sample(walks, { seed: 20_260_201, numRuns: 8_000 });
const PAIRS = ACTION_STATES.flatMap((state) => ACTION_EVENTS.map((event) => [state, event] as const));

let policy: ModelPolicy;
beforeAll(() => void (policy = openModelPolicy()));

type Mutant = readonly [name: string, product: Product];

/** After how many walks somebody notices; undefined: nobody does. */
function killedAfter(product: Product): number | undefined {
  const noticed = SAMPLE.findIndex((bytes) => {
    try {
      walk(bytes, { product, policy });
      return false;
    } catch {
      return true;
    }
  });
  return noticed < 0 ? undefined : noticed + 1;
}
const survivors = (mutants: readonly Mutant[]): readonly string[] =>
  mutants.filter(([, product]) => killedAfter(product) === undefined).map(([name]) => name);

const isSpecified = ({ next }: Pick<MachineTables, "next">): boolean =>
  PAIRS.every(([state, event]) => next(state, event) === specifiedNext(state, event));

const replaced = (index: number, rows: readonly TransitionRow[]): readonly TransitionRow[] => [
  ...TRANSITIONS.slice(0, index),
  ...rows,
  ...TRANSITIONS.slice(index + 1),
];

/** Every table that differs in one place: a row gone, a state gone from a row or put into it, another end. */
function tablesGoneWrong(): readonly (readonly [string, readonly TransitionRow[]])[] {
  const isThere = (state: ActionState, { event }: TransitionRow): boolean => specifiedNext(state, event) !== undefined;
  return TRANSITIONS.flatMap((row, index) => {
    const { from, event, to } = row;
    const called = (what: string): string => `${from.join("|")} ${event} > ${to}: ${what}`;
    const otherEnds = ACTION_STATES.filter((state) => state !== to);
    return [
      [called("gone"), replaced(index, [])] as const,
      ...from.map(
        (state) =>
          [called(`not ${state}`), replaced(index, [{ ...row, from: from.filter((one) => one !== state) }])] as const,
      ),
      ...ACTION_STATES.filter((state) => !isThere(state, row)).map(
        (state) => [called(`${state} too`), replaced(index, [{ ...row, from: [...from, state] }])] as const,
      ),
      ...otherEnds.map((state) => [called(`to ${state}`), replaced(index, [{ ...row, to: state }])] as const),
    ];
  });
}

const withGuard = (name: GuardName, guard: Guard): Product =>
  productOf({ ...MACHINE_TABLES, guards: { ...GUARDS, [name]: guard } });
function withMove(name: MoveName, change: Partial<Move>): Product {
  return productOf({
    ...MACHINE_TABLES,
    moves: { ...MACHINE_TABLES.moves, [name]: { ...MACHINE_TABLES.moves[name], ...change } },
  });
}

function guardsGoneWrong(): readonly Mutant[] {
  return (Object.keys(GUARDS) as GuardName[]).flatMap((name): Mutant[] => {
    const guard: Guard = GUARDS[name];
    const no = { ok: false, refusal: { code: "NOT_PERMITTED", detail: "mutant" } } as const;
    return [
      [`${name}: turned round`, withGuard(name, (situation) => (guard(situation) === undefined ? no : undefined))],
      [`${name}: always holds`, withGuard(name, () => undefined)],
      [`${name}: never holds`, withGuard(name, () => no)],
    ];
  });
}

function movesGoneWrong(): readonly Mutant[] {
  return MOVE_NAMES.flatMap((name): Mutant[] => {
    const { guards, offered }: Move = MACHINE_TABLES.moves[name];
    return [
      ...guards.map((one): Mutant => [
        `${name} without ${one}`,
        withMove(name, { guards: guards.filter((other) => other !== one) }),
      ]),
      ...offered.map((one): Mutant => [
        `${name} offered without ${one}`,
        withMove(name, { offered: offered.filter((other) => other !== one) }),
      ]),
    ];
  });
}

type Behalf = Parameters<Guard>[0]["behalf"];
const withoutBehalf = (one: Parameters<Guard>[0]): Parameters<Guard>[0] => {
  const { behalf, ...rest } = one;
  return behalf === undefined ? one : rest;
};
/** The same, as if what was lent were theirs. */
function inOwn(behalf: Behalf, id: string): Exclude<Behalf, undefined> {
  const standing = behalf?.standing;
  return { id: behalf?.id ?? "", standing: standing && { ...standing, from: id as typeof standing.from } };
}

/** A guard that does not see one thing it must look at. */
function blindGuards(): readonly Mutant[] {
  const blind = (name: GuardName, what: string, change: (situation: Parameters<Guard>[0]) => Parameters<Guard>[0]) =>
    [`${name} blind to ${what}`, withGuard(name, (situation) => GUARDS[name](change(situation)))] as const;
  return [
    blind("didNotAsk", "who edited it", (one) => ({ ...one, authors: new Set() })),
    blind("didNotAsk", "people behind a program", (one) => ({ ...one, action: { ...one.action, people_behind: [] } })),
    // The digest of a dry run names its request too: whoever is blind to the request alone misses nothing.
    blind("sawWhatIsThere", "the dry run", (one) => ({
      ...one,
      shown: { requestDigest: one.shown?.requestDigest ?? "", dryRunDigest: one.action.dry_run?.digest ?? "" },
    })),
    blind("didNotAsk", "for whom somebody stands in", (one) => ({
      ...one,
      behalf: inOwn(one.behalf, one.by.actor.id),
    })),
    blind("othersApprove", "that somebody stands in", withoutBehalf),
    blind("holdsAskedRole", "for whom somebody stands in", withoutBehalf),
    blind("mayDecide", "that somebody stands in", withoutBehalf),
    blind("dryRunIsFresh", "clocks that go back", (one) => ({
      ...one,
      now: new Date(Math.max(one.now.getTime(), one.action.dry_run_at?.getTime() ?? 0)),
    })),
    blind("dryRunIsFresh", "ten minutes", (one) => ({ ...one, now: new Date(one.now.getTime() - 600_000) })),
    blind("approvedIt", "whose approval", (one) => ({
      ...one,
      approvals: one.approvals.map((each) => ({ ...each, subject_id: one.by.actor.id as typeof each.subject_id })),
    })),
  ];
}

function eventsGoneWrong(): readonly Mutant[] {
  const wrong = (name: string, change: Partial<typeof events>): Mutant => [
    name,
    productOf(MACHINE_TABLES, { events: { ...events, ...change } }),
  ];
  return [
    wrong("nothing is ever overdue", { isOverdue: () => false }),
    wrong("everything is overdue", { isOverdue: () => true }),
    wrong("a deadline passes a moment late", {
      isOverdue: ({ deadline_at: at }, now) => at !== null && at.getTime() + 60_000 <= now.getTime(),
    }),
    wrong("a dry run is always fine", { dryRunEvent: () => "dry_run_ok" }),
    wrong("what nobody is asked about waits on", {
      dryRunEvent: ({ ok }) => (ok ? "dry_run_ok" : "dry_run_failed"),
    }),
    wrong("a target that changed always waits for people", { reopenEvent: () => "reopen" }),
    wrong("a target that changed never waits for people", { reopenEvent: () => "reopen_allowed" }),
    wrong("approvals outlive a dry run that failed", { voidsApprovals: () => false }),
    wrong("everything is decided after its deadline", { closesFirst: () => false }),
    wrong("what is overdue cannot be cancelled", {
      closesFirst: (row, asked) => events.closesFirst(row, { ...asked, move: "reject" }),
    }),
    wrong("what is submitted is approved", { submitEvent: () => "submit_allowed" }),
    wrong("policy alone allows nothing", { submitEvent: () => "submit" }),
    wrong("every approval is the last", { approveEvent: () => "approve_last" }),
    wrong("no approval is the last", { approveEvent: () => "approve" }),
    wrong("an approved action never needs the approval back", { withdrawEvent: () => "withdraw" }),
    wrong("nothing is turned away", { turnedAway: () => undefined }),
    wrong("what policy denies waits for people", {
      turnedAway: (turn) => (events.turnedAway(turn) === "deny" ? "reopen" : events.turnedAway(turn)),
    }),
    wrong("what needs more approvals fails", {
      turnedAway: (turn) => (events.turnedAway(turn) === "reopen" ? "deny" : events.turnedAway(turn)),
    }),
    wrong("a deadline does not count at its turn", {
      turnedAway: (turn) => events.turnedAway({ ...turn, action: { deadline_at: null } }),
    }),
    wrong("a target that changed is acted on", { beginEvent: () => "execute" }),
    wrong("nothing is ever begun", { beginEvent: () => "reopen" }),
  ];
}

function countsGoneWrong(): readonly Mutant[] {
  const { approversOf, countApprovers, givenFor, shortGates } = productOf();
  const wrong = (name: string, change: Partial<Product>): Mutant => [name, productOf(MACHINE_TABLES, change)];
  const anyText: typeof givenFor = (action, approvals) =>
    new Set(approvals.filter((one) => one.action_id === action.id).map((one) => one.subject_id));
  return [
    wrong("approvals of another text count", {
      givenFor: anyText,
      approversOf: (action, approvals, { people }) => people.filter(({ id }) => anyText(action, approvals).has(id)),
    }),
    wrong("people who may no longer approve count", {
      approversOf: (action, approvals, { people }) => people.filter(({ id }) => givenFor(action, approvals).has(id)),
    }),
    wrong("one approval too few counts", {
      approversOf: (action, approvals, people) => approversOf(action, approvals, people).slice(1),
    }),
    wrong("one person counts twice", {
      countApprovers: (approvers) => countApprovers([...approvers, ...approvers]),
    }),
    wrong("one person's approving counts for each who has it", {
      approversOf: (action, approvals, { people, standings }) => [
        ...approversOf(action, approvals, { people, standings: [] }),
        ...standings.flatMap((one) => approversOf(action, approvals, { people: [], standings: [one] })),
      ],
    }),
    wrong("in another's place nobody's approval counts", {
      approversOf: (action, approvals, { people }) => approversOf(action, approvals, { people, standings: [] }),
    }),
    wrong("a delegation outlives the role of whoever gave it", {
      standingsOf: (open) =>
        open.map(({ id, from_id: from, to_id: to }) => ({ id, from, to, roles: ["approver", "security_manager"] })),
    }),
    wrong("no delegation holds", { standingsOf: () => [] }),
    wrong("there are always enough people", { shortGates: () => [] }),
    wrong("whoever has nothing to sign with is enough", {
      shortGates: (decision, action, who) =>
        shortGates(decision, action, { ...who, signers: new Set(who.people.map(({ id }) => id)) }),
    }),
    wrong("nobody has approved before", { givenFor: () => new Set() }),
  ];
}

describe("a machine that is wrong in one place is found out", () => {
  test("nothing is found wrong with the one there is", () => {
    expect(isSpecified(MACHINE_TABLES)).toBe(true);
    expect(killedAfter(productOf())).toBeUndefined();
  });

  test("in its table of transitions: rows and states gone, put in, leading elsewhere", () => {
    const mutants = tablesGoneWrong();
    expect(mutants.length).toBeGreaterThan(500);
    expect(mutants.filter(([, rows]) => isSpecified({ next: nextIn(rows) })).map(([name]) => name)).toEqual([]);
  });

  test("by walks too, where a row is gone or leads elsewhere", () => {
    const mutants = tablesGoneWrong().filter(([name]) => /: (gone|to (executing|approved|executed))$/.test(name));
    const found = mutants.map(([name, rows]): Mutant => [name, productOf({ ...MACHINE_TABLES, next: nextIn(rows) })]);
    expect(found.length).toBeGreaterThan(90);
    expect(survivors(found)).toEqual([]);
  });

  test("in what each guard says and sees", () => {
    expect(survivors([...guardsGoneWrong(), ...blindGuards()])).toEqual([]);
  });

  test("in which guards each move asks, and to whom it is offered", () => {
    expect(survivors(movesGoneWrong())).toEqual([]);
  });

  test("in which event a move comes to, and in whose approvals count", () => {
    expect(survivors([...eventsGoneWrong(), ...countsGoneWrong()])).toEqual([]);
  });
});
