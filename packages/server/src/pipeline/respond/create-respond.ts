import {
  ok,
  refuse,
  type ActionId,
  type AllowEntry,
  type AllowPreview,
  type Block,
  type BlockId,
  type Enforcer,
  type EnforcerId,
  type Id,
  type Result,
} from "@tyr/contract";
import type { KeyCheck } from "#identity";
import { headOf, takePositions, type Bus } from "#platform/bus";
import type { Clock } from "#platform/clock";
import type { Database, Page } from "#platform/database";
import { startLoop, type Leading, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { listAllowed, removeAllowed, type ActionRow, type By, type Execution } from "#govern";
import { getBlock, listBlockPage, type BlockListing } from "./block-view.ts";
import { allow, expireHolds, previewAllow, revertAction, type AllowRequest } from "./end-blocks.ts";
import {
  authenticateEnforcer,
  createPullRecorder,
  endEnforcer,
  registerEnforcer,
  rotateEnforcer,
  type EnforcerWanted,
  type EnforcerWithKey,
  viewEnforcers,
  type Pull,
} from "./enforcers.ts";
import { executeApproved } from "./execute-approved.ts";
import type { Client } from "./express.ts";
import { createTurns } from "./in-turn.ts";
import { asksAnew, readAll, readChanges, type Changes } from "./read-changes.ts";
import type { Room } from "./room.ts";
import { listActive, listActiveValues, type ActiveFilter, type BlockRow } from "./block-store.ts";

export type RespondDeps = Readonly<{
  db: Database;
  clock: Clock;
  bus: Bus;
  log: Logger;
  /** Left out: no other process shares the database. */
  leading?: Leading | undefined;
  execution: Execution;
}>;

/** What connectors serve: what is in force, what changed, and who has received it. */
export type BlockSource = Readonly<{
  /** In force at this moment, in the order of the addresses. */
  active(filter?: ActiveFilter): Promise<readonly BlockRow[]>;
  /** The same as plain values, with the position they stand for. */
  list(): Promise<{ position: number; values: readonly string[] }>;
  /** For a client that starts: all of it, and what ended lately. */
  all(client: Client): Promise<Changes>;
  /** Since that enforcement point's last completed pull of the stream; everything if it asks otherwise than then. */
  changes(client: Client & { enforcerId: EnforcerId }): Promise<Changes>;
  /** Call only after the whole response was sent. */
  recordPull(pull: Pull): Promise<void>;
}>;

type ById = Readonly<{ id: EnforcerId; by: By }>;

export type Respond = Readonly<{
  blocks: BlockSource;
  revert(wanted: Readonly<{ id: ActionId; by: By; reason: string }>): Promise<Result<ActionRow>>;
  /** Newest first. */
  list(listing: BlockListing): Promise<Page<Block, number>>;
  get(id: BlockId): Promise<Result<Block>>;
  listAllowed(): Promise<readonly AllowEntry[]>;
  /** What an entry would lift. */
  previewAllow(value: string): Promise<Result<AllowPreview>>;
  allow(request: AllowRequest): Promise<Result<AllowEntry>>;
  disallow(wanted: Readonly<{ id: Id<"allow">; by: By }>): Promise<Result<undefined>>;
  listEnforcers(): Promise<readonly Enforcer[]>;
  registerEnforcer(wanted: EnforcerWanted): Promise<Result<EnforcerWithKey>>;
  rotateEnforcer(wanted: ById): Promise<Result<EnforcerWithKey>>;
  endEnforcer(wanted: ById): Promise<Result<Enforcer>>;
  findEnforcer: KeyCheck;
  /** Runs what is approved; true when there may be more. */
  execute(): Promise<boolean>;
  /** Ends what is due; true when there may be more. */
  expire(): Promise<boolean>;
  start(): Readonly<{ wake(): void; stop(): Promise<void> }>;
}>;

/** An entry that ends lifts nothing, and blocks nothing by itself. Refusal `NOT_FOUND`. */
async function disallow(
  { db, clock }: Room,
  { id, by }: Readonly<{ id: Id<"allow">; by: By }>,
): Promise<Result<undefined>> {
  const removed = await db.audited(
    (entry: AllowEntry | undefined) =>
      entry === undefined
        ? []
        : [
            {
              type: "allow.removed",
              actor: by.actor,
              object: { kind: "allow", id },
              before: "in force",
              after: "removed",
              requestId: by.requestId,
              details: { value: entry.value },
            },
          ],
    async (tx) => {
      await takePositions(tx, "block", 1);
      return await removeAllowed(tx, id, clock.now());
    },
  );
  return removed === undefined ? refuse("NOT_FOUND", `there is no allow-list entry ${id}`) : ok(undefined);
}

const EXECUTE_REST_MS = 1_000;
/** A block ends at most this long after its time, on lists; enforcement points count down by themselves. */
const EXPIRE_REST_MS = 1_000;

function startLoops(room: Room, { log, leading }: RespondDeps): { wake(): void; stop(): Promise<void> } {
  const executing = startLoop({
    name: "respond: execute",
    step: async () => await executeApproved(room),
    restMs: EXECUTE_REST_MS,
    log,
    leading,
  });
  const expiring = startLoop({
    name: "respond: expire",
    step: async () => await expireHolds(room),
    restMs: EXPIRE_REST_MS,
    log,
    leading,
  });
  const loops: readonly RunningLoop[] = [executing, expiring];
  const leave = room.bus.subscribe(({ topic, data }) => {
    if (topic === "action.changed" && data["state"] === "approved") executing.wake();
  });
  return {
    wake: () => loops.forEach((loop) => loop.wake()),
    async stop() {
      leave();
      await Promise.all(loops.map(async (loop) => await loop.stop()));
    },
  };
}

/** Opens the room. Call `start` to have approved actions executed and effects ended. */
export function createRespond(deps: RespondDeps): Respond {
  const { db, clock, bus, execution } = deps;
  const room: Room = { db, clock, bus, execution };
  const recordPull = createPullRecorder(room);
  const inTurn = createTurns();
  return {
    blocks: {
      active: async (filter) => await listActive(db.read, clock.now(), filter),
      async list() {
        // The head before the rows: what comes between is on the list and told again, never missed.
        const position = await headOf(db.read, "block");
        return { position, values: await listActiveValues(db.read, clock.now()) };
      },
      all: async (client) => await inTurn(async () => await readAll(room, client)),
      changes: async (client) =>
        (await asksAnew(room, client))
          ? await inTurn(async () => await readAll(room, client))
          : await readChanges(room, client),
      recordPull,
    },
    revert: async (wanted) => await revertAction(room, wanted),
    list: async (listing) => await listBlockPage(room, listing),
    get: async (id) => await getBlock(room, id),
    listAllowed: async () => await listAllowed(db.read, clock.now()),
    previewAllow: async (value) => await previewAllow(room, value),
    allow: async (request) => await allow(room, request),
    disallow: async (wanted) => await disallow(room, wanted),
    listEnforcers: async () => await viewEnforcers(room),
    registerEnforcer: async (wanted) => await registerEnforcer(room, wanted),
    rotateEnforcer: async (wanted) => await rotateEnforcer(room, wanted),
    endEnforcer: async (wanted) => await endEnforcer(room, wanted),
    findEnforcer: async (key) => await authenticateEnforcer(room, key),
    execute: async () => await executeApproved(room),
    expire: async () => await expireHolds(room),
    start: () => startLoops(room, deps),
  };
}
