import { ACTION_TYPE_FACTS, permissionsOf } from "@tyr/contract";
import { replayEntry, type Replayed } from "../../testing/replay-action.ts";
import type { ActionRow } from "../../store.ts";
import type { ActionEvent } from "../transitions.ts";
import { digestNow } from "./model-requests.ts";
import {
  approversIn,
  brokenBy,
  liveApprovals,
  weighed,
  weighedBroken,
  type Account,
  type Made,
  type Tracked,
  type World,
} from "./model-world.ts";

/** One of the twelve does not hold. */
class Violated extends Error {
  override readonly name = "Violated";
}

function must(holds: boolean, what: string, of: Tracked): void {
  if (!holds) throw new Violated(`${what}: ${of.row.id} (${of.row.state}, revision ${of.row.revision})`);
}

const mayApprove = ({ kind, active, roles }: Account): boolean =>
  kind === "person" && active && permissionsOf(roles).has("action:approve");

/** Whether they said yes to exactly this, whatever it counts. */
function isForThis({ row, given }: Tracked, id: string): boolean {
  const statement = given.get(id);
  return (
    statement !== undefined &&
    statement.revision === row.revision &&
    statement.requestDigest === row.request_digest &&
    statement.dryRunDigest === row.dry_run?.digest
  );
}

/** Who said yes to exactly this in their own name and may still. */
function saidYes({ accounts }: World, action: Tracked): readonly Account[] {
  return accounts.filter(
    (one) => isForThis(action, one.id) && action.given.get(one.id)?.lent === undefined && mayApprove(one),
  );
}

/** Who said yes in the place of somebody who did not, and whose yes would count; each with the roles of the one they stand in for. */
function stoodIn({ lent, now }: World, action: Tracked, own: readonly Account[]): readonly Account[] {
  const spoken = new Set<Account>(own);
  return lent.flatMap((loan): Account[] => {
    const { from, to, ended, endsAt } = loan;
    const isTheirs = action.wrote.has(from.id) || action.wrote.has(to.id);
    const isGiven = isForThis(action, to.id) && action.given.get(to.id)?.lent === loan;
    const holds = !ended && endsAt > now && mayApprove(from) && to.active;
    if (!isGiven || !holds || isTheirs || spoken.has(from)) return [];
    spoken.add(from);
    return [{ ...to, roles: from.roles }];
  });
}

/** Whose approval counts, from what people did: never from the rows the product counts. */
function entitled(world: World, action: Tracked): readonly Account[] {
  const { given, wrote } = action;
  const yes = saidYes(world, action);
  const inPerson = yes.filter(({ id }) => given.get(id)?.ownFrom === null && !wrote.has(id));
  const others = [...inPerson, ...stoodIn(world, action, inPerson)];
  if (others.length > 0 || !world.alone) return others;
  // One, and never two of those who asked or changed it.
  return yes.filter(({ id }) => (given.get(id)?.ownFrom ?? Infinity) <= world.now).slice(0, 1);
}

type Check = (world: World, before: ReadonlyMap<Tracked, ActionRow>) => void;
const entering = ({ happened }: World, state: string) =>
  happened.moves.filter(({ from, to }) => to === state && from !== state);

/** What runs without approvals: as it was when somebody broke the glass for it, who still may, for an hour at most,
 * and only while policy says so: asked for more caution, it no longer does once the mode was raised beside it. */
function isBroken(world: World, action: Tracked): boolean {
  const { row } = action;
  const isForAnHour = row.ttl_seconds !== null && row.ttl_seconds <= 3_600;
  const by = brokenBy(world, { ...action, row: { ...row, state: "approved" } });
  return isForAnHour && by !== undefined && weighedBroken(world, action).outcome === "allow";
}

const outcomeIn = ({ happened }: World, action: Tracked): string | undefined =>
  happened.decisions.findLast((one) => one.action === action)?.decision.outcome;
const isPast = ({ row }: Tracked, at: number): boolean => row.deadline_at !== null && row.deadline_at.getTime() <= at;
/** With the approvals of those who are entitled, said by policy and not by what was stored. */
function isAllowed(world: World, action: Tracked): boolean {
  if (isBroken(world, action)) return true;
  const able = entitled(world, action);
  const { outcome, requirements } = weighed(world, action);
  if (outcome !== "require_approval") return outcome === "allow";
  return requirements.every(
    ({ approvals, roles }) => able.filter((one) => one.roles.some((role) => roles.includes(role))).length >= approvals,
  );
}

const looksAs = (row: Pick<ActionRow, "dry_run"> | undefined, { look }: World): boolean =>
  row?.dry_run?.before[0] === `look ${look}`;

const asksNobody = (world: World, action: Tracked): boolean =>
  action.row.dry_run?.ok === true && weighed(world, action).outcome === "allow";

/** What waits for people, or for its turn, has a deadline; a draft of before has none that counts. */
const isInTime: Said = (_world, { action, from, at }, before) => {
  const row = before.get(action);
  return !["pending", "approved"].includes(from) || row?.state !== from || !isPast({ ...action, row }, at);
};

type Said = (world: World, made: Made, before: ReadonlyMap<Tracked, ActionRow>) => boolean;

/** What each event that is chosen, and not asked for, says about the world when it happens. */
const SAYS: Readonly<Partial<Record<ActionEvent, Said>>> = {
  edit: isInTime,
  reject: isInTime,
  dry_run_ok: (world, made, before) =>
    made.action.row.dry_run?.ok === true &&
    isInTime(world, made, before) &&
    (made.from !== "pending" || weighed(world, made.action).outcome !== "allow"),
  dry_run_failed: (world, made, before) => made.action.row.dry_run?.ok === false && isInTime(world, made, before),
  dry_run_allowed: (world, made, before) =>
    made.action.row.dry_run?.ok === true &&
    isInTime(world, made, before) &&
    weighed(world, made.action).outcome === "allow",
  submit: (world, { action }) => outcomeIn(world, action) === "require_approval",
  submit_allowed: (world, { action }) => outcomeIn(world, action) === "allow",
  approve: (world, { action, at }) => outcomeIn(world, action) !== "allow" && !isPast(action, at),
  approve_last: (world, { action, at }) => outcomeIn(world, action) === "allow" && !isPast(action, at),
  // Whose account ended is asked about at its turn; whoever takes it back themselves is told at once.
  withdraw: (world, made, before) =>
    made.by === "system" || (isInTime(world, made, before) && (made.to === "pending" || isAllowed(world, made.action))),
  withdraw_needed: (world, made, before) => isInTime(world, made, before) && !isAllowed(world, made.action),
  approve_due: (world, { action, at }) => outcomeIn(world, action) === "allow" && !isPast(action, at) && world.alone,
  break_glass: (world, made, before) =>
    outcomeIn(world, made.action) === "allow" && isBroken(world, made.action) && isInTime(world, made, before),
  pass_deadline: (_world, { action, at }) => isPast(action, at),
  execute: (world, { action, at }) =>
    !isPast(action, at) && (looksAs(action.row, world) || entitled(world, action).length === 0),
  deny: (world, { action }) => ["deny", "dry_run_only"].includes(outcomeIn(world, action) ?? ""),
  reopen: (world, { action }, before) =>
    outcomeIn(world, action) === "require_approval" ||
    (!looksAs(before.get(action), world) && !asksNobody(world, action)),
  reopen_allowed: (world, { action }, before) => !looksAs(before.get(action), world) && asksNobody(world, action),
};

/** The twelve, as far as they are about deciding; 5, 7 and 8 also on real blocks: respond/walks.db.test.ts. */
const INVARIANTS = {
  "1 nothing is executed but by an evaluation that answered allow, with its bundle, in the same transaction"(world) {
    for (const { action, from, event } of entering(world, "executing")) {
      must(from === "approved" && event === "execute", "executed past the approvals", action);
      const asked = world.happened.decisions.find((one) => one.action === action && one.step === "execute");
      must(asked?.decision.outcome === "allow", "executed without an allow", action);
      const inForce = world.policy.digests[world.bundle];
      must(asked?.decision.bundleDigest === inForce, "decided by another bundle", action);
      const fact = world.happened.facts.find(({ type }) => type === "action.executing");
      must(fact?.details?.["bundle_digest"] === inForce, "the log names another bundle", action);
    }
  },
  "2 what is executed is what every counted approval named, and an edit voids approvals"(world) {
    for (const { action } of entering(world, "executing")) {
      must(digestNow(action) === action.row.request_digest, "other bytes than were approved", action);
      const counted = world.product.givenFor(action.row, liveApprovals(action));
      for (const id of counted) {
        const statement = action.given.get(id);
        const { request_digest: request, dry_run: dryRun, revision } = action.row;
        const same = statement?.requestDigest === request && statement.dryRunDigest === dryRun?.digest;
        must(same && statement.revision === revision, `${id} approved something else`, action);
      }
    }
    for (const { action, event } of world.happened.moves)
      if (event === "edit") must(entitled(world, action).length === 0, "an approval outlived an edit", action);
  },
  "3 every gate is passed by enough distinct people who may approve now and neither asked nor changed it"(world) {
    for (const { action } of entering(world, "executing")) {
      if (isBroken(world, action)) continue;
      const able = entitled(world, action);
      for (const { approvals, roles } of weighed(world, action).requirements) {
        const passing = able.filter((one) => one.roles.some((role) => roles.includes(role)));
        must(passing.length >= approvals, `${passing.length} of ${approvals} approvals`, action);
      }
    }
    for (const { action } of world.happened.moves) {
      const counted = approversIn(world, action);
      const expected = entitled(world, action).map(({ id }) => id);
      must(counted.map(({ id }) => id).join() === expected.join(), "counts other approvals than it may", action);
    }
  },
  "4 a request is executed at most once per revision"(world) {
    for (const { action } of entering(world, "executing")) {
      must(new Set(action.ran).size === action.ran.length, "executed twice", action);
      must(action.ran.length === 1, "executed in two revisions", action);
    }
  },
  "5 every effect has an end, or a permanence that itself was approved"(world) {
    for (const { action } of entering(world, "executed")) {
      const { effect_ends_at: ends, type } = action.row;
      if (ends !== null) continue;
      must(ACTION_TYPE_FACTS[type].ttl === "optional", "a block without an end", action);
      must(action.everGiven.size > 0 || action.approvals.length > 0, "permanent without an approval", action);
    }
  },
  "6 a duration is a whole number of seconds from a minute to a year, and counted from the execution"(world) {
    for (const { action, to, at } of world.happened.moves) {
      const { ttl_seconds: ttl, effect_ends_at: ends, type } = action.row;
      const bounded = ttl !== null && Number.isInteger(ttl) && ttl >= 60 && ttl <= 31_536_000;
      must(bounded || (ttl === null && ACTION_TYPE_FACTS[type].ttl === "optional"), "a duration out of bounds", action);
      if (to === "executed" && ttl !== null)
        must(ends?.getTime() === at + ttl * 1000, "its time did not begin with its execution", action);
    }
  },
  "the event is what happened: the deadline passed, policy said so, the target changed"(world, before) {
    for (const made of world.happened.moves)
      must(SAYS[made.event]?.(world, made, before) ?? true, `${made.event} although it is not so`, made.action);
  },
  "9 what is refused changes nothing, has a code and is logged"(world, before) {
    const { refused, facts, moves } = world.happened;
    must(facts.filter(({ outcome }) => outcome === "refused").length === refused.length, "unlogged", anyOf(world));
    for (const { action, before: row } of refused) {
      must(before.get(action) === row && action.row === row, "a refusal changed it", action);
      must(
        moves.every((one) => one.action !== action),
        "refused and moved",
        action,
      );
    }
  },
  "10 clocks, duplicates and races add no approval and no execution"(world) {
    for (const action of world.actions) {
      const live = liveApprovals(action).map(
        (one) => `${one.subject_id} ${one.request_digest} ${one.dry_run_digest} ${one.revision}`,
      );
      must(new Set(live).size === live.length, "one person's approval twice", action);
      must(action.ran.length <= 1, "executed again", action);
    }
    must(world.happened.approved <= 1, "one request, several approvals", anyOf(world));
    must(entering(world, "executing").length <= 1, "one turn, several executions", anyOf(world));
  },
  "11 every move has one entry, with the state before and after"(world) {
    const { moves, facts } = world.happened;
    // What an earlier revision was approved with ends without moving the draft it is by now.
    const isEndedBeside = ({ type, before }: World["happened"]["facts"][number]): boolean =>
      type === "action.approval_withdrawn" && before !== "pending" && before !== "approved";
    const told = facts.filter(
      (one) => one.outcome !== "refused" && one.type !== "action.created" && !isEndedBeside(one),
    );
    must(told.length === moves.length, "moves and entries differ in number", anyOf(world));
    for (const [at, { action, from, to }] of moves.entries()) {
      const fact = told[at];
      must(fact?.object.id === action.row.id && fact.before === from && fact.after === to, "misreported", action);
    }
  },
  "no approval counts after the deadline it was signed under, nor once its key ended"(world) {
    const deciding: readonly ActionEvent[] = ["approve_last", "approve_due", "execute"];
    for (const { action, event, at } of world.happened.moves) {
      if (!deciding.includes(event) || isBroken(world, action)) continue;
      for (const { id } of approversIn(world, action))
        must((action.given.get(id)?.deadline ?? 0) > at, `${id} signed another deadline, or took it back`, action);
    }
  },
} as const satisfies Readonly<Record<string, Check>>;

function anyOf({ actions }: World): Tracked {
  const [first] = actions;
  if (first === undefined) throw new TypeError("every walk has an action");
  return first;
}

const REPLAYED = "12 the entries of a request, replayed, give its row";

const asLogged = ({ row }: Tracked): Partial<Replayed> => ({
  state: row.state,
  revision: row.revision,
  target: row.target,
  ttlSeconds: row.ttl_seconds,
  justification: row.justification,
  requesterId: row.requester_id,
  requestDigest: row.request_digest,
  dryRunDigest: row.dry_run?.digest ?? null,
  effectEndsAt: row.effect_ends_at?.toISOString() ?? null,
});

/** Holds what the log told so far, action by action. */
export function createReplay(): (world: World) => void {
  const told = new Map<string, Replayed | undefined>();
  return ({ happened, actions }) => {
    for (const fact of happened.facts) told.set(fact.object.id, replayEntry(told.get(fact.object.id), fact));
    for (const action of actions) {
      const replayed = told.get(action.row.id);
      for (const [field, value] of Object.entries(asLogged(action)))
        must(replayed?.[field as keyof Replayed] === value, `${REPLAYED}: ${field}`, action);
    }
  };
}

/** @throws {Violated} naming the invariant */
export function checkInvariants(world: World, before: ReadonlyMap<Tracked, ActionRow>): void {
  for (const [name, check] of Object.entries(INVARIANTS) as [string, Check][]) {
    try {
      check(world, before);
    } catch (error) {
      throw error instanceof Violated ? new Violated(`${name}: ${error.message}`) : error;
    }
  }
}
