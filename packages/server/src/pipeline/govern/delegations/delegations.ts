import {
  DELEGATION_DAYS_MAX,
  DUTY_PAIRS,
  ok,
  permissionsOf,
  refuse,
  type Actor,
  type Delegation,
  type DelegationCreate,
  type DelegationId,
  type Permission,
  type Refused,
  type Result,
  type SubjectId,
} from "@tyr/contract";
import type { Fact, Page, PageBefore, ReadDatabase, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { endOne } from "../end-standing.ts";
import { announce } from "../move-action.ts";
import type { Account } from "../ports.ts";
import { settle, type By, type Room, type Settled } from "../room.ts";
import { createdFact, endedFact, type EndedDelegation } from "./facts.ts";
import { readStandings, type Standing } from "./standing.ts";
import { findDelegation, insertDelegation, listOpenOf, pageDelegations, type DelegationRow } from "./store.ts";

const DAY_MS = 86_400_000;
/** Somebody who hands their approving to more people at once hands it to nobody in particular. */
const OPEN_MAX = 5;

export type Delegations = Readonly<{
  /** Newest first. */
  list(query: DelegationListing): Promise<Page<Delegation, DelegationId>>;
  /** Refusals `VALIDATION_FAILED` (the end), `NOT_FOUND` (the account), `DELEGATION_REFUSED`, `NOT_PERMITTED`, `NOT_AUTHENTICATED`. */
  create(body: DelegationCreate, by: By): Promise<Result<Delegation>>;
  /** By either of the two, or whoever manages accounts. Refusals `NOT_FOUND`, `NOT_PERMITTED`. Ended already: as it is. */
  end(wanted: Ending): Promise<Result<Delegation>>;
}>;
export type DelegationListing = PageBefore<DelegationId> & Readonly<{ by: By; inForce: boolean; mine: boolean }>;
type Ending = Readonly<{ id: DelegationId; by: By; reason?: string | undefined }>;

/** What somebody may not hold beside approving, as far as the request itself does not see to it: whoever asked never counts. */
const BESIDE: ReadonlySet<string> = new Set(
  DUTY_PAIRS.filter(({ sides }) => sides.some((side) => side === "action:approve"))
    .flatMap(({ sides }) => sides)
    .filter((side) => side !== "action:approve" && side !== "action:request"),
);

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

/** When it ends, or why it cannot end then. */
function endOf(text: string, now: Date): Result<Date> {
  const at = new Date(text);
  if (at > now && at.getTime() - now.getTime() <= DELEGATION_DAYS_MAX * DAY_MS) return ok(at);
  return refuse("VALIDATION_FAILED", `body/endsAt: it ends after now, and in ${DELEGATION_DAYS_MAX} days at most`);
}

const not = (detail: string): Refused => refuse("DELEGATION_REFUSED", detail);

function refusedAccount(account: Account, held: ReadonlySet<Permission>, by: By): Refused | undefined {
  if (account.id === by.actor.id) return not("your approving is yours already");
  if (!account.active || held.size === 0) return not(`${account.name} may not sign in`);
  if (!held.has("action:read")) return not(`${account.name} may not read actions`);
  const beside = [...held].find((one) => BESIDE.has(one));
  if (beside === undefined || held.has("action:approve")) return undefined;
  return not(`${account.name} holds ${beside}, which nobody should hold beside approving`);
}

/** One to each of them, of few: what is handed over twice is ended once. */
async function refusedOpen(tx: WriteTransaction, { by, to, now }: Readonly<{ by: By; to: Account; now: Date }>) {
  const open = (await listOpenOf(tx, by.actor.id as SubjectId, now)).filter((one) => one.from_id === by.actor.id);
  const known = open.find((one) => one.to_id === to.id);
  if (known !== undefined)
    return not(`${to.name} has it already, until ${known.ends_at.toISOString()}: end ${known.id} first`);
  return open.length >= OPEN_MAX ? not(`you handed it to ${OPEN_MAX} people already: end one first`) : undefined;
}

type Creating = Readonly<{ by: By; to: Account; endsAt: Date; reason: string }>;

async function createHeld(room: Room, tx: WriteTransaction, wanted: Creating): Promise<Settled<DelegationRow>> {
  const { by, to, endsAt, reason } = wanted;
  const none = (answer: Refused): Settled<never> => ({ answer, facts: [] });
  // Both accounts, always in one order: neither ends while it is handed over, and no two wait for each other.
  const held = new Map<string, boolean>();
  for (const id of [by.actor.id, to.id].toSorted()) held.set(id, await room.ports.holdAccount(tx, id));
  if (held.get(by.actor.id) !== true) return none(refuse("NOT_AUTHENTICATED", "the account is disabled"));
  if (held.get(to.id) !== true) return none(not(`${to.name} may not sign in`));
  const refused = refusedAccount(to, await room.ports.permissionsOf(tx, to.id), by);
  if (refused !== undefined) return none(refused);
  const now = room.clock.now();
  const taken = await refusedOpen(tx, { by, to, now });
  if (taken !== undefined) return none(taken);
  const toActor: Actor = { kind: "person", id: to.id, name: to.name };
  const row = await insertDelegation(tx, {
    id: newId("delegation", now),
    from_id: by.actor.id as SubjectId,
    from_actor: JSON.stringify(by.actor),
    to_id: to.id,
    to_actor: JSON.stringify(toActor),
    reason,
    created_at: now,
    ends_at: endsAt,
    ended_at: null,
    ended_by: null,
  });
  const roles = by.roles.filter((role) => permissionsOf([role]).has("action:approve"));
  return { answer: ok(row), facts: [createdFact(row, { by, roles })] };
}

async function create(room: Room, { to: named, endsAt: text, reason }: DelegationCreate, by: By) {
  // Approving by roles of one's own: what was lent is not lent on, and no program hands anything over.
  if (by.actor.kind !== "person" || !permissionsOf(by.roles).has("action:approve"))
    return refuse("NOT_PERMITTED", "only people who may approve by a role of their own hand it over", {
      permission: "action:approve",
    });
  const endsAt = endOf(text, room.clock.now());
  if (!endsAt.ok) return endsAt;
  const done = await settle<DelegationRow>(room.db, async (tx) => {
    const to = await room.ports.findAccount(tx, named);
    if (to === undefined) return { answer: refuse("NOT_FOUND", "there is no account of that name or id"), facts: [] };
    return await createHeld(room, tx, { by, to, endsAt: endsAt.value, reason });
  });
  return done.ok ? ok(viewOf(done.value, await seenBy(room, room.db.read, by))) : done;
}

type Ended = Readonly<{ row: DelegationRow; ended: EndedDelegation | undefined }>;

async function endHeld(room: Room, tx: WriteTransaction, { id, by, reason }: Ending): Promise<Settled<Ended>> {
  const known = await findDelegation(tx, id);
  if (known === undefined) return { answer: refuse("NOT_FOUND", `there is no delegation ${id}`), facts: [] };
  if (!isOf(known, by.actor.id) && !mayManage(by)) {
    const detail = "only either of its two, or whoever manages accounts, ends a delegation";
    return { answer: refuse("NOT_PERMITTED", detail, { permission: "user:write" }), facts: [] };
  }
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
    create: async (body, by) => await create(room, body, by),
    end: async (wanted) => await end(room, wanted),
  };
}
