import { permissionsOf, type Refusal } from "@tyr/contract";
import { nextRevision } from "../../edit-action.ts";
import { refusedFact } from "../../move-action.ts";
import type { By } from "../../room.ts";
import type { ActionRow, ApprovalRow } from "../../store.ts";
import type { MoveName } from "../moves.ts";
import { ACTION_EVENTS, CLONED_STATES } from "../transitions.ts";
import { endEffect, finish } from "./model-effects.ts";
import { disable, endKey, endLoan, takeBack } from "./model-ends.ts";
import { behalfIn, lend, standIn } from "./model-loans.ts";
import { breakGlass, review } from "./model-glass.ts";
import { specifiedNext, specifiedRefusals } from "./specification.ts";
import { MODE_COUNT, TARGETS, WEAK_TARGET } from "./model-policy.ts";
import { partsOf, rowOf } from "./model-requests.ts";
import {
  BY_CLOCK,
  byOf,
  dryRunOf,
  isModeTarget,
  liveApprovals,
  move,
  shortIn,
  track,
  weighed,
  weighedWithApprovals,
  type Account,
  type Asking,
  type Tracked,
  type World,
} from "./model-world.ts";

// What people, programs, clocks and workers do. Storage is memory; who may, which event and what counts is the product's.

const ACTIONS_MAX = 3;
/** Within what a mode may be set to, and so that one jump of the clock passes it. */
export const OWN_DELAY_MS = 15 * 60_000;
const DEADLINE_MS = 4 * 3_600_000;
const DURATIONS = [60, 3_600, 40 * 86_400];

export class Diverged extends Error {
  override readonly name = "Diverged";
}

const pick = <T>(list: readonly T[], n: number): T => {
  const one = list[n % list.length];
  if (one === undefined) throw new TypeError("nothing to pick from");
  return one;
};

function refuse(
  world: World,
  action: Tracked,
  { who, move: name, refusal }: Readonly<{ who: Account; move: MoveName; refusal: Refusal }>,
): void {
  world.happened.facts.push(refusedFact(action.row, { by: byOf(who), move: name, refusal }));
  world.happened.refused.push({ action, code: refusal.code, before: action.row });
}

type Asked = Readonly<{
  move: MoveName;
  who: Account;
  shown?: Asking["shown"];
  decision?: Asking["decision"];
  behalf?: Asking["behalf"];
}>;

/** Whoever submits it has asked for it. */
const submittedBy = ({ row, authors }: Tracked, { actor, behind = [] }: By): Pick<Tracked, "row" | "authors"> => ({
  row: { ...row, people_behind: behindAfter(row, behind) },
  authors: new Set([...authors, actor.id]),
});
const behindAfter = ({ people_behind: before }: ActionRow, behind: Account["behind"]) => [
  ...new Set([...before, ...behind]),
];

/** Whoever asks too late closes it. */
function isClosed(world: World, action: Tracked, { move: name, by }: Readonly<{ move: MoveName; by: By }>): boolean {
  const closes = world.product.events.closesFirst(action.row, { move: name, now: new Date(world.now) });
  if (closes && name === "cancel") throw new Diverged("it was to be cancelled, and not to expire");
  if (closes) move(world, action, { event: "pass_deadline", by });
  return closes;
}

/** As `withMove` does it; what it answers must be what the specification says. */
function attempt(world: World, action: Tracked, { move: name, who, shown, decision, behalf }: Asked): boolean {
  const { row } = action;
  const by = byOf(who);
  const refused = world.product.machine.refusedMove(name, {
    action: row,
    by,
    now: new Date(world.now),
    approvals: liveApprovals(action),
    authors: action.authors,
    owesReview: who.owes,
    ...(world.alone ? { ownApprovalDelayMs: OWN_DELAY_MS } : {}),
    ...(shown === undefined ? {} : { shown }),
    ...(decision === undefined ? {} : { decision, short: shortIn(world, submittedBy(action, by), decision) }),
    ...(behalf === undefined ? {} : { behalf: behalfIn(world, who, behalf.lent) }),
  });
  const { now, alone, accounts, keyless } = world;
  const expected = specifiedRefusals(name, { action, who, now, shown, decision, behalf, alone, accounts, keyless });
  const code = refused?.refusal.code;
  if (expected !== undefined && (code === undefined ? expected.length > 0 : !expected.includes(code)))
    throw new Diverged(`${name} from ${row.state} by ${who.id}: ${code ?? "made"}, not ${expected.join(" or ")}`);
  if (refused === undefined) return !isClosed(world, action, { move: name, by });
  refuse(world, action, { who, move: name, refusal: refused.refusal });
  return false;
}

function storeDryRun(world: World, action: Tracked, { who, works }: { who: Account; works: boolean }): void {
  const dryRun = dryRunOf(world, action, works);
  const { state } = action.row;
  const { events } = world.product;
  if (events.voidsApprovals(dryRun, state))
    for (const { subject_id: whose } of liveApprovals(action)) {
      takeBack(world, action, whose);
      move(world, action, { event: "withdraw", by: byOf(who) });
    }
  const decision = weighed(world, action);
  const changes = { dry_run: dryRun, dry_run_at: new Date(world.now), decision };
  move(world, action, { event: events.dryRunEvent(dryRun, state, decision), by: byOf(who), changes });
}

function storeSubmit(world: World, action: Tracked, who: Account): void {
  const decision = weighed(world, action);
  world.happened.decisions.push({ action, step: "submit", decision });
  const at = new Date(world.now);
  const people_behind = behindAfter(action.row, who.behind);
  const changes = { decision, submitted_at: at, deadline_at: new Date(world.now + DEADLINE_MS), people_behind };
  move(world, action, { event: world.product.events.submitEvent(decision), by: byOf(who), changes });
}

const mayBeSubmitted = (world: World, action: Tracked): boolean =>
  ["allow", "require_approval"].includes(weighed(world, action).outcome);

function submitHeld(world: World, action: Tracked, who: Account): void {
  if (attempt(world, action, { move: "submit", who, decision: weighed(world, action) }))
    storeSubmit(world, action, who);
}

/** Who the route lets ask. */
const mayAsk = ({ roles, permissions }: Account): boolean =>
  (permissions ?? permissionsOf(roles)).has("action:request");

function create(world: World, who: Account, n: number): void {
  if (!mayAsk(who) || world.actions.length >= ACTIONS_MAX) return;
  const target = n % TARGETS.length;
  const ttl = isModeTarget(target) && n % 3 === 0 ? null : pick(DURATIONS, n >> 2);
  const row = rowOf(world, { who, target, ttlSeconds: ttl });
  const action = track(world, row, { target, who });
  if (weighed(world, action).outcome === "deny") {
    world.actions.pop();
    return;
  }
  const details = {
    type: row.type,
    target: row.target,
    ttl_seconds: ttl,
    justification: row.justification,
    revision: 1,
    request_digest: row.request_digest,
  };
  const { actor } = who;
  const object = { kind: "action", id: row.id };
  world.happened.facts.push({ type: "action.created", actor, object, after: "draft", details });
  // The product tries it in the same transaction; a state that rests must be right where something else writes it too.
  if (n % 32 === 29) return;
  storeDryRun(world, action, { who, works: n % 16 !== 15 });
  const isFine = n < 224 && action.row.state === "dry_run_ok" && mayBeSubmitted(world, action);
  // What nobody could approve stays a draft, but where a program asks.
  const short = shortIn(world, action, weighed(world, action));
  if (isFine && (who.kind === "automation" || short.length === 0)) storeSubmit(world, action, who);
}

export type Way = Readonly<{
  who: Account;
  n: number;
  action: Tracked;
  shown: Asking["shown"];
  behalf?: Asking["behalf"];
}>;
type Step = (world: World, way: Way) => void;

const ownFromOf = (world: World, { wrote }: Tracked, { id }: Account): number | null =>
  world.alone && wrote.has(id) ? world.now + OWN_DELAY_MS : null;

function approve(world: World, { who, action, shown, behalf }: Way): void {
  if (!attempt(world, action, { move: "approve", who, shown, behalf })) return;
  const { row } = action;
  const { product } = world;
  if (product.givenFor(row, liveApprovals(action)).has(who.id)) return;
  const { id: action_id, revision, request_digest, dry_run } = row;
  const dryRunDigest = dry_run?.digest ?? "";
  const ownFrom = ownFromOf(world, action, who);
  const lent = behalf?.lent;
  const stored: Partial<ApprovalRow> = {
    action_id,
    subject_id: who.id as ApprovalRow["subject_id"],
    revision,
    request_digest,
    dry_run_digest: dryRunDigest,
    statement: "signed",
    withdrawn_at: null,
    not_before: ownFrom === null ? null : new Date(ownFrom),
    delegation_id: lent?.id ?? null,
  };
  action.approvals.push(stored as ApprovalRow);
  action.given.set(who.id, {
    revision,
    requestDigest: request_digest,
    dryRunDigest,
    ownFrom,
    lent,
    deadline: row.deadline_at?.getTime() ?? 0,
  });
  action.everGiven.add(who.id);
  world.happened.approved += 1;
  const { decision } = weighedWithApprovals(world, action);
  world.happened.decisions.push({ action, step: "approve", decision });
  move(world, action, { event: product.events.approveEvent(decision), by: byOf(who) });
}

/** As `countDueApprovals` does it, when the clock has reached the first approval that waits for it. */
function ripen(world: World, { action: chosen, n }: Way): void {
  const { product } = world;
  const waits = ({ not_before: from }: ApprovalRow): boolean => from !== null;
  const isWaiting = (one: Tracked): boolean => one.row.state === "pending" && liveApprovals(one).some(waits);
  const action = world.actions.find(isWaiting) ?? chosen;
  const from = liveApprovals(action).find(waits)?.not_before?.getTime();
  if (from === undefined || action.row.state !== "pending") return;
  if (n % 4 !== 0) world.now = Math.max(world.now, from);
  if (from > world.now || product.events.isOverdue(action.row, new Date(world.now))) return;
  const { decision } = weighedWithApprovals(world, action);
  const event = product.events.dueEvent(decision);
  if (event === undefined) return;
  world.happened.decisions.push({ action, step: "approve", decision });
  move(world, action, { event, by: BY_CLOCK });
}

function withdraw(world: World, { who, action }: Way): void {
  if (!attempt(world, action, { move: "withdraw", who })) return;
  takeBack(world, action, who.id);
  const { decision } = weighedWithApprovals(world, action);
  move(world, action, { event: world.product.events.withdrawEvent(action.row.state, decision), by: byOf(who) });
}

/** Once a person changed it, too few could approve what waited: as `nobodyAfter` does it. */
function leavesNobody(world: World, revision: Tracked, who: Account): boolean {
  const decision = weighed(world, revision);
  const after = { row: revision.row, authors: new Set([...revision.authors, who.id]) };
  const asksPeople = who.kind === "person" && decision.outcome === "require_approval";
  return asksPeople && shortIn(world, after, decision).length > 0;
}

function edit(world: World, { who, action, shown, n }: Way): void {
  if (!attempt(world, action, { move: "edit", who, shown })) return;
  const { row } = action;
  const ttl_seconds = pick(DURATIONS, n);
  const target = n >= 128 && action.target < WEAK_TARGET ? 1 - action.target : action.target;
  const asked = { target: TARGETS[target] ?? "", ttl_seconds, justification: `x${n}` };
  const revised = nextRevision(row, { parts: partsOf(asked, target), by: byOf(who) });
  const changes = { ...revised, risk: row.risk };
  if (weighed(world, { ...action, target, row: { ...row, ...changes } }).outcome === "deny")
    return refuse(world, action, { who, move: "edit", refusal: { code: "ACTION_DENIED", detail: "model" } });
  const waited = row.state === "pending";
  const revision = { ...action, target, row: { ...row, ...changes } };
  if (waited && leavesNobody(world, revision, who))
    return refuse(world, action, { who, move: "edit", refusal: { code: "NOBODY_CAN_APPROVE", detail: "model" } });
  action.target = target;
  const { justification } = asked;
  move(world, action, { event: "edit", by: byOf(who), changes, details: { justification, ttl_seconds } });
  storeDryRun(world, action, { who, works: n % 8 !== 7 });
  if (waited && action.row.state === "dry_run_ok" && mayBeSubmitted(world, action)) storeSubmit(world, action, who);
}

/** As `beginExecution` does it. */
function execute(world: World, { action, n }: Way): void {
  const { product } = world;
  if (product.next(action.row.state, "execute") === undefined) return finish(world, action, n);
  const { approvers, decision } = weighedWithApprovals(world, action);
  const now = new Date(world.now);
  const by = BY_CLOCK;
  const away = product.events.turnedAway({ action: action.row, now, decision });
  if (away === "pass_deadline") return move(world, action, { event: away, by });
  world.happened.decisions.push({ action, step: "execute", decision });
  if (away !== undefined) return move(world, action, { event: away, by, changes: away === "deny" ? {} : { decision } });
  const seen = dryRunOf(world, action, true).before;
  const event = product.events.beginEvent({ action: action.row, seen, approvers: approvers.length });
  if (event === "reopen") {
    const dryRun = dryRunOf(world, action, n % 2 === 0);
    const asked = weighed(world, action);
    const changes = { dry_run: dryRun, dry_run_at: now, decision: asked };
    return move(world, action, { event: product.events.reopenEvent(dryRun, asked), by, changes });
  }
  const details = { decision: decision.outcome, bundle_digest: decision.bundleDigest, approvers: approvers.length };
  move(world, action, { event, by, changes: { decision, executed_at: now }, details });
  action.ran.push(action.row.revision);
  // Killed here, the transaction is undone; with a connector outside, its outcome comes later or never.
  if (n % 8 !== 5) finish(world, action, n);
}

/** The clock's work: deadlines, ends of effects, reverts that are tried again. */
function sweep(world: World, { n }: Way): void {
  const now = new Date(world.now);
  for (const action of world.actions) {
    const { row } = action;
    const overdue = world.product.events.isOverdue(row, now);
    if (overdue !== (row.deadline_at?.getTime() ?? Infinity) <= world.now) throw new Diverged(`overdue: ${overdue}`);
    if (overdue && world.product.next(row.state, "pass_deadline") !== undefined)
      move(world, action, { event: "pass_deadline", by: BY_CLOCK });
    const isDue = row.effect_ends_at !== null && row.effect_ends_at <= now;
    if (isDue && ["executed", "revert_failed"].includes(row.state) && row.type === "block_ip")
      endEffect(world, action, n);
  }
}

function clone(world: World, { who, action, n }: Way): void {
  if (CLONED_STATES.has(action.row.state)) create(world, who, action.target + 4 * (n % 8));
}

const MINUTE = 60_000;
const JUMPS = [1_000, 16 * MINUTE, 4 * 60 * MINUTE, -60 * MINUTE, -1_000, 50 * 86_400_000];
const ROLES = [
  ["approver"],
  ["analyst"],
  ["security_manager"],
  ["viewer"],
  ["approver", "analyst"],
  ["admin"],
] as const;

/** What was asked for while everybody was alarmed is looked at again when nobody is. */
function calm(world: World, { who, n }: Way): void {
  const action = world.actions.find(({ row }) => row.state === "pending" || row.state === "approved");
  world.mode = action === undefined ? 1 : 0;
  world.bundle = 0;
  if (action === undefined) return create(world, who, n);
  if (action.row.state === "approved") {
    world.look += 1;
    return execute(world, { who, action, n, shown: undefined });
  }
  const asker = world.accounts.find(({ id, active }) => active && id === action.row.requester_id) ?? who;
  if (asker.active && attempt(world, action, { move: "dryRun", who: asker }))
    storeDryRun(world, action, { who: asker, works: n % 4 !== 3 });
}

/** Asked of the table itself: any event in any state the action is in. */
function anyEvent(world: World, { action, n }: Way): void {
  const event = pick(ACTION_EVENTS, n);
  const { state } = action.row;
  if (world.product.next(state, event) !== specifiedNext(state, event))
    throw new Diverged(`${event} from ${state} leads to ${world.product.next(state, event) ?? "nothing"}`);
}

const STEPS = {
  approve,
  execute,
  withdraw,
  edit,
  sweep,
  clone,
  anyEvent,
  create: (world, { who, n }) => create(world, who, n),
  dryRun: (world, way) => {
    if (attempt(world, way.action, { move: "dryRun", who: way.who }))
      storeDryRun(world, way.action, { who: way.who, works: way.n % 4 !== 3 });
  },
  breakGlass: (world, way) => breakGlass(world, way, attempt),
  review,
  ripen,
  approveOwn: (world, way) => {
    const own = world.accounts.find(({ id, kind, active }) => kind === "person" && active && way.action.wrote.has(id));
    world.alone = way.n % 8 !== 0;
    if (own !== undefined) approve(world, { ...way, who: own });
  },
  alone: (world, { n }) => void (world.alone = n % 2 === 0),
  submit: (world, { action, who, n }) => {
    world.keyless = n % 4 === 0;
    submitHeld(world, action, who);
    world.keyless = false;
  },
  lend,
  endLoan: (world, { n }) => {
    const loan = world.lent[n % Math.max(1, world.lent.length)];
    if (loan !== undefined && !loan.ended && loan.endsAt > world.now) endLoan(world, loan);
  },
  approveFor: (world, way) => approve(world, standIn(world, way)),
  reject: (world, way) => {
    const { action, who, behalf } = way.n % 2 === 0 ? way : standIn(world, way);
    if (attempt(world, action, { move: "reject", who, behalf }))
      move(world, action, { event: "reject", by: byOf(who) });
  },
  cancel: (world, { action, who }) => {
    if (attempt(world, action, { move: "cancel", who })) move(world, action, { event: "cancel", by: byOf(who) });
  },
  revert: (world, { action, who, n }) => {
    if (attempt(world, action, { move: "revert", who })) endEffect(world, action, n);
  },
  wait: (world, { n }) => void (world.now += pick(JUMPS, n)),
  mode: (world, { n }) => void (world.mode = n % MODE_COUNT),
  policy: (world, { n }) => void (world.bundle = n % 2),
  own: (world, { n }) => void (world.own = n % 2 === 0),
  look: (world) => void (world.look += 1),
  disable,
  endKey,
  calm,
  enable: (_world, { who }) => void (who.active = true),
  roles: (_world, { who, n }) => {
    if (who.kind === "person") who.roles = pick(ROLES, n);
  },
} as const satisfies Readonly<Record<string, Step>>;
export type StepName = keyof typeof STEPS;

const BY_PEOPLE: ReadonlySet<StepName> = new Set([
  "calm",
  "approve",
  "breakGlass",
  "review",
  "withdraw",
  "edit",
  "clone",
  "create",
  "dryRun",
  "submit",
  "approveFor",
  "reject",
  "cancel",
  "revert",
]);

/** Who is disabled asks for nothing: their sessions and keys ended. */
export function take(world: World, name: StepName, way: Way): void {
  if (way.who.active || !BY_PEOPLE.has(name)) STEPS[name](world, way);
}

/** What every walk begins with. */
export function begin(world: World, n: number): void {
  const [ana, program] = [world.accounts[0], world.accounts.at(-1)];
  const who = n % 5 === 4 ? program : ana;
  if (who !== undefined) create(world, who, n);
}
