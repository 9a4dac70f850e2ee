import {
  DELEGATION_DAYS_MAX,
  ok,
  permissionsOf,
  refuse,
  type Actor,
  type DelegationCreate,
  type DelegationStatement,
  type DelegationWish,
  type Permission,
  type Refused,
  type Result,
  type StatementSignature,
  type SubjectId,
} from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Account } from "../ports.ts";
import { settle, type By, type Room, type Settled } from "../room.ts";
import { signedColumns } from "../signatures/evidence.ts";
import { signable } from "../signatures/signable.ts";
import { createdFact, refusedFact } from "./facts.ts";
import { insertHandOver } from "./hand-over-store.ts";
import { newHandOver, takeSignedHandOver, UNSIGNED, type HandOver } from "./hand-over.ts";
import { besideApproving } from "./standing.ts";
import { insertDelegation, listOpenOf, type DelegationRow } from "./store.ts";

const DAY_MS = 86_400_000;
/** Somebody who hands their approving to more people at once hands it to nobody in particular. */
const OPEN_MAX = 5;

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
  const beside = besideApproving(held);
  if (beside === undefined) return undefined;
  return not(`${account.name} holds ${beside}, which nobody should hold beside approving`);
}

/** One to each of them, of few: what is handed over twice is ended once. */
async function refusedOpen(db: ReadDatabase, { by, to, now }: Readonly<{ by: By; to: Account; now: Date }>) {
  const open = (await listOpenOf(db, by.actor.id as SubjectId, now)).filter((one) => one.from_id === by.actor.id);
  const known = open.find((one) => one.to_id === to.id);
  if (known !== undefined)
    return not(`${to.name} has it already, until ${known.ends_at.toISOString()}: end ${known.id} first`);
  return open.length >= OPEN_MAX ? not(`you handed it to ${OPEN_MAX} people already: end one first`) : undefined;
}

/** To whom and until when, or why not; read through the caller's transaction, which then holds both accounts. */
async function readWish(
  room: Room,
  db: ReadDatabase,
  { wish, by }: Readonly<{ wish: DelegationWish; by: By }>,
): Promise<Result<HandOver>> {
  // Approving by roles of one's own: what was lent is not lent on, and no program hands anything over.
  if (by.actor.kind !== "person" || !permissionsOf(by.roles).has("action:approve"))
    return refuse("NOT_PERMITTED", "only people who may approve by a role of their own hand it over", {
      permission: "action:approve",
    });
  const now = room.clock.now();
  const endsAt = endOf(wish.endsAt, now);
  if (!endsAt.ok) return endsAt;
  const to = await room.ports.findAccount(db, wish.to);
  if (to === undefined) return refuse("NOT_FOUND", "there is no account of that name or id");
  const refused =
    refusedAccount(to, await room.ports.permissionsOf(db, to.id), by) ?? (await refusedOpen(db, { by, to, now }));
  return refused ?? ok({ by, to, endsAt: endsAt.value, reason: wish.reason });
}

const actorOf = ({ id, name }: Account): Actor => ({ kind: "person", id, name });

/** Hands out the text to sign, if this person could hand it over so now. */
export async function askHandOver(room: Room, wish: DelegationWish, by: By): Promise<Result<DelegationStatement>> {
  const wanted = await readWish(room, room.db.read, { wish, by });
  if (!wanted.ok) return wanted;
  const row = newHandOver(room, wanted.value);
  // A text nobody signed changes nothing: kept as challenges are, without an entry.
  await room.db.bookkeep("counters", async (tx) => await insertHandOver(tx, row));
  const { delegation_id: delegation } = row;
  const to = actorOf(wanted.value.to);
  return ok({ statement: "delegate", delegation, to, ...(await signable(room, row, by)) });
}

/** Both accounts, always in one order: neither ends while it is handed over, and no two wait for each other. */
async function holdBoth(room: Room, tx: WriteTransaction, { by, to }: HandOver): Promise<Refused | undefined> {
  const held = new Map<string, boolean>();
  for (const id of [by.actor.id, to.id].toSorted()) held.set(id, await room.ports.holdAccount(tx, id));
  if (held.get(by.actor.id) !== true) return refuse("NOT_AUTHENTICATED", "the account is disabled");
  return held.get(to.id) === true ? undefined : not(`${to.name} may not sign in`);
}

type Making = Readonly<{ wish: DelegationWish; by: By; signature: StatementSignature }>;
const none = (answer: Refused): Settled<never> => ({ answer, facts: [] });

async function makeHeld(room: Room, tx: WriteTransaction, making: Making): Promise<Settled<DelegationRow>> {
  const { by, wish, signature } = making;
  const named = await readWish(room, tx, making);
  if (!named.ok) return none(named);
  const refused = await holdBoth(room, tx, named.value);
  if (refused !== undefined) return none(refused);
  // Again, now that nothing of either changes any more.
  const wanted = await readWish(room, tx, { by, wish });
  if (!wanted.ok) return none(wanted);
  const { to, endsAt, reason } = wanted.value;
  const now = room.clock.now();
  const { row: stated, taken } = await takeSignedHandOver(room, tx, { ...wanted.value, signature, at: now });
  if (stated === undefined) return none(taken.ok ? UNSIGNED : taken.refused);
  const { delegation_id: id } = stated;
  if (!taken.ok) return { answer: taken.refused, facts: [...taken.facts, refusedFact(id, by, taken.refused)] };
  const { signed } = taken;
  const row = await insertDelegation(tx, {
    id,
    from_id: by.actor.id as SubjectId,
    from_actor: JSON.stringify(by.actor),
    to_id: to.id,
    to_actor: JSON.stringify(actorOf(to)),
    reason,
    created_at: now,
    ends_at: endsAt,
    ended_at: null,
    ended_by: null,
    ...signedColumns(signed),
  });
  return { answer: ok(row), facts: [createdFact(row, { by, signed })] };
}

/** Hands it over as its person signed it. */
export async function makeDelegation(
  room: Room,
  { signature, ...wish }: DelegationCreate,
  by: By,
): Promise<Result<DelegationRow>> {
  if (signature === undefined) return UNSIGNED;
  return await settle<DelegationRow>(room.db, async (tx) => await makeHeld(room, tx, { wish, by, signature }));
}
