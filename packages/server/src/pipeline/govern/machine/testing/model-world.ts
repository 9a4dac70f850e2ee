import { permissionsOf } from "@tyr/contract";
import type {
  ActionId,
  ActionState,
  Actor,
  Decision,
  DelegationId,
  DryRun,
  Permission,
  Role,
  SubjectId,
} from "@tyr/contract";
import type { Fact } from "#platform/database";
import { approversOf, countApprovers, givenFor, ownApproversOf } from "../../count-approvals.ts";
import { standingsOf, type Standing } from "../../delegations/standing.ts";
import { moveFact } from "../../move-action.ts";
import type { Person } from "../../ports.ts";
import { shortGates, type ShortGate } from "../../satisfiable.ts";
import { SYSTEM, type By } from "../../room.ts";
import type { ActionRow, ApprovalRow } from "../../store.ts";
import * as events from "../events-of.ts";
import { machineOf, MACHINE_TABLES, type Machine, type MachineTables } from "../moves.ts";
import type { ActionEvent } from "../transitions.ts";
import { MODE_TARGET, type ModelPolicy, type Question } from "./model-policy.ts";

/** What of the product the walks run: all that decides. Mutants replace one part of it. */
export type Product = Readonly<{
  standingsOf: typeof standingsOf;
  shortGates: typeof shortGates;
  next: MachineTables["next"];
  machine: Machine;
  events: typeof events;
  approversOf: typeof approversOf;
  givenFor: typeof givenFor;
  ownApproversOf: typeof ownApproversOf;
  countApprovers: typeof countApprovers;
}>;
export const productOf = (tables: MachineTables = MACHINE_TABLES, more: Partial<Product> = {}): Product => ({
  standingsOf,
  shortGates,
  next: tables.next,
  machine: machineOf(tables),
  events,
  approversOf,
  givenFor,
  ownApproversOf,
  countApprovers,
  ...more,
});

export type Account = {
  readonly id: string;
  readonly kind: "person" | "automation";
  readonly permissions?: ReadonlySet<Permission>;
  readonly behind: readonly SubjectId[];
  readonly actor: Actor;
  roles: readonly Role[];
  active: boolean;
  /** A review of a use of break-glass. */
  owes: boolean;
};

/** Somebody's approving, handed to somebody else. */
export type Lent = {
  readonly id: DelegationId;
  readonly from: Account;
  readonly to: Account;
  readonly endsAt: number;
  ended: boolean;
};

type Statement = Readonly<{ revision: number; requestDigest: string; dryRunDigest: string }>;
/** `ownFrom`: of an approval by whoever asked, when it counts from; null: somebody else's. `deadline`: what they signed. */
type Given = Statement & Readonly<{ ownFrom: number | null; lent: Lent | undefined; deadline: number }>;

/** One action: its rows as the store would keep them, and what the oracle remembers of what people did. */
export type Tracked = {
  row: ActionRow;
  target: number;
  approvals: ApprovalRow[];
  authors: Set<string>;
  /** Who asked for it or changed it, and the people behind programs that did. */
  readonly wrote: Set<string>;
  /** What each person approved last and did not take back. */
  readonly given: Map<string, Given>;
  readonly everGiven: Set<string>;
  /** Of which revisions it was carried out. */
  readonly ran: number[];
  /** Who broke the glass last, and for exactly what. */
  broken: (Statement & Readonly<{ by: string }>) | undefined;
};

/** One move, as it was made. */
export type Made = Readonly<{
  action: Tracked;
  event: ActionEvent;
  by: Actor["kind"];
  from: ActionState;
  to: ActionState;
  at: number;
}>;

/** What one step did: the facts of its transactions, and what was decided in them. */
export type Happened = {
  facts: Fact[];
  moves: Made[];
  decisions: { action: Tracked; step: "submit" | "approve" | "execute" | "break_glass"; decision: Decision }[];
  refused: { action: Tracked; code: string; before: ActionRow }[];
  approved: number;
};

/** One person asking for one move, as the specification looks at it. */
export type Asking = Readonly<{
  action: Tracked;
  who: Account;
  now: number;
  shown?: Readonly<{ requestDigest: string; dryRunDigest?: string }> | undefined;
  decision?: Decision | undefined;
  /** Single-person mode is on. */
  alone: boolean;
  /** In whose place they say they act; `lent` undefined: by nothing there is. */
  behalf?: Readonly<{ lent: Lent | undefined }> | undefined;
  accounts: readonly Account[];
  /** Nobody has anything to sign with. */
  keyless: boolean;
}>;

export type World = {
  readonly product: Product;
  readonly policy: ModelPolicy;
  readonly accounts: readonly Account[];
  readonly actions: Tracked[];
  readonly production: boolean;
  now: number;
  mode: number;
  bundle: number;
  own: boolean;
  /** How the target looks: raised when somebody changes it beside us. */
  look: number;
  created: number;
  /** Single-person mode is on. */
  alone: boolean;
  keyless: boolean;
  readonly lent: Lent[];
  happened: Happened;
};

function account(id: string, roles: readonly Role[]): Account {
  const actor: Actor = { kind: "person", id, name: id };
  return { id, kind: "person", behind: [], actor, roles, active: true, owes: false };
}

/** Whose custom role lets them break the glass. */
function breaker(id: string, roles: readonly Role[]): Account {
  return { ...account(id, roles), permissions: new Set<Permission>([...permissionsOf(roles), "action:break_glass"]) };
}

const PROGRAM = "svc_soar";
/** Whatever role somebody gives it, it never decides. */
function program(): Account {
  const actor: Actor = { kind: "automation", id: PROGRAM, name: "soar" };
  const permissions = new Set<Permission>(["action:request", "action:approve"]);
  return {
    id: PROGRAM,
    kind: "automation",
    behind: ["usr_dora"],
    permissions,
    actor,
    roles: ["approver"],
    active: true,
    owes: false,
  };
}

export const nothing = (): Happened => ({ facts: [], moves: [], decisions: [], refused: [], approved: 0 });

export function openWorld(product: Product, policy: ModelPolicy, production: boolean): World {
  const accounts = [
    account("usr_ana", ["analyst"]),
    account("usr_ben", ["approver"]),
    account("usr_cleo", ["security_manager"]),
    account("usr_dora", ["approver", "analyst"]),
    account("usr_adam", ["admin"]),
    account("usr_vera", ["viewer"]),
    // By a key of theirs that may only read.
    { ...account("usr_rita", ["approver"]), permissions: new Set<Permission>(["action:read"]) },
    breaker("usr_gwen", ["analyst"]),
    breaker("usr_finn", ["approver"]),
    program(),
  ];
  const now = Date.UTC(2026, 1, 1, 12);
  return {
    product,
    policy,
    accounts,
    actions: [],
    production,
    now,
    mode: 0,
    bundle: 0,
    own: false,
    look: 0,
    created: 0,
    alone: false,
    keyless: false,
    lent: [],
    happened: nothing(),
  };
}

export const byOf = ({ actor, roles, permissions, behind }: Account): By => ({
  actor,
  roles,
  behind,
  requestId: null,
  ...(permissions === undefined ? {} : { permissions }),
});
export const BY_CLOCK = SYSTEM;

/** Who can sign in now, with the roles they hold now. */
const peopleOf = ({ accounts }: World): readonly Person[] =>
  accounts
    .filter(({ kind, active }) => kind === "person" && active)
    .map(({ id, roles }) => ({ id: id as SubjectId, roles }));

/** Those that hold, by the product. */
export function standingsIn(world: World): readonly Standing[] {
  const { accounts, lent, now, product } = world;
  const open = lent.filter(({ ended, endsAt }) => !ended && endsAt > now);
  const active = new Set(accounts.filter((one) => one.kind === "person" && one.active).map(({ id }) => id));
  return product.standingsOf(
    // Whoever hands their approving over on a walk hands over all of it, whatever roles they get.
    open.map(({ id, from, to }) => {
      const roles = ["approver", "security_manager"];
      return { id, from_id: from.id as SubjectId, to_id: to.id as SubjectId, roles };
    }),
    { people: peopleOf(world), active },
  );
}

/** Gates too few people could pass, by the product. */
export function shortIn(
  world: World,
  { row, authors }: Pick<Tracked, "row" | "authors">,
  decision: Decision,
): readonly ShortGate[] {
  const signers = new Set(world.keyless ? [] : world.accounts.map(({ id }) => id));
  const who = { people: peopleOf(world), standings: standingsIn(world), signers, authors, ownCounts: world.alone };
  return world.product.shortGates(decision, row, who);
}

export const liveApprovals = ({ approvals }: Tracked): readonly ApprovalRow[] =>
  approvals.filter((one) => one.withdrawn_at === null);

const NOBODY = { total: 0, approver: 0, security_manager: 0 };

/** What policy says now about it, with these approvals. */
export function weighed(world: World, action: Tracked, counts: Question["counts"] = NOBODY): Decision {
  return weighedAs(world, action, { counts, broken: false });
}

/** What it says of break-glass. */
export function weighedBroken(world: World, action: Tracked): Decision {
  return weighedAs(world, action, { counts: NOBODY, broken: true });
}

function weighedAs(world: World, action: Tracked, { counts, broken }: Pick<Question, "counts" | "broken">): Decision {
  const { policy, bundle, mode, production, own } = world;
  const { ttl_seconds: ttlSeconds, requester_kind: kind } = action.row;
  return policy.decide({ bundle, mode, production, target: action.target, own, kind, ttlSeconds, counts, broken });
}

/** Who broke the glass for exactly this and still may; undefined: nobody. */
export function brokenBy({ accounts }: World, { row, broken }: Tracked): Account | undefined {
  const isForThis =
    row.state === "approved" &&
    broken?.revision === row.revision &&
    broken.requestDigest === row.request_digest &&
    broken.dryRunDigest === row.dry_run?.digest;
  const by = accounts.find(({ id }) => isForThis && id === broken.by);
  return by?.active === true && by.permissions?.has("action:break_glass") === true ? by : undefined;
}

/** Whose approvals count, by the product's counting: others', or where that was said openly one's own. */
export function approversIn(world: World, action: Tracked): readonly Person[] {
  const { product } = world;
  const people = peopleOf(world);
  const others = product.approversOf(action.row, liveApprovals(action), {
    people,
    standings: standingsIn(world),
  });
  if (others.length > 0 || !world.alone) return others;
  return product.ownApproversOf(action.row, liveApprovals(action), { people, now: new Date(world.now) });
}

/** With the approvals that count now, by the product's counting; or by whoever broke the glass. */
export function weighedWithApprovals(world: World, action: Tracked) {
  const { product } = world;
  const breaking = brokenBy(world, action);
  if (breaking !== undefined) return { approvers: [breaking], decision: weighedBroken(world, action) };
  const approvers = approversIn(world, action);
  return { approvers, decision: weighed(world, action, product.countApprovers(approvers)) };
}

/** What the connector would plan: digest and lines follow from the request and from how the target looks. */
export function dryRunOf({ look, now }: World, { row }: Tracked, works: boolean): DryRun {
  return {
    ok: works,
    summary: "model",
    before: [`look ${look}`],
    after: [],
    warnings: [],
    reach: { addresses: "1", enforcers: 0, successfulLogins: 0, events: 0 },
    at: new Date(now).toISOString(),
    digest: `${row.request_digest} ${look} ${String(works)}`,
  };
}

type Moving = Readonly<{ event: ActionEvent; by: By; changes?: Partial<ActionRow>; details?: Fact["details"] }>;

/** Whoever does one of these has asked for it. */
const ASKS: ReadonlySet<ActionEvent> = new Set(["edit", "submit", "submit_allowed"]);

/** As `moveAction` does it: state, history and fact together, or nothing. */
export function move(world: World, action: Tracked, { event, by, changes = {}, details = {} }: Moving): void {
  const { row } = action;
  const to = world.product.next(row.state, event);
  if (to === undefined) throw new TypeError(`no move ${event} from ${row.state}`);
  action.row = { ...row, ...changes, state: to, updated_at: new Date(world.now) };
  if (ASKS.has(event)) {
    action.authors.add(by.actor.id);
    for (const id of [by.actor.id, ...(by.behind ?? [])]) action.wrote.add(id);
  }
  if (row.state === "pending" && event === "dry_run_failed") {
    action.given.clear();
    action.everGiven.clear();
  }
  world.happened.moves.push({ action, event, by: by.actor.kind, from: row.state, to, at: world.now });
  world.happened.facts.push(moveFact(action.row, { event, from: row.state, by, details: details ?? {} }));
}

export function track(world: World, row: ActionRow, { target, who }: { target: number; who: Account }): Tracked {
  const action: Tracked = {
    row,
    target,
    approvals: [],
    authors: new Set([who.id]),
    wrote: new Set([who.id, ...who.behind]),
    given: new Map(),
    everGiven: new Set(),
    ran: [],
    broken: undefined,
  };
  world.actions.push(action);
  return action;
}

export const isModeTarget = (target: number): boolean => target === MODE_TARGET;
export const idOf = (n: number): ActionId => `act_${n}` as ActionId;
