import {
  ok,
  refuse,
  SINGLE_PERSON_DELAY_MINUTES,
  SINGLE_PERSON_ENDS_AFTER_HOURS,
  type Result,
  type SinglePersonSet,
  type SinglePersonView,
} from "@tyr/contract";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import { settle, SYSTEM, type By, type Room, type Settled } from "../room.ts";
import { tellDeciders } from "../tell-deciders.ts";
import {
  insertSinglePerson,
  latestSinglePerson,
  lockSinglePerson,
  setSecondSince,
  type SinglePersonRow,
} from "./store.ts";

const ENDS_AFTER_MS = SINGLE_PERSON_ENDS_AFTER_HOURS * 3_600_000;

const endOf = ({ second_since: since }: SinglePersonRow): Date | null =>
  since === null ? null : new Date(since.getTime() + ENDS_AFTER_MS);

/** Ends at the instant it says, whenever that is written down. */
function isInForce(row: SinglePersonRow | undefined, now: Date): row is SinglePersonRow & { delay_seconds: number } {
  if (row === undefined || !row.is_on) return false;
  const end = endOf(row);
  return end === null || end > now;
}

/** How long one's own approval waits before it counts; undefined: it never does. */
export async function ownApprovalDelay(db: ReadDatabase, now: Date): Promise<number | undefined> {
  const row = await latestSinglePerson(db);
  return isInForce(row, now) ? row.delay_seconds * 1_000 : undefined;
}

function viewOf(row: SinglePersonRow | undefined, now: Date): SinglePersonView {
  if (row === undefined) return { on: false, delayMinutes: null, change: null, endsAt: null };
  const on = isInForce(row, now);
  return {
    on,
    delayMinutes: on ? row.delay_seconds / 60 : null,
    change: { at: row.at.toISOString(), by: row.actor, reason: row.reason },
    endsAt: on ? (endOf(row)?.toISOString() ?? null) : null,
  };
}

export async function viewSinglePerson(room: Room): Promise<SinglePersonView> {
  return viewOf(await latestSinglePerson(room.db.read), room.clock.now());
}

type Change = Readonly<{ on: boolean; delayMinutes: number | null; reason: string; by: By }>;
const word = (on: boolean): "on" | "off" => (on ? "on" : "off");

function changeFact({ by, delayMinutes, reason }: Change, outcome: Fact["outcome"], states: [string, string]): Fact {
  const [before, after] = states;
  return {
    type: "single_person.changed",
    actor: by.actor,
    object: { kind: "single_person", id: "single_person" },
    ...(outcome === undefined ? {} : { outcome }),
    before,
    after,
    requestId: by.requestId,
    details: { reason, delay_minutes: delayMinutes },
  };
}

async function store(room: Room, tx: WriteTransaction, change: Change): Promise<Settled<SinglePersonView>> {
  const now = room.clock.now();
  const before = word(isInForce(await lockSinglePerson(tx), now));
  const { on, delayMinutes, reason, by } = change;
  const row = await insertSinglePerson(tx, {
    is_on: on,
    delay_seconds: delayMinutes === null ? null : delayMinutes * 60,
    actor: JSON.stringify(by.actor),
    reason,
    at: now,
    second_since: null,
  });
  const text = on ? `one's own approval counts after ${delayMinutes} minutes: ${reason}` : `it is off: ${reason}`;
  await tellDeciders(tx, { kind: "single_person", action: undefined, by: by.actor, text, at: now });
  return { answer: ok(viewOf(row, now)), facts: [changeFact(change, "success", [before, word(on)])] };
}

export type SinglePersonRequest = SinglePersonSet & Readonly<{ by: By }>;

/**
 * Turns on or off that one's own approval counts, later, for gates of one person. Refusal, logged: `SINGLE_PERSON_REFUSED`
 * where a second person may approve.
 */
export async function setSinglePerson(
  room: Room,
  { on, reason, delayMinutes = SINGLE_PERSON_DELAY_MINUTES.usual, by }: SinglePersonRequest,
): Promise<Result<SinglePersonView>> {
  const change = { on, reason, delayMinutes: on ? delayMinutes : null, by };
  return await settle<SinglePersonView>(room.db, async (tx) => {
    const people = await room.ports.people(tx);
    if (!on || people.length < 2) return await store(room, tx, change);
    const detail = `${people.length} people may approve: each asks another one`;
    const facts = [changeFact(change, "refused", ["off", "off"])];
    return { answer: refuse("SINGLE_PERSON_REFUSED", detail), facts };
  });
}

const WHY_OFF = "a second person who may approve has been there for a day";

function secondFact(row: SinglePersonRow, isThere: boolean): Fact {
  return {
    type: "single_person.second_approver",
    actor: SYSTEM.actor,
    object: { kind: "single_person", id: "single_person" },
    before: isThere ? "alone" : "not alone",
    after: isThere ? "not alone" : "alone",
    details: { reason: row.reason },
  };
}

async function watchHeld(room: Room, tx: WriteTransaction, others: boolean): Promise<readonly Fact[]> {
  const now = room.clock.now();
  const row = await lockSinglePerson(tx);
  if (row === undefined || !row.is_on) return [];
  if (!isInForce(row, now))
    return (await store(room, tx, { on: false, delayMinutes: null, reason: WHY_OFF, by: SYSTEM })).facts;
  if (others === (row.second_since !== null)) return [];
  await setSecondSince(tx, row.number, others ? now : null);
  return [secondFact(row, others)];
}

/** Notices when somebody else may approve, and a day later turns the mode off; or that they are gone again. */
export async function watchSinglePerson(room: Room): Promise<void> {
  const row = await latestSinglePerson(room.db.read);
  if (row === undefined || !row.is_on) return;
  const others = (await room.ports.people(room.db.read)).length > 1;
  if (isInForce(row, room.clock.now()) && others === (row.second_since !== null)) return;
  await room.db.audited(
    (facts: readonly Fact[]) => facts,
    async (tx) => await watchHeld(room, tx, others),
  );
}
