import type { Actor } from "@tyr/contract";
import type { Fact } from "#platform/database";
import type { Sent, WebhookFailure } from "#platform/webhook";
import { isTooOld, nextAttempt } from "./retry.ts";
import type { Room } from "./room.ts";
import { claim, oldestWaiting, settleAttempt, type NotificationRow } from "./store.ts";

const SYSTEM: Actor = { kind: "system", id: "system", name: "Tyr" };
/** An attempt nobody reported on within this time is another one's to make: its process was killed. */
const LEASE_MS = 30_000;

/** A word besides those of an attempt. */
type Failure = Omit<Extract<Sent, { ok: false }>, "ok" | "failure"> & Readonly<{ failure: WebhookFailure | "too_old" }>;

/** As people read it: a word of ours, and the status where there was one. */
function failureText({ failure, status }: Failure): string {
  return status === undefined ? failure : `${failure} ${status}`;
}

/** From 0 to 1, another one for each message and attempt: the end of an id is random. */
function spreadOf({ id, attempts }: NotificationRow): number {
  return ((Number.parseInt(id.slice(-6), 16) * attempts) % 1_000) / 1_000;
}

function givenUp({ id, kind, count, attempts }: NotificationRow, failure: string): Fact {
  return {
    type: "notification.given_up",
    actor: SYSTEM,
    object: { kind: "notification", id },
    outcome: "failure",
    before: "waiting",
    after: "given_up",
    details: { kind, count, attempts, failure },
  };
}

async function settleFailed({ database, clock, log }: Room, row: NotificationRow, sent: Failure): Promise<void> {
  const failure = failureText(sent);
  const next = nextAttempt(row, sent, { now: clock.now(), spread: spreadOf(row) });
  const { id, attempts } = row;
  log.warn({ notification: id, failure, attempts, givenUp: next === undefined }, "a notification was not delivered");
  if (next !== undefined) {
    const outcome = { state: "waiting", next_at: next, delivered_at: null, failure } as const;
    await database.bookkeep("notification", async (tx) => await settleAttempt(tx, row, outcome));
    return;
  }
  const outcome = { state: "given_up", next_at: null, delivered_at: null, failure } as const;
  await database.audited(
    (isOver: boolean) => (isOver ? [givenUp(row, failure)] : []),
    async (tx) => await settleAttempt(tx, row, outcome),
  );
}

async function settle(room: Room, row: NotificationRow, sent: Sent): Promise<void> {
  if (!sent.ok) return await settleFailed(room, row, sent);
  const outcome = { state: "delivered", next_at: null, delivered_at: room.clock.now(), failure: null } as const;
  await room.database.bookkeep("notification", async (tx) => void (await settleAttempt(tx, row, outcome)));
}

export type Turn = "nothing_waits" | "not_yet" | "tried";

/**
 * Tries the message whose turn it is. Messages go out one after the other, so those about one action keep their order. Between the
 * attempt and its note a process may be killed: then the message goes out again, under the same id.
 */
export async function deliverNext(room: Room, signal: AbortSignal): Promise<Turn> {
  const { database, clock, ports } = room;
  const first = await oldestWaiting(database.read);
  if (first === undefined) return "nothing_waits";
  const now = clock.now();
  if (first.next_at !== null && first.next_at > now) return "not_yet";
  const until = new Date(now.getTime() + LEASE_MS);
  const row = await database.bookkeep("notification", async (tx) => await claim(tx, first, until));
  if (row === undefined) return "tried";
  // Nobody was there to try it: what it says is not so any more.
  if (isTooOld(row, now)) await settleFailed(room, row, { failure: "too_old", isFinal: true });
  else await settle(room, row, await ports.send({ id: row.id, body: row.body }, { now: clock.now(), signal }));
  return "tried";
}
