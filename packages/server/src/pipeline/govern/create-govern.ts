import {
  ok,
  refuse,
  type Action,
  type ActionCreate,
  type ActionId,
  type ActionStatement,
  type BreakGlass,
  type Environment,
  type ModeAnswer,
  type ModeView,
  type SinglePersonView,
  type Result,
  type Settings,
  type SettingsEdit,
} from "@tyr/contract";
import type { AccessKind } from "#identity";
import type { Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Page, PageBefore, WriteTransaction } from "#platform/database";
import { startLoop, type Leading, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { knownPrefix } from "./address.ts";
import { viewActions } from "./action-view.ts";
import {
  approveAction,
  cancelAction,
  rejectAction,
  withdrawApprovalOf,
  type ApprovalRequest,
  type InPlace,
  type Reasoned,
  type Signable,
} from "./approve-action.ts";
import {
  applyOwn,
  beginExecution,
  beginRevert,
  finishExecution,
  finishRevert,
  type Beginning,
  type BeginRequest,
  type Effect,
} from "./execute-action.ts";
import { breakGlass, type BreakGlassRequest } from "./break-glass/break-glass.ts";
import { listBreakGlass, reviewBreakGlass, type ReviewRequest } from "./break-glass/review-break-glass.ts";
import { createDelegations, type Delegations } from "./delegations/delegations.ts";
import { cloneAction, editAction, type EditRequest } from "./edit-action.ts";
import { standingOf, withdrawSigned } from "./end-standing.ts";
import { expireOverdue } from "./expire-actions.ts";
import { createInventory, type Inventory } from "./assets/inventory.ts";
import { modeInForce, type ModeInForce } from "./mode-in-force.ts";
import { passMode, setMode, viewMode, type ModeRequest } from "./mode.ts";
import { blockIp } from "./kinds/block-ip.ts";
import type { OwnEffect } from "./kinds/kind.ts";
import { setModeKind } from "./kinds/set-mode.ts";
import { updatePolicy } from "./kinds/update-policy.ts";
import { announce, type Moved } from "./move-action.ts";
import { refusedHere } from "./own-door.ts";
import { createPolicyLife, type PolicyLife } from "./policy/life.ts";
import { openPolicies } from "./policy/open-policies.ts";
import { DECIDE_WITHIN_DEFAULT_MS } from "./policy/read-policy.ts";
import type { BundleSeal } from "./policy/stored-bundles.ts";
import type { GovernPorts } from "./ports.ts";
import { proposeActions } from "./propose-actions.ts";
import { createApprovalKeys, type ApprovalKeys } from "./signatures/approval-keys.ts";
import { askStatement, type StatementWish } from "./signatures/ask-statement.ts";
import { countDueApprovals } from "./single-person/count-due.ts";
import {
  setSinglePerson,
  viewSinglePerson,
  watchSinglePerson,
  type SinglePersonRequest,
} from "./single-person/single-person.ts";
import { type By, type Room, type Settled } from "./room.ts";
import { countUnapprovable } from "./read-short.ts";
import { editSettings } from "./settings/edit-settings.ts";
import { readSettings } from "./settings/settings.ts";
import { findAction, listActions, listApproved, type ActionFilter, type ActionRow } from "./store.ts";
import { createAction, repeatDryRun, submitAction } from "./submit-action.ts";

export type GovernDeps = Readonly<{
  db: Database;
  clock: Clock;
  bus: Bus;
  log: Logger;
  /** Left out: no other process shares the database. */
  leading?: Leading | undefined;
  policiesDir: string;
  /** Signs bundles of policies. */
  seal: BundleSeal;
  ownNetworks: readonly string[];
  ports: GovernPorts;
  /** What policies may know about where this is: in production nobody blocks alone. */
  environment: Environment;
  /** Origin of the audit log, which statements of people name. */
  installation: string;
  decisionDeadlineMs?: number;
}>;

export type ActionListing = ActionFilter & PageBefore<ActionId> & Readonly<{ asker?: By }>;

/** What respond does in its own transactions with an action: it owns the effect, this room the state. */
export type Execution = Readonly<{
  listApproved(limit: number): Promise<readonly { id: ActionId }[]>;
  begin(tx: WriteTransaction, request: BeginRequest): Promise<Beginning>;
  /** What this room does itself for a type of action; tell it (`committed`) after the transaction. */
  applyOwn(tx: WriteTransaction, done: Readonly<{ row: ActionRow; by: By }>): Promise<OwnEffect>;
  finish(tx: WriteTransaction, done: Readonly<{ row: ActionRow; by: By; effect: Effect }>): Promise<Moved>;
  beginRevert(tx: WriteTransaction, wanted: Reasoned): Promise<Settled<ActionRow>>;
  finishRevert(tx: WriteTransaction, done: Readonly<{ row: ActionRow; by: By; reason: string }>): Promise<Moved>;
  announce(row: ActionRow): void;
}>;

export type Govern = Readonly<{
  policies: PolicyLife;
  /** Of the bundle in force. */
  policyDigest(): Promise<string>;
  create(request: ActionCreate, by: By): Promise<Result<Action>>;
  dryRun(wanted: Readonly<{ id: ActionId; by: By }>): Promise<Result<Action>>;
  submit(wanted: Readonly<{ id: ActionId; by: By }>): Promise<Result<Action>>;
  approve(request: ApprovalRequest): Promise<Result<Action>>;
  breakGlass(request: BreakGlassRequest): Promise<Result<Action>>;
  /** Every use, newest first. */
  listBreakGlass(query: Parameters<typeof listBreakGlass>[1]): ReturnType<typeof listBreakGlass>;
  reviewBreakGlass(request: ReviewRequest): Promise<Result<BreakGlass>>;
  /** Approving, handed to somebody else until an instant. */
  delegations: Delegations;
  singlePerson(): Promise<SinglePersonView>;
  setSinglePerson(request: SinglePersonRequest): Promise<Result<SinglePersonView>>;
  edit(request: EditRequest): Promise<Result<Action>>;
  clone(wanted: Readonly<{ id: ActionId; by: By }>): Promise<Result<Action>>;
  reject(wanted: Reasoned & Signable & InPlace): Promise<Result<Action>>;
  withdraw(wanted: Readonly<{ id: ActionId; by: By }> & Signable): Promise<Result<Action>>;
  /** The text to sign for approving, rejecting or withdrawing. */
  statement(wanted: StatementWish): Promise<Result<ActionStatement>>;
  /** Personal keys to sign with. */
  approvalKeys: ApprovalKeys;
  cancel(wanted: Reasoned): Promise<Result<Action>>;
  /** `asker`: whose moves it lists; those of the state without one. */
  get(id: ActionId, asker?: By): Promise<Result<Action>>;
  /** Newest first. */
  list(query: ActionListing): Promise<Page<Action, ActionId>>;
  mode(): Promise<ModeInForce>;
  viewMode(): Promise<ModeView>;
  setMode(request: ModeRequest): Promise<Result<ModeAnswer>>;
  assets: Inventory;
  settings(): Promise<Settings>;
  editSettings(request: Readonly<{ edit: SettingsEdit; by: By }>): Promise<Result<Settings>>;
  /** How many waiting actions too few people could approve as things are. */
  countUnapprovable(): Promise<number>;
  execution: Execution;
  /** What ends here with somebody's account: identity runs it in the transaction that disables them. */
  standing: AccessKind;
  /** Ends a mode whose time is over and closes overdue actions; respond's worker is not needed for it. */
  expireOverdue(): Promise<boolean>;
  /** Reads incident changes and proposes blocks. */
  propose(): Promise<boolean>;
  /** Starts the loops that do both, until stopped. */
  start(): Readonly<{ wake(): void; stop(): Promise<void> }>;
}>;

async function listPage(room: Room, { asker, ...listing }: ActionListing): Promise<Page<Action, ActionId>> {
  const { rows, next } = await listActions(room.db.read, listing);
  return { rows: await viewActions(room, rows, asker), next };
}

async function getOne(room: Room, id: ActionId, asker: By | undefined): Promise<Result<Action>> {
  const row = await findAction(room.db.read, id);
  if (row === undefined) return refuse("NOT_FOUND", `there is no action ${id}`);
  const [view] = await viewActions(room, [row], asker);
  return view === undefined ? refuse("NOT_FOUND", `there is no action ${id}`) : ok(view);
}

function executionOf(room: Room): Execution {
  return {
    listApproved: async (limit) => await listApproved(room.db.read, limit),
    begin: async (tx, request) => await beginExecution(room, tx, request),
    applyOwn: async (tx, done) => await applyOwn(room, tx, done),
    finish: async (tx, done) => await finishExecution(room, tx, done),
    beginRevert: async (tx, wanted) => await beginRevert(room, tx, wanted),
    finishRevert: async (tx, done) => await finishRevert(room, tx, done),
    announce: (row) => announce(room.bus, row),
  };
}

const SWEEP_REST_MS = 5_000;
const PROPOSE_REST_MS = 2_000;

async function modeNow({ db, clock }: Room): Promise<ModeInForce> {
  const { defaultMode: base } = await readSettings(db.read);
  return await modeInForce(db.read, { now: clock.now(), base });
}

async function passDeadlines(room: Room): Promise<boolean> {
  await passMode(room);
  await watchSinglePerson(room);
  await countDueApprovals(room);
  return await expireOverdue(room);
}

function startLoops(
  room: Room,
  { log, leading }: GovernDeps,
  life: PolicyLife,
): { wake(): void; stop(): Promise<void> } {
  const propose = { name: "govern: propose", step: async () => await proposeActions(room), restMs: PROPOSE_REST_MS };
  const deadlines = { name: "govern: deadlines", step: async () => await passDeadlines(room), restMs: SWEEP_REST_MS };
  const loops: readonly RunningLoop[] = [propose, deadlines].map((one) => startLoop({ ...one, log, leading }));
  const leave = room.bus.subscribe(({ topic }) => {
    if (topic === "incident.changed") loops[0]?.wake();
  });
  return {
    wake: () => loops.forEach((loop) => loop.wake()),
    async stop() {
      leave();
      await Promise.all([life.stop(), ...loops.map(async (loop) => await loop.stop())]);
    },
  };
}

/**
 * Opens the room: loads and checks the policy bundle, records its activation.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID`: nothing is decided without a valid bundle
 */
export async function createGovern(deps: GovernDeps): Promise<Govern> {
  const { db, clock, bus, ports } = deps;
  const policies = await openPolicies(deps);
  const own = deps.ownNetworks.map(knownPrefix);
  const room: Room = {
    db,
    clock,
    bus,
    ports,
    kinds: { block_ip: blockIp({ ports, own }), set_mode: setModeKind({ bus }), update_policy: updatePolicy(policies) },
    policies,
    own,
    environment: deps.environment,
    installation: deps.installation,
    decisionDeadlineMs: deps.decisionDeadlineMs ?? DECIDE_WITHIN_DEFAULT_MS,
  };
  const life = createPolicyLife(room, deps.log);
  return {
    policies: life,
    policyDigest: async () => (await policies.inForce(db.read)).bundle.digest,
    create: async (request, by) => refusedHere(request.type) ?? (await createAction(room, request, by)),
    dryRun: async (wanted) => await repeatDryRun(room, wanted),
    submit: async (wanted) => await submitAction(room, wanted),
    approve: async (request) => await approveAction(room, request),
    breakGlass: async (request) => await breakGlass(room, request),
    listBreakGlass: async (query) => await listBreakGlass(room, query),
    reviewBreakGlass: async (request) => await reviewBreakGlass(room, request),
    delegations: createDelegations(room),
    singlePerson: async () => await viewSinglePerson(room),
    setSinglePerson: async (request) => await setSinglePerson(room, request),
    edit: async (request) => await editAction(room, request),
    clone: async (wanted) => await cloneAction(room, wanted),
    reject: async (wanted) => await rejectAction(room, wanted),
    withdraw: async (wanted) => await withdrawApprovalOf(room, wanted),
    cancel: async (wanted) => await cancelAction(room, wanted),
    get: async (id, asker) => await getOne(room, id, asker),
    list: async (listing) => await listPage(room, listing),
    mode: async () => await modeNow(room),
    viewMode: async () => await viewMode(room),
    setMode: async (request) => await setMode(room, request),
    assets: createInventory({ db, clock }),
    settings: async () => await readSettings(db.read),
    editSettings: async (request) => await editSettings(room, request),
    statement: async (wanted) => await askStatement(room, wanted),
    approvalKeys: createApprovalKeys(room, withdrawSigned),
    countUnapprovable: async () => await countUnapprovable(room),
    execution: executionOf(room),
    standing: standingOf(room),
    expireOverdue: async () => await passDeadlines(room),
    propose: async () => await proposeActions(room),
    start: () => startLoops(room, deps, life),
  };
}
