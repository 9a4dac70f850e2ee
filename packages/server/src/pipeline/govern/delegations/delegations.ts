import {
  ok,
  permissionsOf,
  refuse,
  type Delegation,
  type DelegationCreate,
  type DelegationId,
  type DelegationStatement,
  type DelegationWish,
  type Refused,
  type Result,
} from "@tyr/contract";
import type { Fact, Page, PageBefore, ReadDatabase, WriteTransaction } from "#platform/database";
import { endOne } from "../end-standing.ts";
import { announce } from "../move-action.ts";
import { settle, type By, type Room, type Settled } from "../room.ts";
import { endedFact, type EndedDelegation } from "./facts.ts";
import { askHandOver, makeDelegation } from "./make-delegation.ts";
import { isNarrowed, readStandings, type Standing } from "./standing.ts";
import { findDelegation, pageDelegations, type DelegationRow } from "./store.ts";

export type Delegations = Readonly<{
  /** Newest first. */
  list(query: DelegationListing): Promise<Page<Delegation, DelegationId>>;
  /** The text to sign. Refusals `VALIDATION_FAILED` (the end), `NOT_FOUND` (the account), `DELEGATION_REFUSED`, `NOT_PERMITTED`. */
  statement(wish: DelegationWish, by: By): Promise<Result<DelegationStatement>>;
  /** Refusals of `statement`, `NOT_AUTHENTICATED`, and logged `SIGNATURE_REQUIRED`, `SIGNATURE_INVALID`, `APPROVAL_STALE`. */
  create(body: DelegationCreate, by: By): Promise<Result<Delegation>>;
  /** By either of the two, or whoever manages accounts. Refusals `NOT_FOUND`, `NOT_PERMITTED`. Ended already: as it is. */
  end(wanted: Ending): Promise<Result<Delegation>>;
}>;
type DelegationListing = PageBefore<DelegationId> & Readonly<{ by: By; inForce: boolean; mine: boolean }>;
type Ending = Readonly<{ id: DelegationId; by: By; reason?: string | undefined }>;

const mayManage = ({ roles, permissions }: By): boolean => (permissions ?? permissionsOf(roles)).has("user:write");
const isOf = ({ from_id, to_id }: DelegationRow, id: string): boolean => from_id === id || to_id === id;

type Seen = Readonly<{ standings: readonly Standing[]; by: By; now: Date }>;

function viewOf(row: DelegationRow, { standings, by, now }: Seen): Delegation {
  const standing = standings.find(({ id }) => id === row.id);
  const isOver = row.ended_at !== null || row.ends_at <= now;
  return {
    id: row.id,
    from: row.from_actor,
    to: row.to_actor,
    reason: row.reason,
    createdAt: row.created_at.toISOString(),
    endsAt: row.ends_at.toISOString(),
    state: isOver ? "ended" : standing === undefined ? "void" : "in_force",
    roles: [...(standing?.roles ?? [])].filter((role) => permissionsOf([role]).has("action:approve")),
    endedAt: row.ended_at?.toISOString() ?? null,
    endedBy: row.ended_by,
    mayEnd: !isOver && (isOf(row, by.actor.id) || mayManage(by)),
  };
}

async function seenBy(room: Room, db: ReadDatabase, by: By): Promise<Seen> {
  return { standings: await readStandings(room, db, await room.ports.people(db)), by, now: room.clock.now() };
}

async function list(room: Room, { by, inForce, mine, ...page }: DelegationListing) {
  const { read } = room.db;
  const seen = await seenBy(room, read, by);
  const { rows, next } = await pageDelegations(read, {
    ...page,
    openAt: inForce ? seen.now : undefined,
    of: mine ? by.actor.id : undefined,
    among: inForce ? seen.standings.map(({ id }) => id) : undefined,
  });
  return { rows: rows.map((row) => viewOf(row, seen)), next };
}

async function create(room: Room, body: DelegationCreate, by: By): Promise<Result<Delegation>> {
  const made = await makeDelegation(room, body, by);
  return made.ok ? ok(viewOf(made.value, await seenBy(room, room.db.read, by))) : made;
}

type Ended = Readonly<{ row: DelegationRow; ended: EndedDelegation | undefined }>;

/** Whoever only reads with a key of one of the two voids nothing with it. */
async function refusedEnd(
  room: Room,
  tx: WriteTransaction,
  { known, by }: Readonly<{ known: DelegationRow; by: By }>,
): Promise<Refused | undefined> {
  if (mayManage(by)) return undefined;
  if (!isOf(known, by.actor.id))
    return refuse("NOT_PERMITTED", "only either of its two, or whoever manages accounts, ends a delegation", {
      permission: "user:write",
    });
  if (by.permissions?.has("action:approve") === true || !(await isNarrowed(room, tx, by))) return undefined;
  return refuse("NOT_PERMITTED", "a key that holds less than its owner ends no delegation without action:approve", {
    permission: "action:approve",
  });
}

async function endHeld(room: Room, tx: WriteTransaction, { id, by, reason }: Ending): Promise<Settled<Ended>> {
  const known = await findDelegation(tx, id);
  if (known === undefined) return { answer: refuse("NOT_FOUND", `there is no delegation ${id}`), facts: [] };
  const refused = await refusedEnd(room, tx, { known, by });
  if (refused !== undefined) return { answer: refused, facts: [] };
  // As whoever approves does: the account first, then actions. So nothing is approved under it meanwhile.
  await room.ports.holdAccount(tx, known.to_id);
  const now = room.clock.now();
  const ended = known.ends_at <= now ? undefined : await endOne(tx, id, { by, now });
  if (ended === undefined) return { answer: ok({ row: (await findDelegation(tx, id)) ?? known, ended }), facts: [] };
  const facts: readonly Fact[] = [
    endedFact(ended, { by, reason: reason ?? null }),
    ...ended.moves.map(({ fact }) => fact),
  ];
  return { answer: ok({ row: ended.row, ended }), facts };
}

async function end(room: Room, wanted: Ending): Promise<Result<Delegation>> {
  const done = await settle<Ended>(room.db, async (tx) => await endHeld(room, tx, wanted));
  if (!done.ok) return done;
  for (const { row } of done.value.ended?.moves ?? []) announce(room.bus, row);
  return ok(viewOf(done.value.row, await seenBy(room, room.db.read, wanted.by)));
}

/** Handing one's approving to somebody else, until an instant. */
export function createDelegations(room: Room): Delegations {
  return {
    list: async (query) => await list(room, query),
    statement: async (wish, by) => await askHandOver(room, wish, by),
    create: async (body, by) => await create(room, body, by),
    end: async (wanted) => await end(room, wanted),
  };
}
